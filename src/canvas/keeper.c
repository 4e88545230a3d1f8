/* SPDX-License-Identifier: MIT */
/* Keeps what lies under each pixel. */
#include "canvas/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "canvas/canvas-private.h"
#include "canvas/owners.h"

struct keeper {
	struct canvas *canvas;
	struct mural_reader *reader;
	pthread_mutex_t lock;
	uint64_t *tiles;

	/* Words by pixel: what was there at the last pass, and what another owner had
	 * there before; 0: not known.  lock */
	uint64_t *seen, *under;
};

static size_t
count_pixels(const struct canvas *canvas)
{
	return (size_t)canvas->view.width * canvas->view.height;
}

uint64_t
keeper_size(const struct canvas *canvas)
{
	return (uint64_t)count_pixels(canvas) * 2 * sizeof(uint64_t);
}

struct keeper *
keeper_new(struct canvas *canvas)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return NULL;
	keeper->canvas = canvas;
	pthread_mutex_init(&keeper->lock, NULL);
	keeper->reader = canvas_reader_new(canvas);
	keeper->tiles = calloc(canvas->view.words, sizeof(uint64_t));
	keeper->seen = calloc(count_pixels(canvas), sizeof(uint64_t));
	keeper->under = calloc(count_pixels(canvas), sizeof(uint64_t));
	if (keeper->reader && keeper->tiles && keeper->seen && keeper->under)
		return keeper;
	keeper_free(keeper);
	return NULL;
}

void
keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	mural_reader_free(keeper->reader);
	free(keeper->tiles);
	free(keeper->seen);
	free(keeper->under);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

void
keeper_lock(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
}

void
keeper_unlock(struct keeper *keeper)
{
	pthread_mutex_unlock(&keeper->lock);
}

struct keeper_row
keeper_row(struct keeper *keeper, uint32_t x, uint32_t y)
{
	const size_t at = (size_t)y * keeper->canvas->view.width + x;

	return (struct keeper_row){ keeper->seen + at, keeper->under + at };
}

/* What was there before the keeper's first pass has no owner. */
static inline void
pass_pixel(const struct keeper_row *row, uint32_t x, uint64_t word)
{
	const uint64_t seen = row->seen[x];

	if (word == seen)
		return;
	if (word_id(word) != word_id(seen))
		row->under[x] = seen;
	row->seen[x] = word;
}

/* Most tiles come because of a few pixels: four are compared at once. */
static void
pass_row(const struct keeper_row *row, const pixel_word *pixels, uint32_t n)
{
	const uint64_t *seen = row->seen;
	uint32_t x = 0;

	for (; x + 4 <= n; x += 4) {
		const uint64_t words[] = { word_load(&pixels[x]),
			word_load(&pixels[x + 1]), word_load(&pixels[x + 2]),
			word_load(&pixels[x + 3]) };

		if (((words[0] ^ seen[x]) | (words[1] ^ seen[x + 1]) |
			    (words[2] ^ seen[x + 2]) | (words[3] ^ seen[x + 3])) == 0)
			continue;
		for (uint32_t i = 0; i < 4; i++)
			pass_pixel(row, x + i, words[i]);
	}
	for (; x < n; x++)
		pass_pixel(row, x, word_load(&pixels[x]));
}

static void
pass_tile(struct keeper *keeper, const struct mural_rect *at)
{
	for (uint32_t y = at->y; y < at->y + at->height; y++) {
		const struct keeper_row row = keeper_row(keeper, at->x, y);

		pass_row(&row, pixel_at(keeper->canvas, at->x, y), at->width);
	}
}

void
keeper_pass(struct keeper *keeper)
{
	const struct mural_view *view = &keeper->canvas->view;

	if (!mural_reader_take(keeper->reader, keeper->tiles))
		return;
	for (uint32_t tile = 0; mural_tiles_next(view, keeper->tiles, &tile); tile++) {
		const struct mural_rect at = mural_tile_rect(view, tile);

		pass_tile(keeper, &at);
	}
}

/* What was seen may be gone from the top since, and is not to become what lies under. */
void
keeper_forget(struct keeper *keeper, const struct mural_rect *rect,
	const uint64_t ids[65536 / 64])
{
	for (uint32_t y = rect->y; y < rect->y + rect->height; y++) {
		const pixel_word *pixels = pixel_at(keeper->canvas, rect->x, y);
		const struct keeper_row row = keeper_row(keeper, rect->x, y);

		for (uint32_t x = 0; x < rect->width; x++) {
			if (word_has_id(row.seen[x], ids) &&
				!word_has_id(word_load(&pixels[x]), ids))
				row.seen[x] = 0;
			if (word_has_id(row.under[x], ids))
				row.under[x] = 0;
		}
	}
}

void
keeper_inherit(struct keeper *keeper, const struct owners *owners)
{
	owners_inherit(owners, keeper->seen, count_pixels(keeper->canvas));
	owners_inherit(owners, keeper->under, count_pixels(keeper->canvas));
}

void
keeper_clamp(struct keeper *keeper, uint16_t oldest)
{
	words_clamp(keeper->seen, count_pixels(keeper->canvas), oldest);
	words_clamp(keeper->under, count_pixels(keeper->canvas), oldest);
}
