/* SPDX-License-Identifier: MIT */
/*
 * The brush: how a plugin paints.
 *
 * A brush covers one rectangle of the canvas, the plugin's region; 0,0 is the
 * region's top left pixel, x grows to the right, y grows downwards.  This is the
 * one place that checks bounds, clips, blends and marks damage.
 *
 * Colours are 0xAARRGGBB.  Alpha 0xff replaces, 0 changes nothing, anything
 * between mixes: out = (new * alpha + old * (255 - alpha)) / 255, rounded to the
 * nearest, for each channel.  The canvas itself is always opaque.
 *
 * A brush belongs to one thread.  A plugin gets it for the length of a callback and
 * must not keep it (services have one of their own, see plugin.h).  Damage is
 * private to the brush until murald publishes it, after the callback returns.
 *
 * Pixels are shared by all threads without locks: a pixel is written whole; of two
 * writers to one pixel, one wins; two simultaneous blends of one pixel may lose one.
 */
#ifndef MURAL_BRUSH_H
#define MURAL_BRUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Damage is kept in square tiles of 32 pixels, counted row by row over the canvas. */
#define MURAL_TILE_SHIFT 5
#define MURAL_TILE (1u << MURAL_TILE_SHIFT)

/* Neither side of a canvas is longer, so no index here can overflow 32 bits. */
#define MURAL_SIDE_MAX 8192u

#define MURAL_EXPORT __attribute__((visibility("default")))

#ifdef __SANITIZE_THREAD__
#define MURAL_SANITIZE_THREAD
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MURAL_SANITIZE_THREAD
#endif
#endif

/* Why something that arrived was not painted.  Later versions may add reasons. */
enum mural_reason {
	MURAL_OUT_OF_BOUNDS, /* counted by the brush itself */
	MURAL_MALFORMED,     /* not what the protocol says */
	MURAL_RATE_LIMITED,  /* above a limit */
	MURAL_UNAUTHORIZED,  /* not allowed to this client */
	MURAL_FROZEN,        /* the operator has frozen the canvas there */
	MURAL_PROTECTED,     /* only the operator paints there */
	MURAL_BANNED,        /* the operator has banned its network */
	MURAL_REASONS,
};

/* The room that a brush has for reasons. */
#define MURAL_REASONS_MAX 32

struct mural_batch;

/*
 * Made and freed by murald.  A plugin reads width and height and leaves the rest to the
 * functions; one that fills batches itself also needs stride, step, left, top, tiles_x
 * and store, and one that paints by itself, as the inline functions do, also pixels and
 * damage.  The layout is frozen within one ABI number, because the functions below are
 * compiled into plugins.
 *
 * A pixel takes `step` words of 32 bits, its colour in the first; pixel x,y of the region
 * begins at word y * stride + x * step.  A plugin does not depend on what the others
 * hold.
 */
struct mural_brush {
	uint32_t width, height; /* of the region; these and the layout never change */

	/* As width and height while the inline functions may paint and read by
	 * themselves; 0 while murald has to look at each pixel.  Only they compare with
	 * these. */
	uint32_t near_width, near_height;

	uint32_t *pixels; /* the region's first word; every thread, relaxed */
	uint32_t stride;  /* words from one row to the next */
	uint32_t step; /* words from one pixel to the next, 1 where near_width is not 0 */
	uint32_t left, top; /* where the region lies on the canvas */
	uint32_t tiles_x;   /* tiles in a row of the canvas */

	/* 0: only store() paints, or the inline functions where the brush is near.  Else
	 * code that fills batches may also store them itself: by mural_store_pair(), with
	 * this beside each colour. */
	uint32_t owner;

	/* Damage: a byte for each tile of the canvas.  This thread only. */
	uint8_t *damage;

	uint64_t painted; /* pixels, since the brush was made */

	/* Paints the first `n` pixels of a batch, in order. */
	void (*store)(
		struct mural_brush *brush, const struct mural_batch *batch, uint32_t n);

	void *canvas; /* murald's */
	uint64_t discarded[MURAL_REASONS_MAX];
};

/* Mixes `argb` over the opaque colour `below`; the result is opaque.  Two channels at a
 * time: each is at most 255 * 255 + 128, and there (n + (n >> 8)) >> 8 is (n - 128) / 255
 * rounded to the nearest. */
static inline uint32_t
mural_blend(uint32_t below, uint32_t argb)
{
	uint32_t alpha = argb >> 24, rest = 255 - alpha;
	uint32_t rb = (argb & 0xff00ff) * alpha + (below & 0xff00ff) * rest + 0x800080;
	uint32_t g = (argb >> 8 & 0xff) * alpha + (below >> 8 & 0xff) * rest + 0x80;

	rb = (rb + (rb >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
	g = (g + (g >> 8)) & 0xff00;
	return 0xff000000 | rb | g;
}

/* The tile under a pixel of the region. */
static inline uint32_t
mural_tile_at(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	return ((y + brush->top) >> MURAL_TILE_SHIFT) * brush->tiles_x +
	       ((x + brush->left) >> MURAL_TILE_SHIFT);
}

/* Marks a tile, which must exist, as changed; call it after storing its pixels.  Whether
 * it is marked already is not checked: no processor would predict that. */
static inline void
mural_mark(struct mural_brush *brush, uint32_t tile)
{
	brush->damage[tile] = 1;
}

/* Prefetches a pixel's cache line for writing.  Two threads that paint the same part of
 * the canvas take its lines from each other; a line prefetched for reading, as x86
 * compilers do unless told the processor, is waited for again when it is written.
 * Processors without prefetchw ignore it. */
static inline void
mural_fetch(const uint32_t *pixel)
{
#ifdef __x86_64__
	__asm__ volatile("prefetchw %0" : : "m"(*pixel));
#else
	__builtin_prefetch(pixel, 1);
#endif
}

/* Stores a pixel whole, as every machine does with a word.  Compilers keep nothing in
 * registers across an atomic store, not even a relaxed one; ThreadSanitizer knows no
 * others. */
static inline void
mural_store(uint32_t *pixel, uint32_t argb)
{
#ifdef MURAL_SANITIZE_THREAD
	__atomic_store_n(pixel, argb, __ATOMIC_RELAXED);
#else
	*(volatile uint32_t *)pixel = argb;
#endif
}

/* A pixel of two words, which are stored as one. */
typedef uint64_t __attribute__((may_alias)) mural_pair;

/* The same for a pixel of two words, for as long as brush->owner is not 0. */
static inline void
mural_store_pair(uint32_t *pixel, uint32_t argb, uint32_t owner)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	const uint64_t pair = (uint64_t)argb << 32 | owner;
#else
	const uint64_t pair = (uint64_t)owner << 32 | argb;
#endif

#if defined(MURAL_SANITIZE_THREAD) || UINTPTR_MAX < UINT64_MAX
	__atomic_store_n((mural_pair *)pixel, pair, __ATOMIC_RELAXED);
#else
	*(volatile mural_pair *)pixel = pair;
#endif
}

/* ------------------------------------------------ for languages that cannot inline
 *
 * The inline functions below call these for what they do not do themselves. */

/* As mural_put(). */
MURAL_EXPORT void mural_paint(
	struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t argb);

/* As mural_get(). */
MURAL_EXPORT bool mural_read(
	const struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t *argb);

/* Paints `count` pixels from x,y to the right.  The part outside is dropped and counted
 * pixel by pixel; a row never runs on into the next. */
MURAL_EXPORT void mural_paint_row(struct mural_brush *brush, uint32_t x, uint32_t y,
	uint32_t count, const uint32_t *argb);

/* Paints a rectangle in one colour.  The part outside is ignored and not counted. */
MURAL_EXPORT void mural_paint_rect(struct mural_brush *brush, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height, uint32_t argb);

/* Reads up to `count` pixels from x,y to the right, alpha 0xff; returns how many lie
 * inside, the rest of `argb` stays untouched. */
MURAL_EXPORT uint32_t mural_read_row(const struct mural_brush *brush, uint32_t x,
	uint32_t y, uint32_t count, uint32_t *argb);

/* Paints one pixel if its colour is still `expected`, in one step that no other painter
 * can get between; for plugins that merge.  Both colours are opaque.  False: it has
 * another colour, lies outside or may not be painted; the last two are counted. */
MURAL_EXPORT bool mural_swap(struct mural_brush *brush, uint32_t x, uint32_t y,
	uint32_t expected, uint32_t argb);

/* As mural_swap(), for up to 32 pixels from x,y to the right: those whose bit in `which`
 * is set, the lowest bit for the pixel at x, which may lie left of the region: x is then
 * a negative number as uint32_t has it.  `expected` and `argb` have 32 elements, one for
 * each place in the row.  Returns the bits of those that were painted. */
MURAL_EXPORT uint32_t mural_swap_row(struct mural_brush *brush, uint32_t x, uint32_t y,
	uint32_t which, const uint32_t *expected, const uint32_t *argb);

/* As mural_batch_put(). */
MURAL_EXPORT uint32_t mural_batch_paint(struct mural_brush *brush,
	struct mural_batch *batch, uint32_t n, uint32_t x, uint32_t y, uint32_t argb);

/* --------------------------------------------------------------------- one pixel */

/* Paints one pixel.  Any x and y may be given: what lies outside is counted as out of
 * bounds and dropped.  (An offset is best added in unsigned arithmetic: what wraps
 * around lands outside.)
 *
 * The line is fetched although it is stored to at once: a store waits in a queue, in
 * order, behind those that miss the cache, and a fetch overtakes them all. */
static inline void
mural_put(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t argb)
{
	uint32_t *pixel;

	if (x >= brush->near_width || y >= brush->near_height || argb >> 24 != 0xff) {
		mural_paint(brush, x, y, argb);
		return;
	}
	pixel = &brush->pixels[(size_t)y * brush->stride + x];
	mural_fetch(pixel);
	mural_store(pixel, argb);
	mural_mark(brush, mural_tile_at(brush, x, y));
	brush->painted++;
}

/* Reads one pixel into `argb`, alpha 0xff; false (and `argb` untouched) outside. */
static inline bool
mural_get(const struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t *argb)
{
	if (x >= brush->near_width || y >= brush->near_height)
		return mural_read(brush, x, y, argb);
	*argb = __atomic_load_n(
		&brush->pixels[(size_t)y * brush->stride + x], __ATOMIC_RELAXED);
	return true;
}

/* Prefetches a pixel that will be read soon; it may lie outside.  (Always inline: gcc
 * drops calls of a function that only prefetches.) */
static inline __attribute__((always_inline)) void
mural_prefetch(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	if (x < brush->near_width && y < brush->near_height)
		__builtin_prefetch(&brush->pixels[(size_t)y * brush->stride + x]);
}

/* ---------------------------------------------------------------- many pixels */

/* How many pixels a batch has room for. */
#define MURAL_BATCH 512

/* mural_batch_put() paints the batch when it holds this many: enough to overlap the
 * waiting for memory, few enough for the first-level cache. */
#define MURAL_BATCH_FULL 128

/*
 * Opaque pixels inside the region that are accepted but not painted yet: for code that
 * decodes several at once and stores them afterwards, and for what murald has to look
 * at.  It lives on the stack of one callback and needs no initialisation; the number of
 * pixels it holds is a local variable of the caller, which starts at 0.
 */
struct mural_batch {
	uint32_t places[MURAL_BATCH];  /* word: y * stride + x * step */
	uint32_t colours[MURAL_BATCH]; /* 0xffrrggbb */
	uint16_t tiles[MURAL_BATCH];   /* mural_tile_at() */
};

/* Paints what the batch holds, in order.  To be called before a pixel is read or painted
 * in another way, and before the callback returns. */
static inline void
mural_batch_flush(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	brush->store(brush, batch, n);
}

/* As mural_put(), but what murald has to look at is painted later, many pixels at once.
 * Returns how many the batch holds now: n = mural_batch_put(brush, &batch, n, x, y,
 * argb);
 */
static inline uint32_t
mural_batch_put(struct mural_brush *brush, struct mural_batch *batch, uint32_t n,
	uint32_t x, uint32_t y, uint32_t argb)
{
	if (x >= brush->near_width || y >= brush->near_height || argb >> 24 != 0xff)
		return mural_batch_paint(brush, batch, n, x, y, argb);
	mural_put(brush, x, y, argb);
	return n;
}

/* As mural_paint_row(). */
static inline void
mural_row(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t count,
	const uint32_t *argb)
{
	mural_paint_row(brush, x, y, count, argb);
}

/* As mural_paint_rect(). */
static inline void
mural_fill(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t argb)
{
	mural_paint_rect(brush, x, y, width, height, argb);
}

/* Counts `count` things that arrived and were not painted.  Cheap enough for each. */
static inline void
mural_discard(struct mural_brush *brush, enum mural_reason reason, uint64_t count)
{
	brush->discarded[reason] += count;
}

#ifdef __cplusplus
}
#endif
#endif
