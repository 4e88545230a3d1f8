/* SPDX-License-Identifier: MIT */
/* A table of sources: open addressing, the next free slot after the hashed one. */
#include "quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SIZE 256

struct source {
	uint64_t address; /* an IPv4 address, or the first half of an IPv6 one */
	bool v6;
};

struct source_count {
	struct source source;
	uint32_t clients; /* 0: a free slot */
};

/* False for a peer that has no source. */
static bool
source_of(const union peer *peer, struct source *source)
{
	uint32_t v4;

	*source = (struct source){ 0 };
	if (peer->any.sa_family == AF_INET) {
		source->address = peer->in4.sin_addr.s_addr;
		return true;
	}
	if (peer->any.sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&peer->in6.sin6_addr)) {
		memcpy(&v4, peer->in6.sin6_addr.s6_addr + 12, sizeof(v4));
		source->address = v4;
		return true;
	}
	memcpy(&source->address, peer->in6.sin6_addr.s6_addr, sizeof(source->address));
	source->v6 = true;
	return true;
}

static size_t
slot_of(const struct quota *quota, const struct source *source)
{
	uint64_t hash = (source->address + source->v6) ^ quota->salt;

	hash *= 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93;
	return (hash ^ hash >> 32) & (quota->size - 1);
}

/* The source's slot, or the free one where it belongs: one always is free. */
static struct source_count *
find(const struct quota *quota, const struct source *source)
{
	size_t slot = slot_of(quota, source);

	for (;; slot = (slot + 1) & (quota->size - 1)) {
		struct source_count *count = &quota->table[slot];

		if (count->clients == 0 || (count->source.address == source->address &&
						   count->source.v6 == source->v6))
			return count;
	}
}

static int
grow(struct quota *quota)
{
	struct source_count *old = quota->table;
	size_t old_size = quota->size, size = old_size ? 2 * old_size : FIRST_SIZE;
	struct source_count *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	quota->table = table;
	quota->size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].clients > 0)
			*find(quota, &old[i].source) = old[i];
	free(old);
	return 0;
}

/* Frees a slot; what had to move on because of it moves back. */
static void
remove_slot(struct quota *quota, struct source_count *count)
{
	size_t hole = count - quota->table, slot = hole, mask = quota->size - 1;

	quota->table[hole].clients = 0;
	for (;;) {
		slot = (slot + 1) & mask;
		if (quota->table[slot].clients == 0)
			return;
		size_t home = slot_of(quota, &quota->table[slot].source);
		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		quota->table[hole] = quota->table[slot];
		quota->table[slot].clients = 0;
		hole = slot;
	}
}

int
quota_init(struct quota *quota, uint32_t most)
{
	*quota = (struct quota){ .most = most };
	if (getrandom(&quota->salt, sizeof(quota->salt), GRND_NONBLOCK) < 0)
		quota->salt = (uintptr_t)quota;
	if (grow(quota) < 0)
		return -ENOMEM;
	pthread_mutex_init(&quota->lock, NULL);
	return 0;
}

void
quota_finish(struct quota *quota)
{
	if (!quota->table)
		return;
	pthread_mutex_destroy(&quota->lock);
	free(quota->table);
	*quota = (struct quota){ 0 };
}

bool
quota_enter(struct quota *quota, const union peer *peer)
{
	struct source source;
	bool entered = false;

	if (!source_of(peer, &source))
		return true;
	pthread_mutex_lock(&quota->lock);
	if (2 * quota->sources < quota->size || grow(quota) == 0) {
		struct source_count *count = find(quota, &source);

		entered = count->clients < quota->most;
		quota->sources += entered && count->clients == 0;
		if (entered)
			*count = (struct source_count){ source, count->clients + 1 };
	}
	pthread_mutex_unlock(&quota->lock);
	return entered;
}

void
quota_leave(struct quota *quota, const union peer *peer)
{
	struct source source;

	if (!source_of(peer, &source))
		return;
	pthread_mutex_lock(&quota->lock);
	struct source_count *count = find(quota, &source);
	if (count->clients == 1) {
		remove_slot(quota, count);
		quota->sources--;
	} else if (count->clients > 1) {
		count->clients--;
	}
	pthread_mutex_unlock(&quota->lock);
}
