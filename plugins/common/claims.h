/* SPDX-License-Identifier: MIT */
/*
 * Claims: what clients hold of something that has one bound for all, and who gives way
 * when that is reached: the source that holds most, of its clients the oldest; then the
 * one that holds most without that, and so on.
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
