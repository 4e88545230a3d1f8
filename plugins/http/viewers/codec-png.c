/* SPDX-License-Identifier: MIT */
/* Encodes PNGs of the shadow frame, row by row. */
#include "http/viewers/codec-png.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"
#include "lib/png.h"

#define OPAQUE 0xffu

/* The most that libpng and zlib may buffer: kept free below the limit, besides what the
 * blank rest of the picture takes. */
#define UNDER_WAY (128 * 1024)

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
	FILE *file;        /* in memory */
};

/* ----------------------------------------------------------------------- rows */

static void
fill_rgba(const struct drawing *drawing, uint32_t y, uint8_t *row)
{
	const uint32_t *px = framediff_row(drawing->diff, y);
	uint32_t x = 0, end;

	memset(row, 0, drawing->diff->view->width * 4);
	for (; framediff_next_run(
		     drawing->diff, y >> MURAL_TILE_SHIFT, !drawing->changes, &x, &end);
		x = end)
		for (uint32_t i = x; i < end; i++) {
			if (drawing->changes && !(px[i] & FRAMEDIFF_CHANGED))
				continue;
			row[4 * i] = px[i] >> 16;
			row[4 * i + 1] = px[i] >> 8;
			row[4 * i + 2] = px[i];
			row[4 * i + 3] = OPAQUE;
		}
}

/* Whether what is left, all blank, still fits behind this row. */
static bool
has_room(const struct drawing *drawing, uint32_t y)
{
	const struct mural_view *view = drawing->diff->view;
	size_t rest = (size_t)(view->height - y) * view->width * 4;

	return drawing->limit == 0 ||
	       (size_t)ftell(drawing->file) + UNDER_WAY + rest / BLANK_RATIO <=
		       drawing->limit;
}

/* Sets `to` when the limit ends the picture early. */
static int
fill_row(void *arg, uint32_t y, uint8_t *row)
{
	struct drawing *drawing = arg;
	uint32_t width = drawing->diff->view->width;

	if (framediff_is_cancelled(drawing->diff))
		return -ECANCELED;
	/* one row at least, so that it ends */
	if (y < drawing->to && y > drawing->from && !has_room(drawing, y))
		drawing->to = y;
	if (y < drawing->from || y >= drawing->to)
		memset(row, 0, (size_t)width * (drawing->alpha ? 4 : 3));
	else if (drawing->alpha)
		fill_rgba(drawing, y, row);
	else
		png_fill_rgb(row, framediff_row(drawing->diff, y), width);
	return 0;
}

/* --------------------------------------------------------------------- pictures */

/* One message more; its drawing's `to` is where the next one begins. */
static int
add_picture(struct frame *frame, struct drawing *drawing)
{
	const struct mural_view *view = drawing->diff->view;
	const struct png_picture picture = {
		.width = view->width,
		.height = view->height,
		.alpha = drawing->alpha,
		.effort = drawing->alpha || drawing->noisy ? PNG_RUNS : PNG_QUICK,
		.fill_row = fill_row,
		.arg = drawing,
	};
	char *bytes = NULL;
	size_t len;
	int ret;

	drawing->to = view->height;
	drawing->file = open_memstream(&bytes, &len);
	if (!drawing->file)
		return -errno;
	ret = png_encode(&picture, drawing->file);
	if (fclose(drawing->file) != 0 && ret == 0)
		ret = -errno;
	if (ret == 0)
		return frame_add(frame, (uint8_t *)bytes, len);
	free(bytes);
	return ret;
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
		.alpha = what == PICTURE_DELTA || what == PICTURE_AGAIN,
		.changes = what == PICTURE_DELTA,
		.noisy = codec->noisy,
		.limit = what == PICTURE_WHOLE ? 0 : PICTURE_BYTES_MAX,
	};
	struct frame *frame = frame_new(diff->number);
	int ret = frame ? 0 : -ENOMEM;

	while (ret == 0 && drawing.from < view->height) {
		ret = add_picture(frame, &drawing);
		drawing.from = drawing.to;
		drawing.alpha = true;
	}
	if (ret < 0) {
		frame_release(frame);
		return NULL;
	}
	if (what == PICTURE_FULL || what == PICTURE_WHOLE)
		codec->noisy = is_noisy(frame, view);
	return frame;
}
