/* SPDX-License-Identifier: MIT */
/*
 * Chooses a palette for a GIF from the pictures that it will show, and draws in it.
 *
 * So few colours that they fit are all kept as they are.  Of more, the palette has those
 * that come closest, and colours between two of them are mixed of both in a fixed
 * pattern: so what stands still does not flicker, and a gradient has no steps.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One of 256 remains to be transparent. */
#define GIF_COLOURS_MAX 255

struct gif_colours;

/* NULL: out of memory. */
struct gif_colours *gif_colours_new(void);
void gif_colours_free(struct gif_colours *colours);

/* Pixels that will be shown: those of a few pictures are enough. */
void gif_colours_see(struct gif_colours *colours, const uint32_t *pixels, size_t n);

/* The palette, as 0xffrrggbb; how many colours it has: at least one.  Once, after all was
 * seen. */
unsigned gif_colours_choose(
	struct gif_colours *colours, uint32_t chosen[GIF_COLOURS_MAX]);

/* A piece of a line, beginning at x, y, in the palette. */
void gif_colours_draw(struct gif_colours *colours, uint32_t x, uint32_t y,
	const uint32_t *pixels, uint32_t n, uint8_t *indices);
