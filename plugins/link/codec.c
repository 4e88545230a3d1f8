/* SPDX-License-Identifier: MIT */
/* Writes and reads frames of changed pixels; those that it reads come from strangers. */
#include "link/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define FEW 64
#define MASK_BYTES (TILE_PIXELS / 8)

static uint32_t
tile_area(const struct mural_view *view, uint32_t tile)
{
	const struct mural_rect rect = mural_tile_rect(view, tile);

	return rect.width * rect.height;
}

static void
put_u16(struct frame *frame, uint32_t value)
{
	frame->bytes[frame->used++] = (uint8_t)value;
	frame->bytes[frame->used++] = (uint8_t)(value >> 8);
}

static uint32_t
u16_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8;
}

/* ------------------------------------------------------------------- writing */

static void
put_places(struct frame *frame, const struct tile_pixels *pixels)
{
	uint8_t *mask = &frame->bytes[frame->used];

	if (pixels->n == tile_area(frame->view, pixels->tile))
		return;
	if (pixels->n < FEW) {
		for (uint32_t i = 0; i < pixels->n; i++)
			put_u16(frame, pixels->places[i]);
		return;
	}
	memset(mask, 0, MASK_BYTES);
	for (uint32_t i = 0; i < pixels->n; i++)
		mask[pixels->places[i] / 8] |= (uint8_t)(1 << pixels->places[i] % 8);
	frame->used += MASK_BYTES;
}

bool
frame_add(struct frame *frame, const struct tile_pixels *pixels)
{
	if (frame->used + TILE_BYTES_MAX > FRAME_MAX)
		return false;
	put_u16(frame, pixels->tile);
	put_u16(frame, pixels->n);
	put_places(frame, pixels);
	for (int shift = 16; shift >= 0; shift -= 8)
		for (uint32_t i = 0; i < pixels->n; i++)
			frame->bytes[frame->used++] =
				(uint8_t)(pixels->colours[i] >> shift);
	return true;
}

uint8_t *
frame_pack(const struct frame *frame, size_t *len)
{
	const size_t room = ZSTD_compressBound(frame->used);
	uint8_t *payload = malloc(1 + room);
	size_t packed;

	if (!payload)
		return NULL;
	payload[0] = PAYLOAD_VERSION;
	packed = ZSTD_compress(payload + 1, room, frame->bytes, frame->used, 1);
	if (ZSTD_isError(packed)) {
		free(payload);
		return NULL;
	}
	*len = 1 + packed;
	return payload;
}

/* ------------------------------------------------------------------- reading */

/* How many bytes say which pixels of a tile changed. */
static size_t
places_len(uint32_t n, uint32_t area)
{
	if (n == area)
		return 0;
	return n < FEW ? 2 * n : MASK_BYTES;
}

/* The next place of the tile, from `place` on, that lies on the canvas. */
static uint32_t
next_inside(const struct mural_rect *rect, uint32_t place)
{
	if (place % MURAL_TILE >= rect->width)
		place += MURAL_TILE - place % MURAL_TILE;
	return place;
}

/* Fills places[n] from what says which they are.  False: not `n`, not ascending, or
 * beyond the edge. */
static bool
read_places(
	const uint8_t *bytes, const struct mural_rect *rect, struct tile_pixels *pixels)
{
	const uint32_t area = rect->width * rect->height;
	uint32_t n = 0, last = 0;

	for (uint32_t i = 0; pixels->n == area && i < area; i++, last++)
		pixels->places[n++] = (uint16_t)(last = next_inside(rect, last));
	for (uint32_t i = 0; pixels->n < area && pixels->n < FEW && i < pixels->n; i++)
		pixels->places[n++] = (uint16_t)u16_at(bytes + 2 * i);
	for (uint32_t i = 0; pixels->n < area && pixels->n >= FEW && i < TILE_PIXELS; i++)
		if (bytes[i / 8] >> i % 8 & 1)
			pixels->places[n++] = (uint16_t)i;
	if (n != pixels->n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if ((i > 0 && pixels->places[i] <= pixels->places[i - 1]) ||
			pixels->places[i] % MURAL_TILE >= rect->width ||
			pixels->places[i] / MURAL_TILE >= rect->height)
			return false;
	return true;
}

/* The length of the tile at `used`; 0: it is none. */
static size_t
read_tile(const struct frame *frame, struct tile_pixels *pixels)
{
	const uint8_t *bytes = &frame->bytes[frame->used];
	const size_t left = frame->len - frame->used;
	struct mural_rect rect;
	uint32_t area;
	size_t places;

	if (left < 4 || u16_at(bytes) >= frame->view->tiles_x * frame->view->tiles_y)
		return 0;
	pixels->tile = u16_at(bytes);
	pixels->n = u16_at(bytes + 2);
	rect = mural_tile_rect(frame->view, pixels->tile);
	area = rect.width * rect.height;
	if (pixels->n == 0 || pixels->n > area)
		return 0;
	places = places_len(pixels->n, area);
	if (left < 4 + places + 3 * pixels->n || !read_places(bytes + 4, &rect, pixels))
		return 0;
	bytes += 4 + places;
	for (uint32_t i = 0; i < pixels->n; i++)
		pixels->colours[i] = 0xff000000 | (uint32_t)bytes[i] << 16 |
				     (uint32_t)bytes[pixels->n + i] << 8 |
				     bytes[2 * pixels->n + i];
	return 4 + places + 3 * pixels->n;
}

bool
frame_next(struct frame *frame, struct tile_pixels *pixels)
{
	const size_t len = frame->used < frame->len ? read_tile(frame, pixels) : 0;

	frame->used += len;
	return len > 0;
}

int
frame_unpack(struct frame *frame, const struct mural_view *view, const void *payload,
	size_t len)
{
	struct tile_pixels pixels;
	size_t unpacked;

	if (len < 1 || *(const uint8_t *)payload != PAYLOAD_VERSION)
		return -EPROTONOSUPPORT;
	unpacked = ZSTD_decompress(
		frame->bytes, FRAME_MAX, (const uint8_t *)payload + 1, len - 1);
	if (ZSTD_isError(unpacked))
		return -EPROTO;
	frame->view = view;
	frame->len = unpacked;
	for (frame->used = 0; frame_next(frame, &pixels);)
		;
	if (frame->used < frame->len || frame->len == 0)
		return -EPROTO;
	frame->used = 0;
	return 0;
}
