/* SPDX-License-Identifier: MIT */
/* Writes and reads PNG with libpng. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What the compressor is to look for. */
enum png_effort {
	PNG_SMALL, /* whatever makes the file small */
	PNG_QUICK, /* what is found quickly */
	PNG_RUNS,  /* runs of one byte, quickly: for noise and for large areas */
};

/* A picture to be written, 8 bits a channel. */
struct png_picture {
	uint32_t width, height;
	bool alpha;
	enum png_effort effort;

	/* Fills row y with bytes in the order r, g, b and, with alpha, a.  0, or -errno
	 * to give up. */
	int (*fill_row)(void *arg, uint32_t y, uint8_t *row);
	void *arg;
};

/* 0, what fill_row() returned, or another -errno. */
int png_encode(const struct png_picture *picture, FILE *file);

/* The same into memory that the caller frees; NULL unless it returns 0. */
int png_encode_bytes(const struct png_picture *picture, uint8_t **bytes, size_t *len);

/* Fills a row of three bytes a pixel; the pixels' alpha is left out. */
static inline void
png_fill_rgb(uint8_t *row, const uint32_t *pixels, uint32_t n)
{
	for (uint32_t x = 0; x < n; x++, row += 3) {
		row[0] = (uint8_t)(pixels[x] >> 16);
		row[1] = (uint8_t)(pixels[x] >> 8);
		row[2] = (uint8_t)pixels[x];
	}
}

/* Reads a PNG of any kind as 0xaarrggbb, row by row, alpha not multiplied in; with
 * `opaque`, over black.  `place` is told the size and returns where the pixels go, or
 * NULL to give up.  0; -ERANGE: `place` gave up; -EBADMSG: no whole PNG, libpng's reason
 * is in `why`. */
int png_decode(FILE *file, bool opaque,
	uint32_t *(*place)(void *arg, uint32_t width, uint32_t height), void *arg,
	char *why, size_t why_len);
