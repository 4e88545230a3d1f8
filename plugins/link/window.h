/* SPDX-License-Identifier: MIT */
/*
 * Where this wall lies in the shared picture: the two share what overlaps.
 *
 * A place of the picture that this wall does not show follows the log all the same, since
 * snapshots and hashes are of all of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "link/picture.h"

/* A world has regions of this size, each with a log of its own, and 64x64 of them. */
#define REGION_SIDE 1024
#define WORLD_SIDE 65536

#define REGION_NAME_MAX 16

struct window {
	int64_t x, y;            /* the wall's part begins there in the picture */
	struct mural_rect shown; /* of the picture; perhaps nothing */
};

/* The name of the region of a world that a point lies in; else that of the only one. */
void window_region(
	bool is_world, const struct mural_point *at, char name[REGION_NAME_MAX]);

/* The size of the shared picture: that of a region, or the wanted one, or as far as a
 * wall of this size at the point reaches. */
struct mural_dimensions window_picture(bool is_world,
	const struct mural_dimensions *wanted, const struct mural_point *at,
	const struct mural_host *host);

void window_init(struct window *window, bool is_world, const struct mural_point *at,
	const struct mural_host *host, const struct mural_view *picture);

/* The part of a rectangle of the picture that is shown; false: nothing. */
bool window_cut(const struct window *window, const struct mural_rect *rect,
	struct mural_rect *shown);

/* Of a rectangle of the canvas, the part that is shown, in the picture; false: nothing.
 */
bool window_from_canvas(const struct window *window, const struct mural_host *host,
	const struct mural_rect *rect, struct mural_rect *shown);

/* Copies a rectangle that is shown from the canvas. */
void window_copy(const struct window *window, const struct mural_host *host,
	const struct mural_reader *reader, const struct mural_rect *rect,
	uint32_t *pixels, uint32_t stride);

/* Where the wall's part has a pixel of the picture; false: nowhere. */
static inline bool
window_find(
	const struct window *window, const struct spot *spot, uint32_t *x, uint32_t *y)
{
	const struct mural_rect *shown = &window->shown;

	*x = spot->x - (uint32_t)window->x;
	*y = spot->y - (uint32_t)window->y;
	return spot->x - shown->x < shown->width && spot->y - shown->y < shown->height;
}
