/* SPDX-License-Identifier: MIT */
/*
 * The quota: how many clients each source has, and may have.
 *
 * An IPv4 address is a source, also one that came in over IPv6, and so is an IPv6 /64,
 * which is what one household or one machine gets.  Local sockets have no source and are
 * never limited.  Any thread; the lock is held for a look into a table, when a client
 * comes and when it goes.
 */
#ifndef QUOTA_H
#define QUOTA_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client's address, without room for the longest path of a local socket. */
union peer {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

struct source_count;

struct quota {
	pthread_mutex_t lock;
	uint32_t most;  /* clients that a source may have */
	uint64_t salt;  /* so that nobody can choose where his addresses collide */
	size_t size;    /* of the table, a power of two; lock, as all below */
	size_t sources; /* that have a client */
	struct source_count *table;
};

/* 0, or -ENOMEM. */
int quota_init(struct quota *quota, uint32_t most);

/* Accepts zeroed quota. */
void quota_finish(struct quota *quota);

/* Counts a client in; false, and not counted, when it is one too many or there is no
 * memory to count it. */
bool quota_enter(struct quota *quota, const union peer *peer);

/* Counts a client out that was counted in. */
void quota_leave(struct quota *quota, const union peer *peer);

#endif
