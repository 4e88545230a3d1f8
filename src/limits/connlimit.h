/* SPDX-License-Identifier: MIT */
/*
 * The quota: how many clients each source (ip-key.h) has, and may have.  Local sockets
 * have no source and are never limited.  Any thread; the lock is held for a look into a
 * table, when a client comes and when it goes.
 */
#ifndef LIMITS_CONNLIMIT_H
#define LIMITS_CONNLIMIT_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"

/* A client's address, without room for the longest path of a local socket. */
union peer {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

struct sender_count;

struct quota {
	pthread_mutex_t lock;
	uint32_t most;   /* clients that a source may have; 0: any number; lock */
	unsigned prefix; /* of an IPv6 address */
	uint64_t salt;   /* so that nobody can choose where his addresses collide */
	size_t size;     /* of the table, a power of two; lock, as all below */
	size_t sources;  /* that have a client */
	struct sender_count *table;
};

/* 0, or -ENOMEM. */
int quota_init(struct quota *quota, uint32_t most, unsigned prefix);

/* From now on; who is in stays. */
void quota_limit(struct quota *quota, uint32_t most);

/* Accepts zeroed quota. */
void quota_finish(struct quota *quota);

/* Counts a client in; false, and not counted, when it is one too many or there is no
 * memory to count it. */
bool quota_enter(struct quota *quota, const struct sockaddr *peer);

/* Counts a client out that was counted in. */
void quota_leave(struct quota *quota, const struct sockaddr *peer);

#endif
