/* SPDX-License-Identifier: MIT */
/*
 * Divides the answers that murald gives in a second between the stations that ask.
 *
 * While all ask for less than the total, each has what it asks for, up to a limit.  When
 * they ask for more, those that ask most have less, so that all together just fit: a
 * station that asks seldom is answered beside any number of others that ask often.
 *
 * Forging a station costs nothing, so none has an entry of its own.  It is counted in a
 * few counters that it shares with others by chance, differently in each second, and the
 * lowest of them is taken (a count-min sketch): memory is of fixed size, and no station
 * can displace another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct answer_share;

/* A second's answers for one station and for all.  `each` is below 2^16.  NULL: out of
 * memory. */
struct answer_share *answer_share_new(uint32_t each, uint32_t total);

/* NULL is accepted. */
void answer_share_free(struct answer_share *share);

/* Whether the station, known by its hardware address, has an answer left now. */
bool answer_share_take(
	struct answer_share *share, const uint8_t station[6], uint64_t now_ms);
