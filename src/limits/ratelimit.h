/* SPDX-License-Identifier: MIT */
/*
 * Limits: what a source (ip-key.h) may do, over all protocols and instances.
 *
 * Which networks may connect (server.allow, server.deny), how many connections a source
 * may have, and how many pixels and bytes a second.  Each rate is a token bucket of one
 * second's worth in a table of fixed size (bucket-table.c), which plugins use as well
 * (mural/ratelimit.h).  Uses base and config; knows no protocol and no socket.
 *
 * Any thread, except that init, configure and finish are the main thread's.  Without
 * limits the only cost is ratelimit_active().
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <mural/ratelimit.h>

#include "base/counters.h"
#include "config/config.h"
#include "limits/connlimit.h"
#include "limits/spent.h"

#define RATELIMIT_STRIPES 64

enum { RATELIMIT_PIXELS, RATELIMIT_BYTES, RATELIMIT_KINDS };

/* How a source is known.  Its budgets are two, so that what others send in its name costs
 * its connections nothing. */
enum ratelimit_sender {
	RATELIMIT_CONNECTED, /* it answered from its address */
	RATELIMIT_CLAIMED,   /* by the packet alone, and anybody can forge that */
	RATELIMIT_SENDERS,
};

/* A part of the sources, so that threads seldom wait for each other. */
struct ratelimit_stripe {
	_Alignas(CACHE_LINE) pthread_mutex_t lock;
	/* NULL: no limit */
	struct mural_ratelimit *buckets[RATELIMIT_SENDERS][RATELIMIT_KINDS];
	struct spent *spent; /* for other walls; NULL: budgets are this wall's own */
};

struct ratelimit {
	uint64_t active; /* 1: there are limits; counter_load() */
	unsigned prefix; /* of an IPv6 source, in bits; fixed */
	uint64_t salt;
	struct connlimit clients;

	/* read under a stripe's lock, written under all of them */
	struct mural_rate rates[RATELIMIT_KINDS];
	struct cidr_list allow, deny; /* the config's */
	struct cidr_list banned;      /* by the operator */

	struct ratelimit_stripe stripes[RATELIMIT_STRIPES];
};

/* Borrows the config's networks until the next ratelimit_configure(), or
 * ratelimit_finish().  0; or -ENOMEM, and a rate that changed is what it was before. */
int ratelimit_init(struct ratelimit *ratelimit, const struct config *config);
int ratelimit_configure(struct ratelimit *ratelimit, const struct config *config);

/* The networks that may not connect, whatever the config says, in place of those before;
 * a sorted list, which is taken over.  The main thread. */
void ratelimit_ban(struct ratelimit *ratelimit, struct cidr_list *networks);

/* Accepts a zeroed struct. */
void ratelimit_finish(struct ratelimit *ratelimit);

static inline bool
ratelimit_active(const struct ratelimit *ratelimit)
{
	return counter_load(&ratelimit->active) != 0;
}

/* Counts a connection: 0, and it is released once.  -EACCES: its network may not connect;
 * -EDQUOT: its source has as many connections as it may. */
int ratelimit_admit(struct ratelimit *ratelimit, const struct sockaddr *peer);
void ratelimit_release(struct ratelimit *ratelimit, const struct sockaddr *peer);

/* 0, or -EACCES: its network may not paint. */
int ratelimit_check(struct ratelimit *ratelimit, const struct sockaddr *peer);

/* As mural_source(), of a painter that has a name and no address. */
uint64_t ratelimit_source_of_name(const struct ratelimit *ratelimit, const char *name);

/* Consumes pixels and bytes: 0; or nothing is consumed: -EACCES, its network may not;
 * -EDQUOT, it has not as many left.  More than a second's worth succeeds only if the
 * bucket is full, and leaves it in debt. */
int ratelimit_consume(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes);

/* Debits what was consumed already, even into debt; credits negative amounts. */
void ratelimit_debit(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct sockaddr *peer, int64_t pixels, int64_t bytes);

/* Has what sources spend counted from now on; 0 or -ENOMEM.  ratelimit_take_spent() moves
 * the counts of one stripe to `entries`, which has room for SPENT_MAX, and returns how
 * many. */
int ratelimit_count_spent(struct ratelimit *ratelimit);
size_t ratelimit_take_spent(
	struct ratelimit *ratelimit, size_t stripe, struct spent_entry *entries);

/* Debits what a source has spent on another wall, down to a debt of two seconds' worth.
 */
void ratelimit_debit_spent(struct ratelimit *ratelimit, const struct spent_entry *entry);

/* How much of a connection's stream may be read now: at most `room` bytes, and not more
 * than the pixels left are worth; to be debited afterwards.  0: nothing for `*wait_ms`
 * ms. -EACCES: its network may not. */
ssize_t ratelimit_allowance(struct ratelimit *ratelimit, const struct sockaddr *peer,
	size_t room, uint64_t *wait_ms);
