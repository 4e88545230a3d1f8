/* SPDX-License-Identifier: MIT */
/* Token buckets. */
#include "p2/bucket.h"

#include <sys/random.h>

void
bucket_refill(struct bucket *bucket, const struct bucket_rate *rate, uint64_t now_ms)
{
	uint64_t capacity = rate->burst * BUCKET_TOKEN,
		 elapsed_ms = now_ms - bucket->refilled_ms;

	/* a millisecond is per_1000s millionths of a token */
	if (bucket->level > capacity)
		bucket->level = capacity;
	if (rate->per_1000s > 0 &&
		elapsed_ms > (capacity - bucket->level) / rate->per_1000s)
		bucket->level = capacity;
	else
		bucket->level += elapsed_ms * rate->per_1000s;
	bucket->refilled_ms = now_ms;
}

void
bucket_table_init(struct bucket_table *table)
{
	if (getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK) < 0)
		table->seed = (uintptr_t)table;
}

/* FNV-1a from a secret start, and a last mix so that every bit counts. */
static uint64_t
bucket_hash(uint64_t seed, uint8_t kind, const uint8_t *bytes, size_t len)
{
	uint64_t sum =
		(seed ^ UINT64_C(0xcbf29ce484222325) ^ kind) * UINT64_C(0x100000001b3);

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	sum = (sum ^ sum >> 33 ^ seed) * UINT64_C(0xff51afd7ed558ccd);
	sum ^= sum >> 33;
	return sum ? sum : 1;
}

struct bucket *
bucket_table_get(struct bucket_table *table, const struct bucket_rate *rate, uint8_t kind,
	const void *name, size_t len, uint64_t now_ms)
{
	uint64_t key = bucket_hash(table->seed, kind, name, len);
	struct ratelimit_bucket *set = table->slots[key % BUCKET_SETS], *oldest = set;

	for (int i = 0; i < BUCKET_WAYS; i++) {
		if (set[i].key == key) {
			bucket_refill(&set[i].bucket, rate, now_ms);
			return &set[i].bucket;
		}
		if (set[i].key == 0 ||
			set[i].bucket.refilled_ms < oldest->bucket.refilled_ms)
			oldest = &set[i];
		if (oldest->key == 0)
			break;
	}
	/* a key further along cannot exist behind a free place: places are never freed */
	*oldest = (struct ratelimit_bucket){
		.key = key,
		.bucket = { rate->burst * BUCKET_TOKEN, now_ms },
	};
	return &oldest->bucket;
}
