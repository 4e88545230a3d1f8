/* SPDX-License-Identifier: MIT */
/* A rectangle of pixels, which the display and the HUD exchange. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* Right and bottom are excluded; empty when left == right. */
struct box {
	uint32_t left, top, right, bottom;
};

static inline bool
box_is_empty(struct box box)
{
	return box.left == box.right;
}

/* The part that both cover. */
static inline struct box
box_common(struct box a, struct box b)
{
	const struct box common = { MAX(a.left, b.left), MAX(a.top, b.top),
		MIN(a.right, b.right), MIN(a.bottom, b.bottom) };

	return common.left < common.right && common.top < common.bottom
		       ? common
		       : (struct box){ 0 };
}

/* The smallest box around both. */
static inline struct box
box_around(struct box a, struct box b)
{
	if (a.left == a.right)
		return b;
	if (b.left == b.right)
		return a;
	return (struct box){ MIN(a.left, b.left), MIN(a.top, b.top),
		MAX(a.right, b.right), MAX(a.bottom, b.bottom) };
}
