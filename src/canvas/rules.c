/* SPDX-License-Identifier: MIT */
/* Makes rules: which pixels are closed, which networks are banned. */
#include "canvas/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"

static size_t
bits_size(const struct canvas *canvas)
{
	return ((size_t)canvas->stride * canvas->view.height + 63) / 64 *
	       sizeof(uint64_t);
}

void
rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (int i = 0; i < RULES_KINDS; i++)
		free(rules->bits[i]);
	free(rules->closed);
	cidr_list_finish(&rules->banned);
	free(rules);
}

/* A copy of the bits, or zeros. */
static uint64_t *
bits_new(const struct canvas *canvas, const uint64_t *bits)
{
	uint64_t *copy = canvas_alloc_lines(bits_size(canvas));

	if (copy && bits)
		memcpy(copy, bits, bits_size(canvas));
	return copy;
}

struct rules *
rules_next(const struct canvas *canvas, const struct rules *rules)
{
	struct rules *next = calloc(1, sizeof(*next));
	int ret = 0;

	if (!next)
		return NULL;
	next->generation = rules->generation + 1;
	for (int i = 0; i < RULES_KINDS; i++)
		if (rules->bits[i] && !(next->bits[i] = bits_new(canvas, rules->bits[i])))
			ret = -ENOMEM;
	if (ret == 0 && rules_ban(next, &rules->banned) == 0)
		return next;
	rules_free(next);
	return NULL;
}

int
rules_ban(struct rules *rules, const struct cidr_list *networks)
{
	struct cidr_list copy = { 0 };
	int ret = 0;

	for (size_t i = 0; i < networks->n && ret == 0; i++)
		ret = cidr_list_add(&copy, &networks->all[i]);
	if (ret < 0) {
		cidr_list_finish(&copy);
		return ret;
	}
	cidr_list_finish(&rules->banned);
	rules->banned = copy;
	return 0;
}

/* ------------------------------------------------------------------ bits */

bool
rules_cut(const struct mural_view *view, const struct mural_rect *rect,
	struct mural_rect *cut)
{
	if (!rect) {
		*cut = (struct mural_rect){ 0, 0, view->width, view->height };
		return true;
	}
	*cut = *rect;
	if (rect->x >= view->width || rect->y >= view->height || rect->width == 0 ||
		rect->height == 0)
		return false;
	cut->width = MIN(rect->width, view->width - rect->x);
	cut->height = MIN(rect->height, view->height - rect->y);
	return true;
}

/* Of word `i` those bits that lie in a range; the range has some there. */
static uint64_t
range_in_word(size_t i, size_t first, size_t end)
{
	uint64_t mask = UINT64_MAX;

	if (first > i * 64)
		mask &= UINT64_MAX << (first - i * 64);
	if (end < i * 64 + 64)
		mask &= UINT64_MAX >> (i * 64 + 64 - end);
	return mask;
}

static void
bits_set_range(uint64_t *bits, size_t first, size_t end, bool set)
{
	for (size_t i = first / 64; i * 64 < end; i++) {
		uint64_t mask = range_in_word(i, first, end);

		bits[i] = set ? bits[i] | mask : bits[i] & ~mask;
	}
}

/* How many bits of the range are set. */
static size_t
bits_count_range(const uint64_t *bits, size_t first, size_t end)
{
	size_t n = 0;

	for (size_t i = first / 64; i * 64 < end; i++)
		n += (size_t)__builtin_popcountll(bits[i] & range_in_word(i, first, end));
	return n;
}

static size_t
bits_count(const uint64_t *bits, const struct canvas *canvas, const struct mural_rect *at)
{
	size_t n = 0;

	for (uint32_t y = at->y; bits && y < at->y + at->height; y++) {
		size_t first = (size_t)y * canvas->stride + at->x;

		n += bits_count_range(bits, first, first + at->width);
	}
	return n;
}

static int
rules_need_bits(struct rules *rules, const struct canvas *canvas, enum rules_kind kind)
{
	if (!rules->bits[kind])
		rules->bits[kind] = bits_new(canvas, NULL);
	return rules->bits[kind] ? 0 : -ENOMEM;
}

int
rules_set(struct rules *rules, const struct canvas *canvas, enum rules_kind kind,
	const struct mural_rect *rect, bool close)
{
	if (!close && !rules->bits[kind])
		return 0;
	if (rules_need_bits(rules, canvas, kind) < 0)
		return -ENOMEM;
	for (uint32_t y = rect->y; y < rect->y + rect->height; y++) {
		size_t first = (size_t)y * canvas->stride + rect->x;

		bits_set_range(rules->bits[kind], first, first + rect->width, close);
	}
	return 0;
}

int
rules_set_mask(struct rules *rules, const struct canvas *canvas, enum rules_kind kind,
	const struct mural_rect *rect, const uint8_t *mask, size_t stride)
{
	if (rules_need_bits(rules, canvas, kind) < 0)
		return -ENOMEM;
	for (uint32_t y = 0; y < rect->height; y++)
		for (uint32_t x = 0; x < rect->width; x++) {
			size_t at = (size_t)(rect->y + y) * canvas->stride + rect->x + x;

			if (mask[y * stride + x])
				rules->bits[kind][at / 64] |= UINT64_C(1) << at % 64;
		}
	return 0;
}

int
rules_finish(struct rules *rules, const struct canvas *canvas)
{
	const struct mural_view *view = &canvas->view;
	const struct mural_rect all = { 0, 0, view->width, view->height };
	const size_t pixels = (size_t)view->width * view->height;

	for (int i = 0; i < RULES_KINDS; i++)
		if (bits_count(rules->bits[i], canvas, &all) == 0) {
			free(rules->bits[i]);
			rules->bits[i] = NULL;
		}
	if (!rules->bits[RULES_FROZEN] && !rules->bits[RULES_PROTECTED])
		return 0;
	rules->all_frozen = bits_count(rules->bits[RULES_FROZEN], canvas, &all) == pixels;
	rules->closed = calloc(view->words, 64);
	if (!rules->closed)
		return -ENOMEM;
	for (uint32_t tile = 0; tile < view->tiles_x * view->tiles_y; tile++) {
		const struct mural_rect at = mural_tile_rect(view, tile);

		for (int i = 0; i < RULES_KINDS; i++)
			rules->closed[tile] |=
				bits_count(rules->bits[i], canvas, &at) > 0;
	}
	return 0;
}

/* ------------------------------------------------------------------ rectangles */

/* The first run of bits in a row from *x on. */
static bool
next_run(const uint64_t *bits, size_t row, uint32_t width, uint32_t *x, uint32_t *end)
{
	while (*x < width && !(bits[(row + *x) / 64] >> (row + *x) % 64 & 1))
		++*x;
	for (*end = *x; *end < width && bits[(row + *end) / 64] >> (row + *end) % 64 & 1;)
		++*end;
	return *x < width;
}

/* The height of a run's rectangle: as far down as the whole run is closed. */
static uint32_t
run_height(const uint64_t *bits, const struct canvas *canvas, uint32_t x, uint32_t end,
	uint32_t y)
{
	uint32_t below = y + 1;

	for (; below < canvas->view.height; below++) {
		size_t first = (size_t)below * canvas->stride + x;

		if (bits_count_range(bits, first, first + end - x) < end - x)
			break;
	}
	return below - y;
}

/* Doubles when it is full. */
static int
rects_add(struct mural_rect **rects, size_t n, struct mural_rect rect)
{
	if ((n & (n - 1)) == 0) {
		struct mural_rect *more = realloc(*rects, MAX(2 * n, 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		*rects = more;
	}
	(*rects)[n] = rect;
	return 0;
}

/* Takes rectangles off a copy of the bits until none is left. */
ssize_t
rules_rects(const struct rules *rules, const struct canvas *canvas, enum rules_kind kind,
	size_t most, struct mural_rect **rects)
{
	uint64_t *bits;
	size_t n = 0;
	int ret = 0;

	*rects = NULL;
	if (!rules->bits[kind])
		return 0;
	bits = bits_new(canvas, rules->bits[kind]);
	if (!bits)
		return -ENOMEM;
	for (uint32_t y = 0; y < canvas->view.height && ret == 0; y++) {
		const size_t row = (size_t)y * canvas->stride;

		for (uint32_t x = 0, end;
			ret == 0 && n < most &&
			next_run(bits, row, canvas->view.width, &x, &end);
			x = end) {
			struct mural_rect rect = { x, y, end - x,
				run_height(bits, canvas, x, end, y) };

			ret = rects_add(rects, n++, rect);
			for (uint32_t i = 0; i < rect.height; i++)
				bits_set_range(bits, row + (size_t)i * canvas->stride + x,
					row + (size_t)i * canvas->stride + end, false);
		}
	}
	free(bits);
	if (ret == 0)
		return (ssize_t)n;
	free(*rects);
	*rects = NULL;
	return ret;
}
