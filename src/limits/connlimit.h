/* SPDX-License-Identifier: MIT */
/*
 * The connlimit: how many clients each source (ip-key.h) has, and may have.  Local
 * sockets have no source and are never limited.  Any thread; the lock is held for a look
 * into a table, when a client comes and when it goes.
 */
#ifndef LIMITS_CONNLIMIT_H
#define LIMITS_CONNLIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"
#include "lib/peer-address.h"

struct connlimit_slot;

struct connlimit {
	pthread_mutex_t lock;
	uint32_t max;    /* clients that a source may have; 0: any number; lock */
	unsigned prefix; /* of an IPv6 address */
	uint64_t salt;   /* so that nobody can choose where his addresses collide */
	size_t size;     /* of the table, a power of two; lock, as all below */
	size_t sources;  /* that have a client */
	struct connlimit_slot *table;
};

/* 0, or -ENOMEM. */
int connlimit_init(struct connlimit *connlimit, uint32_t max, unsigned prefix);

/* From now on; who is in stays. */
void connlimit_set_max(struct connlimit *connlimit, uint32_t most);

/* Accepts zeroed connlimit. */
void connlimit_finish(struct connlimit *connlimit);

/* Counts a client in; false, and not counted, when it is one too many or there is no
 * memory to count it. */
bool connlimit_admit(struct connlimit *connlimit, const struct sockaddr *peer);

/* Counts a client out that was counted in. */
void connlimit_release(struct connlimit *connlimit, const struct sockaddr *peer);

#endif
