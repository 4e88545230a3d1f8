/* SPDX-License-Identifier: MIT */
/*
 * The brush: how a plugin paints.
 *
 * A brush covers one rectangle of the canvas, the plugin's region; 0,0 is the
 * region's top left pixel, x grows to the right, y grows downwards.  This is the
 * one place that checks bounds, clips, blends and marks damage.
 *
 * Colours are 0xAARRGGBB.  Alpha 0xff replaces, 0 changes nothing, anything
 * between mixes: out = (new * alpha + old * (255 - alpha)) / 255, truncated, for
 * each channel.  The canvas itself is always opaque.
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

/* Why something that arrived was not painted. */
enum mural_reason {
	MURAL_OUT_OF_BOUNDS, /* counted by the brush itself */
	MURAL_MALFORMED,     /* not what the protocol says */
	MURAL_RATE_LIMITED,  /* above a limit */
	MURAL_UNAUTHORIZED,  /* not allowed to this client */
	MURAL_REASONS,
};

/* Made and freed by murald.  Read width and height; leave the rest to the functions. */
struct mural_brush {
	uint32_t *pixels; /* the region's first pixel; any thread, relaxed */
	uint32_t stride;  /* pixels from one row to the next */
	uint32_t width, height;
	uint32_t left, top; /* where the region lies on the canvas */
	uint32_t tiles_x;   /* tiles in a row of the canvas */
	uint64_t *damage;   /* a bit a tile of the canvas; this thread only */
	uint64_t painted;   /* pixels, since the brush was made */
	uint64_t discarded[MURAL_REASONS];
};

/* Mixes `argb` over the opaque colour `below`; the result is opaque.  Two channels at a
 * time: each is at most 255 * 255, and there (n + 1 + (n >> 8)) >> 8 is n / 255. */
static inline uint32_t
mural_blend(uint32_t below, uint32_t argb)
{
	uint32_t alpha = argb >> 24, rest = 255 - alpha;
	uint32_t rb = (argb & 0xff00ff) * alpha + (below & 0xff00ff) * rest;
	uint32_t g = (argb >> 8 & 0xff) * alpha + (below >> 8 & 0xff) * rest;

	rb = (rb + 0x10001 + (rb >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
	g = (g + 1 + (g >> 8)) & 0xff00;
	return 0xff000000 | rb | g;
}

/* The tile under a pixel of the region. */
static inline uint32_t
mural_tile_at(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	return ((y + brush->top) >> MURAL_TILE_SHIFT) * brush->tiles_x +
	       ((x + brush->left) >> MURAL_TILE_SHIFT);
}

/* Marks a tile, which must exist, as changed. */
static inline void
mural_mark(struct mural_brush *brush, uint32_t tile)
{
	brush->damage[tile / 64] |= UINT64_C(1) << tile % 64;
}

/* Paints one pixel.  Any x and y may be given: what lies outside is counted as out of
 * bounds and dropped.  (An offset is best added in unsigned arithmetic: what wraps
 * around lands outside.) */
static inline void
mural_put(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t argb)
{
	if (x >= brush->width || y >= brush->height) {
		brush->discarded[MURAL_OUT_OF_BOUNDS]++;
		return;
	}

	uint32_t *px = &brush->pixels[(size_t)y * brush->stride + x];
	if (argb >> 24 != 0xff) {
		if (argb >> 24 == 0)
			return;
		argb = mural_blend(__atomic_load_n(px, __ATOMIC_RELAXED), argb);
	}
	__atomic_store_n(px, argb, __ATOMIC_RELAXED);
	mural_mark(brush, mural_tile_at(brush, x, y));
	brush->painted++;
}

#define MURAL_BATCH 64

/* Opaque pixels that are accepted but not painted yet.  Painting thousands of scattered
 * pixels waits for memory each time; a batch prefetches their cache lines and paints when
 * it is full.  Lives on the stack of one callback; starts with a count of 0. */
struct mural_batch {
	uint32_t count;
	struct mural_batch_entry {
		uint32_t index; /* an index into the brush's pixels */
		uint32_t argb;
	} pixels[MURAL_BATCH];
	uint16_t tiles[MURAL_BATCH]; /* under them */
};

/* Paints what the batch holds, in order.  To be called before a pixel is read or painted
 * in another way, and before the callback returns.
 *
 * Tiles are marked here, not in mural_batch_put(): to find an earlier store, a processor
 * compares only some bits of the addresses, so a mark between two loads of the decoder's
 * constants could be mistaken for one to wait for.  In one start of thirty the pages lay
 * so that the whole run was almost three times as slow. */
static inline void
mural_batch_flush(struct mural_brush *brush, struct mural_batch *batch)
{
	uint32_t *pixels = brush->pixels, count = batch->count;

	for (uint32_t i = 0; i < count; i++) {
		const struct mural_batch_entry *entry = &batch->pixels[i];

		__atomic_store_n(&pixels[entry->index], entry->argb, __ATOMIC_RELAXED);
		mural_mark(brush, batch->tiles[i]);
	}
	brush->painted += count;
	batch->count = 0;
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

/* As mural_put(), but opaque pixels are painted by mural_batch_flush(). */
static inline void
mural_batch_put(struct mural_brush *brush, struct mural_batch *batch, uint32_t x,
	uint32_t y, uint32_t argb)
{
	if (argb >> 24 != 0xff) {
		mural_batch_flush(brush, batch);
		mural_put(brush, x, y, argb);
		return;
	}
	if (x >= brush->width || y >= brush->height) {
		brush->discarded[MURAL_OUT_OF_BOUNDS]++;
		return;
	}

	uint32_t index = y * brush->stride + x;
	mural_fetch(&brush->pixels[index]);
	batch->tiles[batch->count] = (uint16_t)mural_tile_at(brush, x, y);
	batch->pixels[batch->count++] = (struct mural_batch_entry){ index, argb };
	if (batch->count == MURAL_BATCH)
		mural_batch_flush(brush, batch);
}

/* Reads one pixel into `argb`, alpha 0xff; false (and `argb` untouched) outside. */
static inline bool
mural_get(const struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t *argb)
{
	if (x >= brush->width || y >= brush->height)
		return false;
	*argb = __atomic_load_n(
		&brush->pixels[(size_t)y * brush->stride + x], __ATOMIC_RELAXED);
	return true;
}

/* Prefetches a pixel that will be read soon; it may lie outside.  (Always inline: gcc
 * drops calls of a function that only prefetches.) */
static inline __attribute__((always_inline)) void
mural_prefetch(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	if (x < brush->width && y < brush->height)
		__builtin_prefetch(&brush->pixels[(size_t)y * brush->stride + x]);
}

/* Paints `count` pixels from x,y to the right.  The part outside is dropped and counted
 * pixel by pixel; a row never runs on into the next. */
static inline void
mural_row(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t count,
	const uint32_t *argb)
{
	uint32_t inside = 0;

	if (x < brush->width && y < brush->height)
		inside = count < brush->width - x ? count : brush->width - x;
	for (uint32_t i = 0; i < inside; i++)
		mural_put(brush, x + i, y, argb[i]);
	brush->discarded[MURAL_OUT_OF_BOUNDS] += count - inside;
}

/* Paints a rectangle in one colour.  The part outside is ignored and not counted. */
static inline void
mural_fill(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t argb)
{
	if (x >= brush->width || y >= brush->height)
		return;
	if (width > brush->width - x)
		width = brush->width - x;
	if (height > brush->height - y)
		height = brush->height - y;
	for (uint32_t row = y; row < y + height; row++)
		for (uint32_t column = x; column < x + width; column++)
			mural_put(brush, column, row, argb);
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
