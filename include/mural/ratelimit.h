/* SPDX-License-Identifier: MIT */
/*
 * Rate limits: a token bucket by itself, or a table of them with one for each source.
 *
 * A full bucket holds `burst` tokens, and refills at the rate.  A request for more than
 * that succeeds only if the bucket is full, and leaves it in debt.
 *
 * Time is in milliseconds of any clock that never goes back.  A bucket or a table may be
 * used by one thread at a time, any thread.
 */
#ifndef MURAL_RATELIMIT_H
#define MURAL_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MURAL_RATELIMIT_EXPORT __attribute__((visibility("default")))

struct mural_rate {
	uint64_t per_1000s; /* tokens in a thousand seconds; 0: no limit */
	uint64_t burst;     /* tokens in a full bucket, at least 1 */
};

/* Fractions of a token are counted, so that slow rates lose nothing to rounding. */
#define MURAL_TOKEN INT64_C(1000000)

/* Zeroed: full. */
struct mural_bucket {
	int64_t debt; /* what is missing from a full bucket, in 1/MURAL_TOKEN */
	uint64_t refilled_ms;
};

/* Brings a bucket up to date; before any of the functions below. */
static inline void
mural_bucket_refill(
	struct mural_bucket *bucket, const struct mural_rate *rate, uint64_t now_ms)
{
	uint64_t elapsed_ms = now_ms - bucket->refilled_ms;
	int64_t paid; /* a millisecond pays per_1000s millionths */

	if (__builtin_mul_overflow(elapsed_ms, rate->per_1000s, &paid) ||
		paid >= bucket->debt)
		bucket->debt = 0;
	else
		bucket->debt -= paid;
	bucket->refilled_ms = now_ms;
}

/* The tokens in a bucket, in 1/MURAL_TOKEN; negative: in debt. */
static inline int64_t
mural_bucket_level(const struct mural_bucket *bucket, const struct mural_rate *rate)
{
	return (int64_t)rate->burst * MURAL_TOKEN - bucket->debt;
}

/* How long until the bucket has `n` tokens, or is full; 0: it has. */
static inline uint64_t
mural_bucket_wait_ms(
	const struct mural_bucket *bucket, const struct mural_rate *rate, uint64_t n)
{
	int64_t wanted = (int64_t)(n < rate->burst ? n : rate->burst) * MURAL_TOKEN;
	int64_t missing;

	if (rate->per_1000s == 0)
		return 0;
	missing = wanted - mural_bucket_level(bucket, rate);
	return missing <= 0 ? 0 : ((uint64_t)missing - 1) / rate->per_1000s + 1;
}

/* Takes tokens whether they are there or not; negative: gives them back. */
static inline void
mural_bucket_debit(struct mural_bucket *bucket, const struct mural_rate *rate, int64_t n)
{
	if (rate->per_1000s > 0)
		bucket->debt += n * MURAL_TOKEN;
}

/* False: there are not as many, and nothing was taken. */
static inline bool
mural_bucket_consume(
	struct mural_bucket *bucket, const struct mural_rate *rate, uint64_t n)
{
	if (mural_bucket_wait_ms(bucket, rate, n) > 0)
		return false;
	mural_bucket_debit(bucket, rate, (int64_t)n);
	return true;
}

/* A clock for `now_ms`, cheap and precise to a few ms.  Any thread. */
MURAL_RATELIMIT_EXPORT uint64_t mural_now_ms(void);

/* A table of buckets in memory of fixed size, found by a key.  In a full table a new key
 * replaces the fullest bucket of a few, which loses the least by that: a flood of forged
 * keys does not pay anybody's debt.  Clients cannot choose which keys share a place. */
struct mural_ratelimit;

/* For about `keys` keys at a time.  NULL: out of memory. */
MURAL_RATELIMIT_EXPORT struct mural_ratelimit *mural_ratelimit_new(
	const struct mural_rate *rate, size_t keys);

/* The bucket of a key, brought up to date; valid until the next call. */
MURAL_RATELIMIT_EXPORT struct mural_bucket *mural_ratelimit_bucket(
	struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms);

/* The same without making a place for a key that is not there, so that only asking
 * replaces nobody.  NULL: its bucket is full, or was replaced. */
MURAL_RATELIMIT_EXPORT struct mural_bucket *mural_ratelimit_find(
	struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms);

/* 0: one token was taken from the key's bucket; else the ms to wait for one. */
MURAL_RATELIMIT_EXPORT uint64_t mural_ratelimit_consume(
	struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms);

/* NULL is accepted. */
MURAL_RATELIMIT_EXPORT void mural_ratelimit_free(struct mural_ratelimit *ratelimit);

#ifdef __cplusplus
}
#endif
#endif
