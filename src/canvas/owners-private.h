/* SPDX-License-Identifier: MIT */
/* The table of owners, as the files see it that look sources up, make room and describe.
 */
#pragma once

#include <pthread.h>

#include "canvas/owners.h"

/* The most ids for forgeable sources. */
#define FORGEABLE_MAX 12288

#define INDEX_SLOTS 65536
#define SEEN_ONCE_BITS (1 << 15)
#define NAME_MAX_BYTES 40
#define NAMES 2000

enum { USED = 1, PROVEN = 2, NAMED = 4, IPV4 = 8, FORGOTTEN = 16 };

/* Of which class a source could not get an id. */
enum { FULL_FOR_FORGEABLE = 1, FULL_FOR_PROVEN = 2 };

struct source {
	uint64_t high, low; /* an address; or the crowd of its instance and a hash */
	uint32_t detail;    /* of an address its link, of a name its place in `names` */
	uint8_t crowd;
	uint8_t flags;
	uint32_t users;   /* owners_take() less owners_release(); lock */
	uint32_t painted; /* how often it painted, halved by each owners_forget(); relaxed
			   */
};
_Static_assert(sizeof(struct source) == 32, "20480 of them are 640 KiB");

struct owners {
	pthread_mutex_t lock;
	uint64_t salt;
	uint16_t *index; /* one of the two below; acquire, release */
	uint32_t n_forgeable, n_unused;
	uint32_t n_forgotten; /* not reused yet; the main thread's */
	uint32_t full;        /* FULL_FOR_...; any thread, relaxed */
	uint16_t indices[2][INDEX_SLOTS];
	/* A Bloom filter of forgeable sources; relaxed. */
	uint8_t seen_once[SEEN_ONCE_BITS / 8];
	uint16_t unused[OWNER_IDS];
	struct source sources[OWNER_IDS];
	char names[NAMES][NAME_MAX_BYTES];
	char instances[OWNER_CROWDS][32];
};
_Static_assert(sizeof(struct owners) <= 1024 * 1024, "what the manual promises");

/* The flags of a source that another thread may be giving an id or forgetting. */
static inline uint8_t
source_flags(const struct source *source)
{
	return __atomic_load_n(&source->flags, __ATOMIC_RELAXED);
}

/* Of the address or the name, salted: where an id stands in the index. */
uint64_t owners_hash(const struct owners *owners, const struct source *source);

/* Adds an id to an index in which it is not yet; lock held. */
void owners_index(uint16_t *index, uint64_t hash, uint16_t id);
