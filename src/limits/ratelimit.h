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
 * limits the only cost is rations_active().
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

#define RATIONS_SHARDS 64

struct bucket_slot;

/* A part of the table, so that threads seldom wait for each other. */
struct rations_shard {
	_Alignas(CACHE_LINE) pthread_mutex_t lock;
	uint64_t looks;            /* so many so far: who was looked for last */
	struct bucket_slot *slots; /* NULL: there was no rate yet */
};

struct rations {
	uint64_t active; /* 1: there is something to ask for; figure_load() */
	unsigned prefix; /* fixed */
	uint64_t salt;
	struct quota clients;

	/* read under a shard's lock, written under all of them */
	int64_t pixels, bytes;       /* a second; 0: no limit */
	struct networks allow, deny; /* the config's */

	struct rations_shard shards[RATIONS_SHARDS];
};

/* What the config's networks point to stays until rations_configure() took another, or
 * rations_finish().  0 or -ENOMEM. */
int rations_init(struct rations *rations, const struct config *config);
int rations_configure(struct rations *rations, const struct config *config);

/* Accepts a zeroed struct. */
void rations_finish(struct rations *rations);

static inline bool
rations_active(const struct rations *rations)
{
	return figure_load(&rations->active) != 0;
}

/* Counts a client in: 0.  Not when his network may not (-EACCES), or his source has as
 * many as it may (-EDQUOT).  Whoever came in is counted out again, once. */
int rations_enter(struct rations *rations, const struct sockaddr *peer);
void rations_leave(struct rations *rations, const struct sockaddr *peer);

/* Takes pixels and bytes from what the source has; 0, or nothing is taken: -EACCES when
 * its network may not, -EDQUOT when it has not as many.  More than one second's worth is
 * given to whom has saved all of that, on credit. */
int rations_take(struct rations *rations, const struct sockaddr *peer, uint64_t pixels,
	uint64_t bytes);

/* Takes what was spent already, whatever is there; gives back what is negative. */
void rations_spend(struct rations *rations, const struct sockaddr *peer, int64_t pixels,
	int64_t bytes);

/* How much of a stream may be read now: at most `room` bytes, so few that no more pixels
 * can come of them than the source has, then to be spent.  0: nothing before `*wait_ms`
 * ms.  -EACCES: its network may not. */
ssize_t rations_grant(struct rations *rations, const struct sockaddr *peer, size_t room,
	uint64_t *wait_ms);

#endif
