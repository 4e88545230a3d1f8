/* SPDX-License-Identifier: MIT */
/* The logo of an event, from a PNG file. */
#pragma once

#include <stdint.h>

#include "hud/font.h"

/* Larger pictures are refused; smaller ones kept in a size that any screen can show. */
enum { LOGO_FILE_MAX = 8192, LOGO_WIDTH_MAX = 640, LOGO_HEIGHT_MAX = 320 };

/* So many sizes are kept: of two screens, the strip's and the invitation's. */
enum { LOGO_SIZES = 4 };

struct logo_size {
	uint32_t width, height;
	uint32_t *pixels; /* NULL: none yet */
};

struct logo {
	uint32_t width, height; /* 0: none */
	uint32_t *pixels;       /* 0xaarrggbb, alpha multiplied in */
	struct logo_size kept[LOGO_SIZES];
	uint32_t next; /* of those, to be made */
};

/* What is wrong with the file is logged; then, and for an empty path, there is none. */
void logo_load(struct logo *logo, const char *path);
void logo_finish(struct logo *logo); /* accepts a zeroed one */

/* The size in which it fits best, with its aspect ratio. */
void logo_fit(const struct logo *logo, double most_width, double most_height,
	uint32_t *width, uint32_t *height);

/* Draws it in that size over what is there, clipped. */
void logo_draw(const struct logo *logo, const struct font_bitmap *bitmap, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height);

/* The same, and keeps it in that size for the next time. */
void logo_draw_again(struct logo *logo, const struct font_bitmap *bitmap, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height);
