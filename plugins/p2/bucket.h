/* SPDX-License-Identifier: MIT */
/*
 * Token buckets: how much somebody may still do, filling up with time.
 *
 * One bucket is a few bytes for its owner to embed.  A bucket_table keeps them for
 * whoever comes, in memory that does not grow: a newcomer takes the place of somebody
 * who was not seen for long, and whoever was forgotten starts with a full bucket.
 */
#ifndef P2_BUCKET_H
#define P2_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In millionths, so that slow rates lose nothing to rounding. */
#define BUCKET_TOKEN UINT64_C(1000000)

struct bucket {
	uint64_t level;       /* millionths of a token */
	uint64_t refilled_ms; /* it was that full */
};

/* Tokens in a thousand seconds, and the most that come together; a rate of 0 never
 * fills. */
struct bucket_rate {
	uint64_t per_1000s, burst;
};

/* Brings the level up to now. */
void bucket_refill(
	struct bucket *bucket, const struct bucket_rate *rate, uint64_t now_ms);

static inline bool
bucket_consume(struct bucket *bucket)
{
	if (bucket->level < BUCKET_TOKEN)
		return false;
	bucket->level -= BUCKET_TOKEN;
	return true;
}

#define BUCKET_SETS 1024
#define BUCKET_WAYS 4

struct bucket_table {
	uint64_t seed; /* so that nobody can choose whom to displace */
	struct ratelimit_bucket {
		uint64_t key; /* 0: free */
		struct bucket bucket;
	} slots[BUCKET_SETS][BUCKET_WAYS];
};

void bucket_table_init(struct bucket_table *table);

/* The bucket of whoever has these bytes, filled up to now; a full one for a newcomer.
 * Valid until the next call.  `kind` keeps different sorts of names apart. */
struct bucket *bucket_table_get(struct bucket_table *table,
	const struct bucket_rate *rate, uint8_t kind, const void *name, size_t len,
	uint64_t now_ms);

#endif
