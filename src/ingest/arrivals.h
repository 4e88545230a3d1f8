/* SPDX-License-Identifier: MIT */
/*
 * Arrivals: clients that were accepted, and wait for the turn in which they are served.
 *
 * The kernel's queue is in order of arrival, so that everybody else waits behind a
 * source that connects without end.  Here sources take turns, and whoever has come is
 * here soon: when all places are taken and the kernel's queue has not been empty for a
 * while, the source with most waiting gives way.
 *
 * The listener's thread, and `worked_ms` is how long it has worked by now.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/peer-address.h"

struct arrival_source;

TAILQ_HEAD(arrival_rotation, arrival_source);
LIST_HEAD(arrival_level, arrival_source);

/* Not to be moved. */
struct arrivals {
	uint32_t n, most;
	unsigned prefix; /* of an IPv6 source, in bits */
	void *sources;   /* that wait, a tree for tsearch() */
	struct arrival_rotation rotation;
	struct arrival_level *levels; /* sources by how many clients of theirs wait */
	uint32_t highest;             /* the level of the source with most; 0: none */
	uint64_t refused_ms;          /* none was accepted since; 0: not so */
	uint64_t n_closed;            /* that had to go, ever */
};

/* `most` places, at least 1.  0 or -ENOMEM. */
int arrivals_init(struct arrivals *arrivals, uint32_t most, unsigned prefix);

/* Closes those who wait. */
void arrivals_finish(struct arrivals *arrivals);

/* Whether another one may be accepted: there is a place, or others have waited in the
 * kernel for so long that one has to be made, and can be, since a source has more than
 * one.  A burst is left to the kernel. */
bool arrivals_take(struct arrivals *arrivals, uint64_t worked_ms);

/* Nobody waits in the kernel. */
void arrivals_have_all(struct arrivals *arrivals);

/* Adds one; if all places are taken, the last one of the source with most waiting, which
 * may be this one, is closed. */
void arrivals_add(struct arrivals *arrivals, int fd, const union peer_address *peer);

/* The next one, whose descriptor is the caller's from now on.  -1: nobody waits. */
int arrivals_next(struct arrivals *arrivals, union peer_address *peer);
