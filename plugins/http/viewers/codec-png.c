/* SPDX-License-Identifier: MIT */
/* Encodes PNGs of the shadow frame with libpng, row by row. */
#include "http/viewers/codec-png.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

#define OPAQUE 0xffu

/* The most that libpng and zlib may buffer: kept free below the limit, besides what the
 * blank rest of the picture takes. */
#define UNDER_WAY (128 * 1024)
#define BUFFER_BYTES (32 * 1024)

/* Blank rows compress at least by this factor; zlib reaches 1030. */
#define BLANK_RATIO 800

/* One PNG in the making. */
struct drawing {
	const struct framediff *diff;
	bool alpha;   /* RGBA, else RGB */
	bool changes; /* only pixels that changed are opaque */
	bool noisy;
	uint32_t from, to; /* rows that it shows; the others are blank */
	size_t limit;      /* bytes; 0: none */
	png_byte *row;
	uint8_t *bytes;
	size_t len, size;
};

/* --------------------------------------------------------------------- output */

static void
on_png_error(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void
on_png_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void
on_png_write(png_structp png, png_bytep data, png_size_t len)
{
	struct drawing *drawing = png_get_io_ptr(png);

	if (len > drawing->size - drawing->len) {
		size_t size = 2 * drawing->size + len;
		uint8_t *larger = realloc(drawing->bytes, size);

		if (!larger)
			png_error(png, "out of memory");
		drawing->bytes = larger;
		drawing->size = size;
	}
	memcpy(drawing->bytes + drawing->len, data, len);
	drawing->len += len;
}

static void
on_png_flush(png_structp png)
{
	(void)png;
}

/* ----------------------------------------------------------------------- rows */

static void
fill_rgb(struct drawing *drawing, uint32_t y)
{
	const uint32_t *px = framediff_row(drawing->diff, y);
	png_byte *to = drawing->row;

	for (uint32_t x = 0; x < drawing->diff->view->width; x++, to += 3) {
		to[0] = px[x] >> 16;
		to[1] = px[x] >> 8;
		to[2] = px[x];
	}
}

static void
fill_rgba(struct drawing *drawing, uint32_t y)
{
	const uint32_t *px = framediff_row(drawing->diff, y);
	uint32_t x = 0, end;

	memset(drawing->row, 0, drawing->diff->view->width * 4);
	for (; framediff_next_run(
		     drawing->diff, y >> MURAL_TILE_SHIFT, !drawing->changes, &x, &end);
		x = end)
		for (uint32_t i = x; i < end; i++) {
			if (drawing->changes && !(px[i] & FRAMEDIFF_CHANGED))
				continue;
			drawing->row[4 * i] = px[i] >> 16;
			drawing->row[4 * i + 1] = px[i] >> 8;
			drawing->row[4 * i + 2] = px[i];
			drawing->row[4 * i + 3] = OPAQUE;
		}
}

/* Whether what is left, all blank, still fits behind this row. */
static bool
has_room(const struct drawing *drawing, uint32_t y)
{
	const struct mural_view *view = drawing->diff->view;
	size_t rest = (size_t)(view->height - y) * view->width * 4;

	return drawing->limit == 0 ||
	       drawing->len + UNDER_WAY + rest / BLANK_RATIO <= drawing->limit;
}

/* Sets `to` when the limit ends the picture early. */
static void
write_rows(png_structp png, struct drawing *drawing)
{
	size_t row_bytes = drawing->diff->view->width * (drawing->alpha ? 4 : 3);

	for (uint32_t y = 0; y < drawing->diff->view->height; y++) {
		if (framediff_is_cancelled(drawing->diff))
			png_error(png, "cancelled");
		/* one row at least, so that it ends */
		if (y < drawing->to && y > drawing->from && !has_room(drawing, y))
			drawing->to = y;
		if (y < drawing->from || y >= drawing->to)
			memset(drawing->row, 0, row_bytes);
		else if (drawing->alpha)
			fill_rgba(drawing, y);
		else
			fill_rgb(drawing, y);
		png_write_row(png, drawing->row);
	}
}

/* --------------------------------------------------------------------- pictures */

static void
set_up(png_structp png, png_infop info, struct drawing *drawing)
{
	const struct mural_view *view = drawing->diff->view;
	bool runs = drawing->alpha || drawing->noisy;

	png_set_write_fn(png, drawing, on_png_write, on_png_flush);
	png_set_compression_level(png, 1);
	png_set_compression_buffer_size(png, BUFFER_BYTES);
	png_set_compression_strategy(png, runs ? Z_RLE : Z_DEFAULT_STRATEGY);
	png_set_filter(png, PNG_FILTER_TYPE_BASE,
		drawing->alpha ? PNG_FILTER_NONE : PNG_FILTER_UP);
	png_set_IHDR(png, info, view->width, view->height, 8,
		drawing->alpha ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
}

static int
draw(struct drawing *drawing)
{
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, on_png_error, on_png_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return -1;
	}
	set_up(png, info, drawing);
	png_write_info(png, info);
	write_rows(png, drawing);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return 0;
}

/* One message more; its drawing's `to` is where the next one begins. */
static int
add_picture(struct frame *frame, struct drawing *drawing)
{
	uint8_t *shorter;

	drawing->bytes = NULL;
	drawing->len = drawing->size = 0;
	drawing->to = drawing->diff->view->height;
	if (draw(drawing) < 0) {
		free(drawing->bytes);
		return -1;
	}
	shorter = realloc(drawing->bytes, drawing->len);
	return frame_add(frame, shorter ? shorter : drawing->bytes, drawing->len);
}

static bool
is_noisy(const struct frame *frame, const struct mural_view *view)
{
	return frame->bytes > (size_t)view->width * view->height * 3 / 10 * 8;
}

struct frame *
codec_png_encode(
	struct codec_png *codec, const struct framediff *diff, enum png_kind what)
{
	const struct mural_view *view = diff->view;
	struct drawing drawing = {
		.diff = diff,
		.alpha = what == PICTURE_DELTA,
		.changes = what == PICTURE_DELTA,
		.noisy = codec->noisy,
		.limit = what == PICTURE_WHOLE ? 0 : PICTURE_BYTES_MAX,
		.row = malloc(view->width * 4),
	};
	struct frame *frame = frame_new(diff->number);
	int ret = drawing.row && frame ? 0 : -1;

	while (ret == 0 && drawing.from < view->height) {
		ret = add_picture(frame, &drawing);
		drawing.from = drawing.to;
		drawing.alpha = true;
	}
	free(drawing.row);
	if (ret < 0) {
		frame_release(frame);
		return NULL;
	}
	if (what != PICTURE_DELTA)
		codec->noisy = is_noisy(frame, view);
	return frame;
}
