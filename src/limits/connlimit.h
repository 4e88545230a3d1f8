/* SPDX-License-Identifier: MIT */
/*
 * The connection limit: how many connections each source (ip-key.h) has, and may have.
 *
 * Local sockets have no source and are never limited.  Any thread; the lock is held for
 * one look-up when a connection is opened or closed.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"
#include "lib/peer-address.h"

struct connlimit_slot;

struct connlimit {
	pthread_mutex_t lock;
	uint32_t max;    /* connections of a source; 0: any number; lock */
	unsigned prefix; /* of an IPv6 source, in bits */
	uint64_t salt;   /* so that nobody can choose which addresses collide */
	size_t size;     /* of the table, a power of two; lock, as all below */
	size_t sources;  /* with a connection */
	struct connlimit_slot *table;
};

/* 0, or -ENOMEM. */
int connlimit_init(struct connlimit *connlimit, uint32_t max, unsigned prefix);

/* For new connections; those there are stay. */
void connlimit_set_max(struct connlimit *connlimit, uint32_t max);

/* Accepts zeroed connlimit. */
void connlimit_finish(struct connlimit *connlimit);

/* Counts a connection; false, and not counted, if it is one too many or memory is short.
 */
bool connlimit_admit(struct connlimit *connlimit, const struct sockaddr *peer);

/* How many a source has. */
uint32_t connlimit_count(struct connlimit *connlimit, const struct ip_key *source);

/* How many the peer's source has; 0 for a local socket. */
uint32_t connlimit_count_of(struct connlimit *connlimit, const struct sockaddr *peer);

/* Uncounts a connection that was admitted. */
void connlimit_release(struct connlimit *connlimit, const struct sockaddr *peer);
