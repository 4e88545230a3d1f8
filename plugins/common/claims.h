/* SPDX-License-Identifier: MIT */
/*
 * Claims: what clients hold of a resource with one bound for all, and which of them give
 * way when that is reached: of the source that holds most its oldest client; then of the
 * source that holds most without that one, and so on.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct claim {
	void *who;
	uint64_t source; /* mural_source() */
	uint64_t age;    /* the smallest gives way first */
	size_t amount;
	size_t weight; /* claims_rank()'s */
};

/* Puts those first who give way first. */
void claims_rank(struct claim *claims, size_t n);
