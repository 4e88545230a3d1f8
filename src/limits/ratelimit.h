/* SPDX-License-Identifier: MIT */
/*
 * Rations: what each source (ip-key.h) may do, over all protocols and instances.
 *
 * Who may come at all (server.allow, server.deny), how many clients one source may have,
 * and how many pixels and bytes a second.  A source's rates are a bucket each that holds
 * one second's worth; what is spent beyond is a debt, which is paid before anything else.
 *
 * The buckets lie in a table of fixed size: whoever comes takes the place of the one in
 * his set that was not heard of for longest, and whoever was forgotten starts with full
 * buckets.  Millions of forged addresses cost no memory, and win nobody anything that his
 * forged addresses would not have had by themselves.
 *
 * Any thread, but for init, configure and finish, which are the main thread's.  Without
 * limits the only cost is ratelimit_active().
 */
#ifndef LIMITS_RATELIMIT_H
#define LIMITS_RATELIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/counters.h"
#include "config/config.h"
#include "limits/connlimit.h"

#define RATELIMIT_STRIPES 64

struct ratelimit_bucket;

/* A part of the table, so that threads seldom wait for each other. */
struct ratelimit_stripe {
	_Alignas(CACHE_LINE) pthread_mutex_t lock;
	uint64_t clock;                 /* so many so far: who was looked for last */
	struct ratelimit_bucket *slots; /* NULL: there was no rate yet */
};

struct ratelimit {
	uint64_t active; /* 1: there is something to ask for; counter_load() */
	unsigned prefix; /* fixed */
	uint64_t salt;
	struct connlimit clients;

	/* read under a stripe's lock, written under all of them */
	int64_t pixels, bytes;        /* a second; 0: no limit */
	struct cidr_list allow, deny; /* the config's */

	struct ratelimit_stripe stripes[RATELIMIT_STRIPES];
};

/* What the config's networks point to stays until ratelimit_configure() took another, or
 * ratelimit_finish().  0 or -ENOMEM. */
int ratelimit_init(struct ratelimit *ratelimit, const struct config *config);
int ratelimit_configure(struct ratelimit *ratelimit, const struct config *config);

/* Accepts a zeroed struct. */
void ratelimit_finish(struct ratelimit *ratelimit);

static inline bool
ratelimit_active(const struct ratelimit *ratelimit)
{
	return counter_load(&ratelimit->active) != 0;
}

/* Counts a client in: 0.  Not when his network may not (-EACCES), or his source has as
 * many as it may (-EDQUOT).  Whoever came in is counted out again, once. */
int ratelimit_admit(struct ratelimit *ratelimit, const struct sockaddr *peer);
void ratelimit_release(struct ratelimit *ratelimit, const struct sockaddr *peer);

/* Takes pixels and bytes from what the source has; 0, or nothing is taken: -EACCES when
 * its network may not, -EDQUOT when it has not as many.  More than one second's worth is
 * given to whom has saved all of that, on credit. */
int ratelimit_consume(struct ratelimit *ratelimit, const struct sockaddr *peer,
	uint64_t pixels, uint64_t bytes);

/* Takes what was spent already, whatever is there; gives back what is negative. */
void ratelimit_debit(struct ratelimit *ratelimit, const struct sockaddr *peer,
	int64_t pixels, int64_t bytes);

/* How much of a stream may be read now: at most `room` bytes, so few that no more pixels
 * can come of them than the source has, then to be spent.  0: nothing before `*wait_ms`
 * ms.  -EACCES: its network may not. */
ssize_t ratelimit_allowance(struct ratelimit *ratelimit, const struct sockaddr *peer,
	size_t room, uint64_t *wait_ms);

#endif
