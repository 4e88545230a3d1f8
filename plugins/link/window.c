/* SPDX-License-Identifier: MIT */
/* Cuts rectangles to what the wall and the shared picture have in common. */
#include "link/window.h"

#include <inttypes.h>
#include <stdio.h>

void
window_region(bool is_world, const struct mural_point *at, char name[REGION_NAME_MAX])
{
	const uint32_t x = is_world ? (uint32_t)at->x / REGION_SIDE : 0;
	const uint32_t y = is_world ? (uint32_t)at->y / REGION_SIDE : 0;

	snprintf(name, REGION_NAME_MAX, "%u.%u", x % 1000, y % 1000);
}

static uint32_t
reach(int32_t at, uint32_t len)
{
	const int64_t end = (int64_t)at + len;

	if (end < 1)
		return 1;
	return end > MURAL_SIDE_MAX ? MURAL_SIDE_MAX : (uint32_t)end;
}

struct mural_dimensions
window_picture(bool is_world, const struct mural_dimensions *wanted,
	const struct mural_point *at, const struct mural_host *host)
{
	if (is_world)
		return (struct mural_dimensions){ REGION_SIDE, REGION_SIDE };
	if (wanted->width > 0)
		return *wanted;
	return (struct mural_dimensions){ reach(at->x, host->width),
		reach(at->y, host->height) };
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What two stretches have in common; false: nothing. */
static bool
cut(int64_t from, int64_t to, uint32_t start, uint32_t len, uint32_t *at, uint32_t *n)
{
	const int64_t first = most(from, start);
	const int64_t end = least(to, (int64_t)start + len);

	*at = end > first ? (uint32_t)first : 0;
	*n = end > first ? (uint32_t)(end - first) : 0;
	return *n > 0;
}

void
window_init(struct window *window, bool is_world, const struct mural_point *at,
	const struct mural_host *host, const struct mural_view *picture)
{
	struct mural_rect *shown = &window->shown;

	window->x = is_world ? at->x % REGION_SIDE : at->x;
	window->y = is_world ? at->y % REGION_SIDE : at->y;
	if (!cut(window->x, window->x + host->width, 0, picture->width, &shown->x,
		    &shown->width) ||
		!cut(window->y, window->y + host->height, 0, picture->height, &shown->y,
			&shown->height))
		*shown = (struct mural_rect){ 0, 0, 0, 0 };
}

bool
window_cut(const struct window *window, const struct mural_rect *rect,
	struct mural_rect *shown)
{
	const struct mural_rect *all = &window->shown;

	return cut(rect->x, (int64_t)rect->x + rect->width, all->x, all->width, &shown->x,
		       &shown->width) &&
	       cut(rect->y, (int64_t)rect->y + rect->height, all->y, all->height,
		       &shown->y, &shown->height);
}

bool
window_from_canvas(const struct window *window, const struct mural_host *host,
	const struct mural_rect *rect, struct mural_rect *shown)
{
	const struct mural_rect *all = &window->shown;
	const int64_t x = window->x + rect->x - host->left;
	const int64_t y = window->y + rect->y - host->top;

	return cut(x, x + rect->width, all->x, all->width, &shown->x, &shown->width) &&
	       cut(y, y + rect->height, all->y, all->height, &shown->y, &shown->height);
}

void
window_copy(const struct window *window, const struct mural_host *host,
	const struct mural_reader *reader, const struct mural_rect *rect,
	uint32_t *pixels, uint32_t stride)
{
	mural_reader_copy(reader, (uint32_t)(host->left + rect->x - window->x),
		(uint32_t)(host->top + rect->y - window->y), rect->width, rect->height,
		pixels, stride);
}
