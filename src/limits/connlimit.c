/* SPDX-License-Identifier: MIT */
/* Counts the connections of each source, in a hash table with open addressing. */
#include "limits/connlimit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash-salt.h"

#define FIRST_SIZE 256

struct connlimit_slot {
	struct ip_key key;
	uint32_t clients; /* 0: a free slot */
};

static size_t
slot_of(const struct connlimit *connlimit, const struct ip_key *key)
{
	return ip_key_hash(key, connlimit->salt) & (connlimit->size - 1);
}

/* The source's slot, or the free one where it belongs: there always is one. */
static struct connlimit_slot *
slot_find(const struct connlimit *connlimit, const struct ip_key *key)
{
	size_t slot = slot_of(connlimit, key);

	for (;; slot = (slot + 1) & (connlimit->size - 1)) {
		struct connlimit_slot *count = &connlimit->table[slot];

		if (count->clients == 0 || ip_key_equal(&count->key, key))
			return count;
	}
}

static int
table_grow(struct connlimit *connlimit)
{
	struct connlimit_slot *old = connlimit->table;
	size_t old_size = connlimit->size, size = old_size ? 2 * old_size : FIRST_SIZE;
	struct connlimit_slot *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	connlimit->table = table;
	connlimit->size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].clients > 0)
			*slot_find(connlimit, &old[i].key) = old[i];
	free(old);
	return 0;
}

/* Frees a slot, and moves back the entries that it displaced. */
static void
remove_slot(struct connlimit *connlimit, struct connlimit_slot *count)
{
	size_t hole = count - connlimit->table, slot = hole, mask = connlimit->size - 1;

	connlimit->table[hole].clients = 0;
	for (;;) {
		slot = (slot + 1) & mask;
		if (connlimit->table[slot].clients == 0)
			return;
		size_t home = slot_of(connlimit, &connlimit->table[slot].key);
		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		connlimit->table[hole] = connlimit->table[slot];
		connlimit->table[slot].clients = 0;
		hole = slot;
	}
}

int
connlimit_init(struct connlimit *connlimit, uint32_t max, unsigned prefix)
{
	*connlimit = (struct connlimit){ .max = max, .prefix = prefix };
	connlimit->salt = hash_salt(connlimit);
	if (table_grow(connlimit) < 0)
		return -ENOMEM;
	pthread_mutex_init(&connlimit->lock, NULL);
	return 0;
}

void
connlimit_set_max(struct connlimit *connlimit, uint32_t max)
{
	pthread_mutex_lock(&connlimit->lock);
	connlimit->max = max;
	pthread_mutex_unlock(&connlimit->lock);
}

void
connlimit_finish(struct connlimit *connlimit)
{
	if (!connlimit->table)
		return;
	pthread_mutex_destroy(&connlimit->lock);
	free(connlimit->table);
	*connlimit = (struct connlimit){ 0 };
}

bool
connlimit_admit(struct connlimit *connlimit, const struct sockaddr *peer)
{
	struct ip_key key;
	bool admitted = false;

	if (!ip_key_of(peer, connlimit->prefix, &key))
		return true;
	pthread_mutex_lock(&connlimit->lock);
	if (2 * connlimit->sources < connlimit->size || table_grow(connlimit) == 0) {
		struct connlimit_slot *count = slot_find(connlimit, &key);

		admitted = connlimit->max == 0 || count->clients < connlimit->max;
		connlimit->sources += admitted && count->clients == 0;
		if (admitted)
			*count = (struct connlimit_slot){ key, count->clients + 1 };
	}
	pthread_mutex_unlock(&connlimit->lock);
	return admitted;
}

uint32_t
connlimit_count(struct connlimit *connlimit, const struct ip_key *source)
{
	uint32_t n;

	pthread_mutex_lock(&connlimit->lock);
	n = slot_find(connlimit, source)->clients;
	pthread_mutex_unlock(&connlimit->lock);
	return n;
}

uint32_t
connlimit_count_of(struct connlimit *connlimit, const struct sockaddr *peer)
{
	struct ip_key key;

	return ip_key_of(peer, connlimit->prefix, &key) ? connlimit_count(connlimit, &key)
							: 0;
}

void
connlimit_release(struct connlimit *connlimit, const struct sockaddr *peer)
{
	struct ip_key key;

	if (!ip_key_of(peer, connlimit->prefix, &key))
		return;
	pthread_mutex_lock(&connlimit->lock);
	struct connlimit_slot *count = slot_find(connlimit, &key);
	if (count->clients == 1) {
		remove_slot(connlimit, count);
		connlimit->sources--;
	} else if (count->clients > 1) {
		count->clients--;
	}
	pthread_mutex_unlock(&connlimit->lock);
}
