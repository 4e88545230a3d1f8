/* SPDX-License-Identifier: MIT */
/*
 * Rules: where the canvas takes no paint, and from whom.  Never changed once they are
 * published: to change them, new ones are published, and the old freed when nobody looks
 * at them any more.
 *
 * A thread that paints looks at canvas->rules when a callback begins (painters.h),
 * keeps to what it found until that ends, and says which generation it has seen.
 * Callbacks of one thread do not overlap and publish their damage before they end; so
 * when all threads have seen a generation, nothing lands that it refuses, the damage of
 * what landed before is published, and nobody holds an older one.  Painters need no lock
 * and no fence for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <mural/reader.h>

#include "base/ip-key.h"

struct canvas;

/* Why a pixel may be refused. */
enum rules_kind { RULES_FROZEN, RULES_PROTECTED, RULES_KINDS };

struct rules {
	uint64_t generation;
	bool all_frozen;             /* every pixel */
	uint8_t *closed;             /* a byte a tile: has closed pixels; NULL: no tile */
	uint64_t *bits[RULES_KINDS]; /* a bit a pixel, y * stride + x; NULL: none */
	struct cidr_list banned;
};

/* The next generation, which the caller may still change; NULL: out of memory. */
struct rules *rules_next(const struct canvas *canvas, const struct rules *rules);

/* NULL is accepted. */
void rules_free(struct rules *rules);

/* Cuts a rectangle to the canvas; NULL is all of it.  False: it lies outside. */
bool rules_cut(const struct mural_view *view, const struct mural_rect *rect,
	struct mural_rect *cut);

/* Closes or opens a rectangle inside the canvas.  0 or -ENOMEM. */
int rules_set(struct rules *rules, const struct canvas *canvas, enum rules_kind kind,
	const struct mural_rect *rect, bool close);

/* Closes what is not 0 in a mask of the rectangle; `stride` bytes from one row to the
 * next.  0 or -ENOMEM. */
int rules_set_mask(struct rules *rules, const struct canvas *canvas, enum rules_kind kind,
	const struct mural_rect *rect, const uint8_t *mask, size_t stride);

/* In place of those before; copied.  0 or -ENOMEM. */
int rules_ban(struct rules *rules, const struct cidr_list *networks);

/* Finds out which tiles are closed: after the last change, before they are published.  0
 * or -ENOMEM. */
int rules_finish(struct rules *rules, const struct canvas *canvas);

static inline bool
rules_has(const struct rules *rules, enum rules_kind kind, size_t pixel)
{
	return rules->bits[kind] && rules->bits[kind][pixel / 64] >> pixel % 64 & 1;
}

/* The closed pixels as rectangles that do not overlap, the first `most` of them; *rects
 * is freed by the caller.  How many; -ENOMEM. */
ssize_t rules_rects(const struct rules *rules, const struct canvas *canvas,
	enum rules_kind kind, size_t most, struct mural_rect **rects);
