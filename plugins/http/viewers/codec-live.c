/* SPDX-License-Identifier: MIT */
/* Encodes frames in the format of codec-live.h. */
#include "http/viewers/codec-live.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

#define COLOUR 0xffffffu

/* The longest row of the widest canvas, SKIP and COPY for every second pixel, with room
 * to spare for long counts. */
#define ROW_MAX (MURAL_SIDE_MAX * 4)

/* A shorter body is not worth inflating it. */
#define DEFLATE_LEAST 128

/* The shortest run that is worth an operation of its own. */
#define RUN_LEAST 4

struct codec_live {
	uint8_t body[LIVE_BODY_MAX];
	z_stream zlib;
	bool noisy; /* the last deflated body hardly became shorter */

	/* of the current frame */
	const struct framediff *diff;
	struct frame *frame;
	bool key;
	uint8_t kind, shift;

	/* of the current body */
	size_t len;
	uint32_t first, at; /* pixels: where it begins, where it is */
	uint32_t last;      /* colour */

	uint32_t blocks[2][MURAL_SIDE_MAX]; /* rows of a coarse picture */
};

struct codec_live *
codec_live_new(void)
{
	struct codec_live *live = calloc(1, sizeof(*live));

	if (live && deflateInit(&live->zlib, 1) != Z_OK) {
		free(live);
		return NULL;
	}
	return live;
}

void
codec_live_free(struct codec_live *live)
{
	if (!live)
		return;
	deflateEnd(&live->zlib);
	free(live);
}

/* ------------------------------------------------------------------- messages */

static void
put_number(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = value >> 8 * i;
}

static size_t
deflate_body(struct codec_live *live, uint8_t *to, size_t room)
{
	z_stream *zlib = &live->zlib;

	/* in noise, matching takes three times as long and finds nothing */
	deflateReset(zlib);
	deflateParams(zlib, 1, live->noisy ? Z_RLE : Z_DEFAULT_STRATEGY);
	zlib->next_in = live->body;
	zlib->avail_in = live->len;
	zlib->next_out = to;
	zlib->avail_out = room;
	deflate(zlib, Z_FINISH);
	live->noisy = zlib->total_out > live->len - live->len / 10;
	return zlib->total_out;
}

/* Makes a message of the current body. */
static int
end_body(struct codec_live *live)
{
	bool deflated = live->len >= DEFLATE_LEAST;
	size_t room = deflated ? deflateBound(&live->zlib, live->len) : live->len, len;
	uint8_t *bytes = malloc(LIVE_HEAD_BYTES + room), *shorter;

	if (!bytes)
		return -1;
	if (deflated)
		len = deflate_body(live, bytes + LIVE_HEAD_BYTES, room);
	else
		memcpy(bytes + LIVE_HEAD_BYTES, live->body, len = live->len);
	bytes[0] = live->kind;
	bytes[1] = deflated ? LIVE_DEFLATED : 0;
	bytes[2] = live->shift;
	bytes[3] = 0;
	put_number(bytes + 4, live->frame->number);
	put_number(bytes + 8, live->first);
	put_number(bytes + 12, live->len);
	live->len = 0;
	shorter = realloc(bytes, LIVE_HEAD_BYTES + len);
	return frame_add(live->frame, shorter ? shorter : bytes, LIVE_HEAD_BYTES + len);
}

/* ----------------------------------------------------------------- operations */

static void
put_operation(struct codec_live *live, int operation, uint32_t count)
{
	uint32_t n = count - 1;

	live->at += count;
	if (n < 63) {
		live->body[live->len++] = operation << 6 | n;
		return;
	}
	live->body[live->len++] = operation << 6 | 63;
	for (n -= 63; n > 127; n >>= 7)
		live->body[live->len++] = n | 128;
	live->body[live->len++] = n;
}

static void
put_colour(struct codec_live *live, uint32_t colour)
{
	live->body[live->len++] = colour >> 16;
	live->body[live->len++] = colour >> 8;
	live->body[live->len++] = colour;
}

/* What follows is about pixels from there on. */
static void
go_to(struct codec_live *live, uint32_t index)
{
	if (live->len == 0) {
		live->first = live->at = index;
		live->last = 0;
	} else if (index > live->at) {
		put_operation(live, LIVE_SKIP, index - live->at);
	}
}

static bool
is_same(uint32_t one, uint32_t other)
{
	return ((one ^ other) & COLOUR) == 0;
}

/* How many pixels from `px` on equal the first one, or those above them. */
static uint32_t
count_alike(const uint32_t *px, uint32_t most)
{
	uint32_t n = 1;

	while (n < most && is_same(px[n], px[0]))
		n++;
	return n;
}

static uint32_t
count_above(const uint32_t *px, const uint32_t *above, uint32_t most)
{
	uint32_t n = 0;

	while (above && n < most && is_same(px[n], above[n]))
		n++;
	return n;
}

static bool
is_run(const uint32_t *px, const uint32_t *above, uint32_t most)
{
	if (most > RUN_LEAST)
		most = RUN_LEAST;
	return count_above(px, above, most) >= RUN_LEAST ||
	       count_alike(px, most) >= RUN_LEAST;
}

static void
put_copy(struct codec_live *live, const uint32_t *px, uint32_t count)
{
	put_operation(live, LIVE_COPY, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t last = live->last;

		live->body[live->len++] = (px[i] >> 16) - (last >> 16);
		live->body[live->len++] = (px[i] >> 8) - (last >> 8);
		live->body[live->len++] = px[i] - last;
		live->last = px[i];
	}
}

/* Puts one operation for pixels from x on, up to `end`; returns for how many.  `above` is
 * NULL in the first row of a band. */
static uint32_t
put_pixels(struct codec_live *live, const uint32_t *row, const uint32_t *above,
	uint32_t x, uint32_t end)
{
	const uint32_t *px = row + x, *over = above ? above + x : NULL;
	uint32_t most = end - x, like_above = count_above(px, over, most);
	uint32_t alike = count_alike(px, most), n = 1;

	if (like_above >= RUN_LEAST && like_above >= alike) {
		put_operation(live, LIVE_ABOVE, like_above);
		return like_above;
	}
	if (alike >= RUN_LEAST) {
		put_operation(live, LIVE_FILL, alike);
		put_colour(live, live->last = px[0]);
		return alike;
	}
	while (n < most && (live->key || px[n] & FRAMEDIFF_CHANGED) &&
		!is_run(px + n, over ? over + n : NULL, most - n))
		n++;
	put_copy(live, px, n);
	return n;
}

static void
put_row(struct codec_live *live, uint32_t y)
{
	const struct framediff *diff = live->diff;
	const uint32_t *row = framediff_row(diff, y),
		       *above = y % LIVE_BAND ? framediff_row(diff, y - 1) : NULL;
	uint32_t start = y * diff->view->width, x = 0, end;

	for (; framediff_next_run(diff, y >> MURAL_TILE_SHIFT, live->key, &x, &end);
		x = end)
		while (x < end) {
			if (!live->key && !(row[x] & FRAMEDIFF_CHANGED)) {
				x++;
				continue;
			}
			go_to(live, start + x);
			x += put_pixels(live, row, above, x, end);
		}
}

static bool
is_end_of_band(const struct framediff *diff, uint32_t y)
{
	return (y + 1) % LIVE_BAND == 0 || y + 1 == diff->view->height;
}

struct frame *
codec_live_encode(struct codec_live *live, const struct framediff *diff, bool key)
{
	struct frame *frame = frame_new(diff->number);
	int ret = frame ? 0 : -1;

	live->diff = diff;
	live->frame = frame;
	live->key = key;
	live->kind = key ? LIVE_IS_KEY : LIVE_IS_DELTA;
	live->len = live->shift = 0;
	for (uint32_t y = 0; ret == 0 && y < diff->view->height; y++) {
		put_row(live, y);
		if (framediff_is_cancelled(diff))
			ret = -1;
		else if (live->len > LIVE_BODY_MAX - ROW_MAX ||
			 (live->len > 0 && is_end_of_band(diff, y)))
			ret = end_body(live);
	}
	if (ret < 0) {
		frame_release(frame);
		return NULL;
	}
	if (frame->n > 0)
		frame->messages[frame->n - 1].bytes[1] |= LIVE_LAST;
	return frame;
}

/* ------------------------------------------------------------------ coarse pictures */

/* A coarse picture has no more blocks, if a band still has a row of them. */
#define BLOCKS_MAX 20000
#define SHIFT_MAX MURAL_TILE_SHIFT

static uint32_t
blocks_of(uint32_t pixels, int shift)
{
	return (pixels + (1u << shift) - 1) >> shift;
}

static int
choose_shift(const struct mural_view *view)
{
	int shift = 0;

	while (shift < SHIFT_MAX &&
		blocks_of(view->width, shift) * blocks_of(view->height, shift) >
			BLOCKS_MAX)
		shift++;
	return shift;
}

/* One of 32 from 0 to 255: what differs less is not worth its bytes. */
static uint32_t
short_level(uint32_t level)
{
	return (level & 0xf8) | level >> 5;
}

/* The mean colour of the pixels from x, y on to the other corner. */
static uint32_t
mean(const struct framediff *diff, uint32_t x, uint32_t y, uint32_t right,
	uint32_t bottom)
{
	uint32_t red = 0, green = 0, blue = 0, n = (right - x) * (bottom - y);

	for (; y < bottom; y++)
		for (const uint32_t *row = framediff_row(diff, y), *px = row + x;
			px < row + right; px++) {
			red += *px >> 16 & 255;
			green += *px >> 8 & 255;
			blue += *px & 255;
		}
	return short_level(red / n) << 16 | short_level(green / n) << 8 |
	       short_level(blue / n);
}

/* The row of blocks that begins at y; `above`: the one before it, or NULL. */
static void
put_blocks(struct codec_live *live, uint32_t y, uint32_t *row, const uint32_t *above)
{
	const struct mural_view *view = live->diff->view;
	uint32_t side = 1u << live->shift, n = blocks_of(view->width, live->shift);
	uint32_t bottom = y + side < view->height ? y + side : view->height;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = i * side,
			 right = x + side < view->width ? x + side : view->width;

		row[i] = mean(live->diff, x, y, right, bottom);
	}
	for (uint32_t i = 0; i < n;)
		i += put_pixels(live, row, above, i, n);
}

static int
put_coarse_band(struct codec_live *live, uint32_t top)
{
	const struct mural_view *view = live->diff->view;
	uint32_t side = 1u << live->shift, *row = live->blocks[0], *above = NULL;

	go_to(live, top * view->width);
	for (uint32_t y = top; y < top + LIVE_BAND && y < view->height; y += side) {
		put_blocks(live, y, row, above);
		above = row;
		row = live->blocks[row == live->blocks[0]];
	}
	return end_body(live);
}

struct frame *
codec_live_encode_coarse(struct codec_live *live, const struct framediff *diff)
{
	struct frame *frame = frame_new(diff->number);
	int ret = frame ? 0 : -1;

	live->diff = diff;
	live->frame = frame;
	live->key = true;
	live->kind = LIVE_IS_COARSE;
	live->shift = choose_shift(diff->view);
	live->len = 0;
	for (uint32_t y = 0; ret == 0 && y < diff->view->height; y += LIVE_BAND)
		ret = framediff_is_cancelled(diff) ? -1 : put_coarse_band(live, y);
	if (ret < 0) {
		frame_release(frame);
		return NULL;
	}
	return frame;
}

/* ---------------------------------------------------------------------------- heads */

uint32_t
live_first_pixel(const uint8_t *message)
{
	return message[8] | message[9] << 8 | message[10] << 16 |
	       (uint32_t)message[11] << 24;
}

void
live_put_settled(uint8_t *message, uint32_t number)
{
	memset(message, 0, LIVE_HEAD_BYTES);
	message[0] = LIVE_IS_DELTA;
	message[1] = LIVE_LAST;
	put_number(message + 4, number);
}
