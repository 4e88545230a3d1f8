/* SPDX-License-Identifier: MIT */
/*
 * The keeper: remembers for each pixel what its last owner found there, by looking at
 * what changed ten times a second.  Those who paint pay nothing for it; what stood for
 * less than one of its passes is not remembered.
 *
 * A reader like others, but for a canvas with owners; any thread, one lock.
 */
#pragma once

#include "canvas/canvas-private.h"

struct keeper;

/* NULL: out of memory or descriptors. */
struct keeper *keeper_new(struct canvas *canvas);

/* NULL is accepted. */
void keeper_free(struct keeper *keeper);

/* The bytes that it would take. */
uint64_t keeper_size(const struct canvas *canvas);

/* To be held during an undo. */
void keeper_lock(struct keeper *keeper);
void keeper_unlock(struct keeper *keeper);

/* Looks at what changed since the last pass.  Lock held. */
void keeper_pass(struct keeper *keeper);

/* What is kept from a pixel on to the right, as words: what was there at the last pass,
 * and what another owner had there before; 0: not known.  Lock held. */
struct keeper_row {
	uint64_t *seen, *under;
};
struct keeper_row keeper_row(struct keeper *keeper, uint32_t x, uint32_t y);

/* What lay under pixel `i` of it, whose word is `top` now; 0: not known.  Whoever came
 * since the last pass lies on what was seen then. */
static inline uint64_t
keeper_under(const struct keeper_row *row, uint32_t i, uint64_t top)
{
	uint64_t under = row->under[i];

	if (word_id(row->seen[i]) != word_id(top))
		under = row->seen[i];
	return word_id(under) == word_id(top) ? 0 : under;
}

/* The hand has put `word` there, over `under`; 0: over what is not known. */
static inline void
keeper_put(const struct keeper_row *row, uint32_t i, uint64_t word, uint64_t under)
{
	row->seen[i] = word;
	row->under[i] = under;
}

/* Forgets what is known of sources where others lie over them, so that what was undone
 * does not come back when those are undone.  Lock held. */
void keeper_forget(struct keeper *keeper, const struct mural_rect *rect,
	const uint64_t ids[65536 / 64]);

/* Changes the owner of all that is remembered.  Lock held. */
struct owners;
void keeper_inherit(struct keeper *keeper, const struct owners *owners);

/* Sets stamps from before `oldest` to that.  Lock held. */
void keeper_clamp(struct keeper *keeper, uint16_t oldest);
