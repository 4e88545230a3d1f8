/* SPDX-License-Identifier: MIT */
/* What the files of the canvas share: canvas.c has pixels and damage, brush.c paints,
 * store.c stores batches by the rules, painters.c makes brushes. */
#pragma once

#include "canvas/canvas.h"
#include "canvas/owners.h"
#include "canvas/painters.h"

/* With owners, a pixel is one word, stored whole: its colour in the half that comes first
 * in memory, in the other who painted it and when. */
typedef uint64_t pixel_word __attribute__((may_alias));

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { COLOUR_SHIFT = 32, OWNER_SHIFT = 0 };
#else
enum { COLOUR_SHIFT = 0, OWNER_SHIFT = 32 };
#endif

static inline uint64_t
owner_word(uint16_t id, uint16_t when)
{
	return (uint64_t)(id | (uint32_t)when << 16) << OWNER_SHIFT;
}

static inline uint64_t
colour_word(uint32_t argb)
{
	return (uint64_t)argb << COLOUR_SHIFT;
}

static inline uint32_t
word_colour(uint64_t word)
{
	return (uint32_t)(word >> COLOUR_SHIFT);
}

static inline uint16_t
word_id(uint64_t word)
{
	return (uint16_t)(word >> OWNER_SHIFT);
}

static inline uint16_t
word_when(uint64_t word)
{
	return (uint16_t)(word >> (OWNER_SHIFT + 16));
}

/* Whether a set of ids has that of the word. */
static inline bool
word_has_id(uint64_t word, const uint64_t ids[65536 / 64])
{
	return ids[word_id(word) / 64] >> word_id(word) % 64 & 1;
}

static inline uint64_t
word_load(const pixel_word *pixel)
{
	return __atomic_load_n(pixel, __ATOMIC_RELAXED);
}

/* What murald keeps behind a brush; brush->canvas. */
struct painter {
	struct canvas *canvas;
	uint64_t *published;          /* the canvas's, or what one reader ignores */
	struct canvas_thread *thread; /* NULL: no rules hold for it */
	const struct rules *rules;    /* that it keeps to; NULL: none */
	uint64_t generation;          /* of these */
	size_t first;                 /* the pixel of the canvas that is its 0,0 */
	uint64_t owner;               /* owner_word() */
	struct canvas_painter as;
	struct mural_brush *brush;
	struct painter *next, **link; /* of thread->residents; NULL: not one of them */

	/* Paints without looking at rules. */
	void (*open)(
		struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);
};

/* The time as pixels store it, in steps that wrap after 36 hours.  Stamps are compared by
 * their distance, so none is allowed to become older than 17 hours. */
#define WHEN_STEP_MS 2000
#define WHEN_AGE_MAX (17 * 3600 * 1000 / WHEN_STEP_MS)

/* The word, whose stamp becomes `oldest` if it is from before that; 0, which is no
 * pixel's, stays. */
static inline uint64_t
word_clamp(uint64_t word, uint16_t oldest)
{
	const uint16_t when = word_when(word);

	return word != 0 && (int16_t)(when - oldest) < 0
		       ? word ^ owner_word(0, when ^ oldest)
		       : word;
}

/* The same to words that are kept of a canvas. */
static inline void
words_clamp(uint64_t *words, size_t n, uint16_t oldest)
{
	for (size_t i = 0; i < n; i++)
		words[i] = word_clamp(words[i], oldest);
}

static inline void
canvas_set_when(struct canvas *canvas, uint32_t when)
{
	__atomic_store_n(&canvas->when, when, __ATOMIC_RELAXED);
}

/* The time as a stamp. */
static inline uint16_t
canvas_when(const struct canvas *canvas)
{
	return (uint16_t)__atomic_load_n(&canvas->when, __ATOMIC_RELAXED);
}

/* ---- any pixel of the canvas as a word; without owners that is its colour alone */

static inline void *
pixel_at(const struct canvas *canvas, uint32_t x, uint32_t y)
{
	return &canvas->pixels[((size_t)y * canvas->stride + x) * canvas->step];
}

static inline uint64_t
pixel_make(const struct canvas *canvas, uint32_t argb, uint64_t owner)
{
	return canvas->step == 1 ? argb : owner | colour_word(argb);
}

static inline uint64_t
pixel_load(const struct canvas *canvas, uint32_t x, uint32_t y)
{
	const void *pixel = pixel_at(canvas, x, y);

	if (canvas->step == 1)
		return __atomic_load_n((const uint32_t *)pixel, __ATOMIC_RELAXED);
	return word_load(pixel);
}

/* Of the pixel that is there; the canvas has that step. */
static inline uint64_t
word_exchange(void *pixel, size_t step, uint64_t word)
{
	if (step == 1)
		return __atomic_exchange_n(
			(uint32_t *)pixel, (uint32_t)word, __ATOMIC_RELAXED);
	return __atomic_exchange_n((pixel_word *)pixel, word, __ATOMIC_RELAXED);
}

/* False: it is another one, which *seen becomes.  Of the pixel that is there; the canvas
 * has that step. */
static inline bool
word_swap(void *pixel, size_t step, uint64_t *seen, uint64_t word)
{
	uint32_t colour = (uint32_t)*seen;
	bool swapped;

	if (step != 1)
		return __atomic_compare_exchange_n((pixel_word *)pixel, seen, word, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED);
	swapped = __atomic_compare_exchange_n((uint32_t *)pixel, &colour, (uint32_t)word,
		false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	*seen = colour;
	return swapped;
}

static inline bool
pixel_swap(struct canvas *canvas, uint32_t x, uint32_t y, uint64_t *seen, uint64_t word)
{
	return word_swap(pixel_at(canvas, x, y), canvas->step, seen, word);
}

/* Zeros that begin on a cache line; freed with free(). */
void *canvas_alloc_lines(size_t bytes);

/* Copies a row of pixels of which others may paint or read some meanwhile: each is read
 * and written whole. */
void canvas_copy_pixels(uint32_t *to, const uint32_t *from, uint32_t n);

/* The same from pixels with owners, of which only the colours are copied.  Unless `ids`
 * is NULL, pixels of owners whose bit is not set there are dimmed. */
void canvas_copy_words(
	uint32_t *to, const uint32_t *from, uint32_t n, const uint64_t *ids);

/* Whether all these colours are opaque; no other thread may write them meanwhile. */
bool canvas_are_opaque(const uint32_t *argb, uint32_t n);

/* Dims the pixels of all other owners for readers that show; NULL ends that. */
void canvas_highlight(struct canvas *canvas, const uint64_t ids[65536 / 64]);

/* ---- store.c: what brush->store may be */

/* Opaque pixels, without owners. */
void store_plain(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);

/* The same with owners. */
void store_pairs(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);

/* What the rules do not refuse. */
void store_guarded(
	struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);

/* Nothing, for a reason. */
void store_frozen(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);
void store_banned(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);
void store_refused(
	struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);

/* Whether the brush may paint a place on a tile; else counts why not. */
bool store_allows(struct mural_brush *brush, uint32_t place, uint32_t tile);
