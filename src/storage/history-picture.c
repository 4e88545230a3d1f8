/* SPDX-License-Identifier: MIT */
/* Applies the records of a recording to the picture. */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/util.h"
#include "storage/history-private.h"

int
history_begin_picture(struct mural_history *history, const struct record_head *head)
{
	size_t pixels = (size_t)head->width * head->height;
	uint32_t *canvas = history->pixels;

	if (!canvas || history->view.width != head->width ||
		history->view.height != head->height) {
		canvas = malloc(pixels * sizeof(*canvas));
		if (!canvas)
			return -ENOMEM;
		free(history->pixels);
		history->pixels = canvas;
		history->view = mural_view_of(head->width, head->height);
	}
	for (size_t i = 0; i < pixels; i++)
		canvas[i] = 0xff000000;
	history->usable = true;
	return 0;
}

static bool
stream_unpack(z_stream *stream, void *to, size_t len)
{
	stream->next_out = to;
	stream->avail_out = len;
	while (stream->avail_out > 0 && inflate(stream, Z_NO_FLUSH) == Z_OK)
		;
	return stream->avail_out == 0;
}

static void
change_tile(struct mural_history *history, const struct mural_rect *at,
	const uint8_t *changes)
{
	for (uint32_t y = 0; y < at->height; y++) {
		uint32_t *row = history->pixels +
				(size_t)(at->y + y) * history->view.width + at->x;

		for (uint32_t x = 0; x < at->width; x++, changes += 3)
			row[x] ^=
				(uint32_t)changes[0] << 16 | changes[1] << 8 | changes[2];
	}
}

static void
moment_extend(struct mural_moment *moment, const struct mural_rect *at)
{
	if (moment->right == 0)
		*moment = (struct mural_moment){ .left = at->x, .top = at->y };
	moment->left = MIN(moment->left, at->x);
	moment->top = MIN(moment->top, at->y);
	moment->right = MAX(moment->right, at->x + at->width);
	moment->bottom = MAX(moment->bottom, at->y + at->height);
}

static bool
change_tiles(struct mural_history *history, const struct record_head *head,
	z_stream *stream, const uint8_t *numbers, struct mural_moment *moment)
{
	const struct mural_view *view = &history->view;
	uint8_t changes[RECORD_TILE];
	int64_t before = -1;

	for (uint32_t i = 0; i < head->tiles; i++, numbers += 4) {
		uint32_t tile = numbers[0] | numbers[1] << 8 | numbers[2] << 16 |
				(uint32_t)numbers[3] << 24;
		struct mural_rect at;

		if (tile <= before || tile >= view->tiles_x * view->tiles_y)
			return false;
		before = tile;
		at = mural_tile_rect(view, tile);
		if (!stream_unpack(stream, changes, (size_t)at.width * at.height * 3))
			return false;
		change_tile(history, &at, changes);
		moment_extend(moment, &at);
	}
	return true;
}

int
history_apply(struct mural_history *history, const struct record_head *head,
	struct mural_moment *moment)
{
	z_stream stream = { .next_in = history->body, .avail_in = head->len };
	uint8_t *numbers = malloc(MAX(head->tiles, 1) * 4);
	int ret = -ENOMEM;

	if (numbers && inflateInit(&stream) == Z_OK) {
		ret = stream_unpack(&stream, numbers, (size_t)head->tiles * 4) &&
		      change_tiles(history, head, &stream, numbers, moment);
		inflateEnd(&stream);
	}
	free(numbers);
	return ret;
}
