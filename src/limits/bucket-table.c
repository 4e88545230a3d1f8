/* SPDX-License-Identifier: MIT */
/* Keeps a token bucket for each key in a table of fixed size, for murald and plugins. */
#include <stdlib.h>
#include <time.h>

#include <mural/ratelimit.h>

#include "lib/hash-salt.h"

#define WAYS 8

uint64_t
mural_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct bucket_slot {
	uint64_t key; /* hashed; 0: a free slot */
	struct mural_bucket bucket;
};

struct mural_ratelimit {
	struct mural_rate rate;
	uint64_t secret;
	size_t sets; /* a power of two */
	struct bucket_slot slots[];
};

struct mural_ratelimit *
mural_ratelimit_new(const struct mural_rate *rate, size_t keys)
{
	struct mural_ratelimit *ratelimit;
	size_t sets = 1;

	while (sets * WAYS < keys)
		sets *= 2;
	ratelimit =
		calloc(1, sizeof(*ratelimit) + sets * WAYS * sizeof(struct bucket_slot));
	if (!ratelimit)
		return NULL;
	ratelimit->rate = *rate;
	ratelimit->sets = sets;
	ratelimit->secret = hash_salt(ratelimit);
	return ratelimit;
}

void
mural_ratelimit_free(struct mural_ratelimit *ratelimit)
{
	free(ratelimit);
}

/* Spreads every bit of `n` over all of them (the finisher of MurmurHash3). */
static uint64_t
mix64(uint64_t n)
{
	n = (n ^ n >> 33) * UINT64_C(0xff51afd7ed558ccd);
	n = (n ^ n >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return n ^ n >> 33;
}

static uint64_t
hash_key(const struct mural_ratelimit *ratelimit, uint64_t key)
{
	return mix64(key ^ ratelimit->secret) | 1;
}

static struct bucket_slot *
set_of(struct mural_ratelimit *ratelimit, uint64_t hash)
{
	return &ratelimit->slots[(hash >> 32 & (ratelimit->sets - 1)) * WAYS];
}

struct mural_bucket *
mural_ratelimit_find(struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms)
{
	uint64_t hash = hash_key(ratelimit, key);
	struct bucket_slot *set = set_of(ratelimit, hash);

	for (struct bucket_slot *slot = set; slot < set + WAYS; slot++) {
		if (slot->key != hash)
			continue;
		mural_bucket_refill(&slot->bucket, &ratelimit->rate, now_ms);
		return &slot->bucket;
	}
	return NULL;
}

struct mural_bucket *
mural_ratelimit_bucket(struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms)
{
	uint64_t hash = hash_key(ratelimit, key);
	struct bucket_slot *set = set_of(ratelimit, hash), *fullest = set;

	for (struct bucket_slot *slot = set; slot < set + WAYS; slot++) {
		mural_bucket_refill(&slot->bucket, &ratelimit->rate, now_ms);
		if (slot->key == hash)
			return &slot->bucket;
		if (slot->bucket.debt < fullest->bucket.debt)
			fullest = slot;
	}
	*fullest = (struct bucket_slot){ hash, { 0, now_ms } };
	return &fullest->bucket;
}

uint64_t
mural_ratelimit_consume(struct mural_ratelimit *ratelimit, uint64_t key, uint64_t now_ms)
{
	struct mural_bucket *bucket = mural_ratelimit_bucket(ratelimit, key, now_ms);
	uint64_t wait_ms = mural_bucket_wait_ms(bucket, &ratelimit->rate, 1);

	if (wait_ms == 0)
		mural_bucket_debit(bucket, &ratelimit->rate, 1);
	return wait_ms;
}
