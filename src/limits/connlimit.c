/* SPDX-License-Identifier: MIT */
/* A table of sources: open addressing, the next free slot after the hashed one. */
#include "limits/connlimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SIZE 256

struct sender_count {
	struct sender sender;
	uint32_t clients; /* 0: a free slot */
};

static size_t
slot_of(const struct quota *quota, const struct sender *sender)
{
	return sender_hash(sender, quota->salt) & (quota->size - 1);
}

/* The source's slot, or the free one where it belongs: one always is free. */
static struct sender_count *
find(const struct quota *quota, const struct sender *sender)
{
	size_t slot = slot_of(quota, sender);

	for (;; slot = (slot + 1) & (quota->size - 1)) {
		struct sender_count *count = &quota->table[slot];

		if (count->clients == 0 || sender_same(&count->sender, sender))
			return count;
	}
}

static int
grow(struct quota *quota)
{
	struct sender_count *old = quota->table;
	size_t old_size = quota->size, size = old_size ? 2 * old_size : FIRST_SIZE;
	struct sender_count *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	quota->table = table;
	quota->size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].clients > 0)
			*find(quota, &old[i].sender) = old[i];
	free(old);
	return 0;
}

/* Frees a slot; what had to move on because of it moves back. */
static void
remove_slot(struct quota *quota, struct sender_count *count)
{
	size_t hole = count - quota->table, slot = hole, mask = quota->size - 1;

	quota->table[hole].clients = 0;
	for (;;) {
		slot = (slot + 1) & mask;
		if (quota->table[slot].clients == 0)
			return;
		size_t home = slot_of(quota, &quota->table[slot].sender);
		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		quota->table[hole] = quota->table[slot];
		quota->table[slot].clients = 0;
		hole = slot;
	}
}

int
quota_init(struct quota *quota, uint32_t most, unsigned prefix)
{
	*quota = (struct quota){ .most = most, .prefix = prefix };
	if (getrandom(&quota->salt, sizeof(quota->salt), GRND_NONBLOCK) < 0)
		quota->salt = (uintptr_t)quota;
	if (grow(quota) < 0)
		return -ENOMEM;
	pthread_mutex_init(&quota->lock, NULL);
	return 0;
}

void
quota_limit(struct quota *quota, uint32_t most)
{
	pthread_mutex_lock(&quota->lock);
	quota->most = most;
	pthread_mutex_unlock(&quota->lock);
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
quota_enter(struct quota *quota, const struct sockaddr *peer)
{
	struct sender sender;
	bool entered = false;

	if (!sender_of(peer, quota->prefix, &sender))
		return true;
	pthread_mutex_lock(&quota->lock);
	if (2 * quota->sources < quota->size || grow(quota) == 0) {
		struct sender_count *count = find(quota, &sender);

		entered = quota->most == 0 || count->clients < quota->most;
		quota->sources += entered && count->clients == 0;
		if (entered)
			*count = (struct sender_count){ sender, count->clients + 1 };
	}
	pthread_mutex_unlock(&quota->lock);
	return entered;
}

void
quota_leave(struct quota *quota, const struct sockaddr *peer)
{
	struct sender sender;

	if (!sender_of(peer, quota->prefix, &sender))
		return;
	pthread_mutex_lock(&quota->lock);
	struct sender_count *count = find(quota, &sender);
	if (count->clients == 1) {
		remove_slot(quota, count);
		quota->sources--;
	} else if (count->clients > 1) {
		count->clients--;
	}
	pthread_mutex_unlock(&quota->lock);
}
