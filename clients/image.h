/* SPDX-License-Identifier: MIT */
/* A picture in memory, and writing it as PNG. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IMAGE_SIDE_MAX 65536
#define IMAGE_PIXELS_MAX (8192 * 8192)

struct image {
	uint32_t width, height;
	uint32_t *pixels; /* 0xaarrggbb, row by row, alpha not multiplied in */
};

/* 0 or -errno, printed; on failure *image is empty. */
int image_new(struct image *image, uint32_t width, uint32_t height);

/* Writes 8-bit RGB without alpha.  On failure a regular file is removed. */
int image_save(const struct image *image, const char *path);

/* The same to stdout. */
int image_print(const struct image *image);

void image_free(struct image *image);

static inline uint32_t *
image_at(const struct image *image, uint32_t x, uint32_t y)
{
	return &image->pixels[(size_t)y * image->width + x];
}
