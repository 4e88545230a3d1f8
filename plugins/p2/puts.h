/* SPDX-License-Identifier: MIT */
/*
 * Paints blocks of Puts: the cache lines of one are asked for while those of the block
 * before arrive, and that one is painted meanwhile.
 */
#pragma once

#include <mural/plugin.h>

#include "p2/block.h"

/* Where and how Puts are painted, as in a batch of the brush. */
struct p2_spots {
	uint32_t places[P2_BLOCK], colours[P2_BLOCK], tiles[P2_BLOCK];
};

/* Of one callback.  The brush may not get other rules, nor be read or painted otherwise,
 * while Puts wait. */
struct p2_puts {
	struct mural_brush *brush;
	uint32_t left, top; /* of 0,0 in its region; less than 0 wraps around */
	const struct p2_spots *waiting; /* asked for and not painted, or NULL */
	unsigned next;                  /* of the two, for a block that comes */
	struct p2_spots spots[2];
};

void p2_puts_begin(
	struct p2_puts *puts, struct mural_brush *brush, int32_t left, int32_t top);

/* Paints the first `n` of a block, or lets them wait.  Any coordinates may be given. */
void p2_puts_add(struct p2_puts *puts, const struct p2_block *block, unsigned n);

/* Paints what waits. */
void p2_puts_finish(struct p2_puts *puts);
