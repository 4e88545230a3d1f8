/* SPDX-License-Identifier: MIT */
/*
 * Rate: so much in a time to each source, in memory that does not grow.
 *
 * A source is an IPv4 address, or an IPv6 /64, because whoever has one address of that
 * has all of them; of link-local addresses, which share a /64 by nature, each is one.
 *
 * A source is remembered as the time when it will have paid off what it had so far
 * (the generic cell rate algorithm): a source that has paid is as good as an
 * unknown one, so its place is free.  When all places are taken by debtors, the one with
 * the least debt is forgotten and starts anew.
 */
#ifndef COMMON_RATE_H
#define COMMON_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_SETS 256
#define RATE_WAYS 4

struct rate_source {
	uint64_t key;        /* a hash of the source */
	uint64_t arrival_ns; /* when its debt is paid */
};

struct rate {
	uint64_t interval_ns; /* that one costs; 0: no limit */
	uint64_t credit_ns;   /* of such intervals */
	uint64_t secret;      /* so that nobody can choose who shares a place */
	struct rate_source sources[RATE_SETS][RATE_WAYS];
};

/* `per_second` of 0: no limit.  As many at once are let through after a quiet second. */
void rate_init(struct rate *rate, uint32_t per_second);

/* The same for what is seldom: one in `seconds`, and up to `most` at once. */
void rate_init_interval(struct rate *rate, uint32_t seconds, uint32_t most);

/* Whether one more may go to `address` (4 bytes for version 4, 16 for 6) at the time
 * `now_ns` of a clock that never goes back; if so, it is counted. */
bool rate_allow(struct rate *rate, int version, const uint8_t *address, uint64_t now_ns);

/* The same for a source that has a number: 0, and it is counted, or the ns to wait. */
uint64_t rate_wait(struct rate *rate, uint64_t source, uint64_t now_ns);

#endif
