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

/* What was there while nobody looked yet is nobody's. */
static void
pass_tile(struct keeper *keeper, const struct mural_rect *at)
{
	const struct canvas *canvas = keeper->canvas;

	for (uint32_t y = at->y; y < at->y + at->height; y++) {
		const size_t row = (size_t)y * canvas->view.width;

		for (uint32_t x = at->x; x < at->x + at->width; x++) {
			uint64_t word = pixel_load(canvas, x, y);
			uint64_t *seen = &keeper->seen[row + x];

			if (word_id(word) != word_id(*seen))
				keeper->under[row + x] = *seen;
			*seen = word;
		}
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

static size_t
place_of(const struct keeper *keeper, uint32_t x, uint32_t y)
{
	return (size_t)y * keeper->canvas->view.width + x;
}

/* Whoever came since the last pass lies on what was seen then. */
uint64_t
keeper_under(const struct keeper *keeper, uint32_t x, uint32_t y, uint64_t top)
{
	const size_t at = place_of(keeper, x, y);
	uint64_t under = keeper->under[at];

	if (word_id(keeper->seen[at]) != word_id(top))
		under = keeper->seen[at];
	return word_id(under) == word_id(top) ? 0 : under;
}

void
keeper_put(struct keeper *keeper, uint32_t x, uint32_t y, uint64_t word, uint64_t under)
{
	const size_t at = place_of(keeper, x, y);

	keeper->seen[at] = word;
	keeper->under[at] = under;
}

static bool
has_id(const uint64_t *ids, uint64_t word)
{
	return ids[word_id(word) / 64] >> word_id(word) % 64 & 1;
}

/* What was seen may be gone from the top since, and is not to become what lies under. */
void
keeper_forget(struct keeper *keeper, const struct mural_rect *rect,
	const uint64_t ids[65536 / 64])
{
	for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
			const size_t at = place_of(keeper, x, y);
			uint64_t top = pixel_load(keeper->canvas, x, y);

			if (has_id(ids, keeper->seen[at]) && !has_id(ids, top))
				keeper->seen[at] = 0;
			if (has_id(ids, keeper->under[at]))
				keeper->under[at] = 0;
		}
}

static void
inherit(uint64_t *word, const struct owners *owners)
{
	uint16_t id = word_id(*word), heir = owners_heir(owners, id);

	if (heir != id)
		*word ^= owner_word(id ^ heir, 0);
}

void
keeper_inherit(struct keeper *keeper, const struct owners *owners)
{
	for (size_t i = 0; i < count_pixels(keeper->canvas); i++) {
		inherit(&keeper->seen[i], owners);
		inherit(&keeper->under[i], owners);
	}
}
