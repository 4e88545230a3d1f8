/* SPDX-License-Identifier: MIT */
/* Applies the records of a recording to the picture. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/util.h"
#include "lib/of-four.h"
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
	history->usable = true;
	return 0;
}

/* The CRC of a record has said that its body is what was written: the stream's own sum,
 * which takes as long as all else, is not asked.  Z_OK or another one. */
static int
stream_begin(z_stream *stream)
{
	const uint8_t *head = stream->next_in;

	if (stream->avail_in < 2 || head[0] % 16 != Z_DEFLATED || head[1] & 0x20 ||
		(head[0] << 8 | head[1]) % 31 != 0)
		return Z_DATA_ERROR;
	stream->next_in += 2;
	stream->avail_in -= 2;
	return inflateInit2(stream, -MAX_WBITS);
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

/* The byte behind them is read as well. */
static uint32_t
read_rgb(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return be32toh(word) >> 8;
}

/* Whether all pixels look the same, as they mostly do in a row that was cleared, or that
 * did not change. */
static bool
is_plain(const uint8_t *changes, uint32_t n)
{
	return memcmp(changes, changes + 3, (n - 1) * 3) == 0;
}

static void
fill_row(uint32_t *row, uint32_t n, uint32_t argb)
{
	const four_pixels all = { argb, argb, argb, argb };
	uint32_t x = 0;

	for (; x + 4 <= n; x += 4)
		*(four_pixels *)&row[x] = all;
	for (; x < n; x++)
		row[x] = argb;
}

static void
change_row(uint32_t *row, uint32_t n, uint32_t change)
{
	const four_pixels all = { change, change, change, change };
	uint32_t x = 0;

	for (; x + 4 <= n; x += 4)
		*(four_pixels *)&row[x] ^= all;
	for (; x < n; x++)
		row[x] ^= change;
}

static inline void
change_pixel(uint32_t *pixel, const uint8_t *change, bool keyframe)
{
	*pixel = keyframe ? 0xff000000 | read_rgb(change) : *pixel ^ read_rgb(change);
}

/* Four in one round, whose counting takes as long as a pixel. */
static void
change_each(uint32_t *row, const uint8_t *changes, uint32_t n, bool keyframe)
{
	for (; n >= 4; n -= 4, row += 4, changes += 12) {
		change_pixel(&row[0], changes, keyframe);
		change_pixel(&row[1], changes + 3, keyframe);
		change_pixel(&row[2], changes + 6, keyframe);
		change_pixel(&row[3], changes + 9, keyframe);
	}
	for (; n > 0; n--, row++, changes += 3)
		change_pixel(row, changes, keyframe);
}

/* Before a keyframe all was black, whatever is there. */
static void
change_tile(struct mural_history *history, const struct mural_rect *at,
	const uint8_t *changes, bool keyframe)
{
	for (uint32_t y = 0; y < at->height; y++, changes += at->width * 3) {
		uint32_t *row = history->pixels +
				(size_t)(at->y + y) * history->view.width + at->x;

		const uint32_t first = read_rgb(changes);

		if (!is_plain(changes, at->width))
			change_each(row, changes, at->width, keyframe);
		else if (keyframe)
			fill_row(row, at->width, 0xff000000 | first);
		else if (first != 0)
			change_row(row, at->width, first);
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
	uint8_t changes[RECORD_TILE + 1] = { 0 };
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
		change_tile(history, &at, changes, head->keyframe);
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
	int z = numbers ? stream_begin(&stream) : Z_MEM_ERROR, ret;

	ret = z == Z_MEM_ERROR ? -ENOMEM : 0;
	if (z == Z_OK) {
		ret = stream_unpack(&stream, numbers, (size_t)head->tiles * 4) &&
		      change_tiles(history, head, &stream, numbers, moment);
		inflateEnd(&stream);
	}
	free(numbers);
	return ret;
}
