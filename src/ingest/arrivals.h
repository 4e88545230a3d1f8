/* SPDX-License-Identifier: MIT */
/*
 * Arrivals: clients that were accepted, and wait for the turn in which they are served.
 *
 * * The kernel's queue is in order of arrival, so that everybody else waits behind a
 * source that connects without end.  Here sources take turns, and when all places are
 * taken for too long the one with most waiting gives way.
 *
 * The listener's thread, and `worked_ms` is how long it has worked by now.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/peer-address.h"

struct arrival;

struct arrivals {
	struct arrival *all; /* in no order */
	uint32_t n, most;
	unsigned prefix; /* of an IPv6 source, in bits */
	uint64_t round;  /* being served: each source has one client in it at a time */
	uint32_t served; /* in that */
	uint64_t next_number;
};

/* `most` places, at least 1.  0 or -ENOMEM. */
int arrivals_init(struct arrivals *arrivals, uint32_t most, unsigned prefix);

/* Closes those who wait. */
void arrivals_finish(struct arrivals *arrivals);

/* Whether another one may be accepted: there is a place, or somebody has waited for so
 * long that one has to be made, and can be, since a source has more than one.  A burst is
 * left to the kernel. */
bool arrivals_take(const struct arrivals *arrivals, uint64_t worked_ms);

/* Adds one; if all places are taken, the last one of the source with most waiting, which
 * may be this one, is closed. */
void arrivals_add(struct arrivals *arrivals, int fd, const union peer_address *peer,
	uint64_t worked_ms);

/* The next one, whose descriptor is the caller's from now on.  -1: nobody waits. */
int arrivals_next(struct arrivals *arrivals, union peer_address *peer);
