/* SPDX-License-Identifier: MIT */
/*
 * The keeper: remembers for each pixel what its last owner found there, by looking at
 * what changed ten times a second.  Those who paint pay nothing for it; what stood for
 * less than one of its passes is not remembered.
 *
 * A reader like others, but for a canvas with owners; any thread, one lock.
 */
#pragma once

#include "canvas/canvas.h"

struct keeper;

/* NULL: out of memory or descriptors. */
struct keeper *keeper_new(struct canvas *canvas);

/* NULL is accepted. */
void keeper_free(struct keeper *keeper);

/* The bytes that it would take. */
uint64_t keeper_size(const struct canvas *canvas);

/* Whoever undoes holds the lock. */
void keeper_lock(struct keeper *keeper);
void keeper_unlock(struct keeper *keeper);

/* Looks at what changed since the last pass.  Lock held. */
void keeper_pass(struct keeper *keeper);

/* What lay under a pixel whose word is `top` now; 0: not known.  Lock held. */
uint64_t keeper_under(const struct keeper *keeper, uint32_t x, uint32_t y, uint64_t top);

/* The hand has put `word` there, over `under`; 0: over what is not known.  Lock held. */
void keeper_put(
	struct keeper *keeper, uint32_t x, uint32_t y, uint64_t word, uint64_t under);

/* Forgets what is known of sources where others lie over them, so that what was undone
 * does not come back when those are undone.  Lock held. */
void keeper_forget(struct keeper *keeper, const struct mural_rect *rect,
	const uint64_t ids[65536 / 64]);

/* Changes the owner of all that is remembered.  Lock held. */
struct owners;
void keeper_inherit(struct keeper *keeper, const struct owners *owners);
