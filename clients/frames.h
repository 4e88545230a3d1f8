/* SPDX-License-Identifier: MIT */
/* What the file of a picture shows: one image, or several of one size with their times.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define FRAMES_MAX 10000 /* of an animation */
#define FRAMES_WHY_MAX 256

struct frame {
	struct image image;
	uint32_t ms; /* until the next one */
};

/* All frames together have at most IMAGE_PIXELS_MAX pixels. */
struct frames {
	struct frame *all;
	uint32_t n, room;
};

/* Reads PNG, JPEG, GIF or WebP; "-" is stdin.  0 or -errno, printed; on failure *frames
 * is empty. */
int frames_load(struct frames *frames, const char *path);
void frames_free(struct frames *frames);

/* By a factor, and as large as fits, with the same proportions.  0 or -errno, printed. */
int frames_scale(struct frames *frames, double factor);
int frames_fit_into(struct frames *frames, uint32_t width, uint32_t height);

/* Instead writes lines of UTF-8, whose capitals are that many pixels high, in a colour,
 * 0xaarrggbb. 0 or -errno, printed. */
int frames_write(
	struct frames *frames, const char *text, uint32_t capital, uint32_t argb);

/* For what reads a format: -EBADMSG with the reason in `why`, or -errno, printed. */
typedef int frames_decode(
	struct frames *frames, const uint8_t *data, size_t len, char why[FRAMES_WHY_MAX]);

frames_decode png_frames_decode, jpeg_frames_decode, gif_frames_decode,
	webp_frames_decode;

/* Whether that many more would be within the bounds: 0 or -ERANGE, printed. */
int frames_fit(
	const struct frames *frames, uint64_t more, uint32_t width, uint32_t height);

/* A new one at the end, transparent; NULL, printed: there is no room for it. */
struct image *frames_add(
	struct frames *frames, uint32_t width, uint32_t height, uint32_t ms);
