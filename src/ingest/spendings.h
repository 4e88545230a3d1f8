/* SPDX-License-Identifier: MIT */
/*
 * How walls tell each other what sources have spent of their budgets
 * (doc/protocols.md, link): one parcel, several sources.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "limits/ratelimit.h"

/* A version, and at most so many sources. */
#define SPENDINGS_SOURCES 512
#define SPENDING_BYTES 34
#define SPENDINGS_BYTES (1 + SPENDINGS_SOURCES * SPENDING_BYTES)

/* Takes what sources have spent here, from the stripe on at which the last telling ended.
 * How many bytes; 0: nothing. */
size_t spendings_take(
	struct ratelimit *ratelimit, size_t *stripe, uint8_t bytes[SPENDINGS_BYTES]);

/* Debits what they have spent elsewhere.  False: the bytes make no sense, and nothing
 * was debited.  *other_prefix: of a wall with another one, whose IPv6 sources are not the
 * same as here; 0: there is none. */
bool spendings_debit(struct ratelimit *ratelimit, const uint8_t *bytes, size_t len,
	unsigned *other_prefix);
