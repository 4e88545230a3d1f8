/* SPDX-License-Identifier: MIT */
/*
 * Arrivals: clients that were accepted, and wait for the turn in which they are served.
 *
 * The kernel's queue is in order of arrival: everybody else would wait behind a source
 * that connects without end.  Here sources take turns.  When all places are taken and the
 * kernel's queue has not been empty for a while, the source with most waiting loses one,
 * so that no newcomer waits in the kernel for long.
 *
 * The listener's thread.  `worked_ms` is the CPU time that it has used so far.
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
	uint64_t
		refused_ms; /* since when the kernel's queue has waited; 0: it does not */
	uint64_t n_closed;  /* that had to go, ever */
};

/* `most` places, at least 1.  0 or -ENOMEM. */
int arrivals_init(struct arrivals *arrivals, uint32_t most, unsigned prefix);

/* Closes those that wait. */
void arrivals_finish(struct arrivals *arrivals);

/* Whether to accept another one: there is a place, or the kernel's queue has waited for
 * so long that one is to be made, and a source has more than one to lose.  A short burst
 * is left to the kernel. */
bool arrivals_take(struct arrivals *arrivals, uint64_t worked_ms);

/* The kernel's queue is empty. */
void arrivals_have_all(struct arrivals *arrivals);

/* Adds one; if all places are taken, the last one of the source with most waiting, which
 * may be this one, is closed. */
void arrivals_add(struct arrivals *arrivals, int fd, const union peer_address *peer);

/* The next one, whose descriptor is the caller's from now on.  -1: nobody waits. */
int arrivals_next(struct arrivals *arrivals, union peer_address *peer);
