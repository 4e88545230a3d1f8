/* SPDX-License-Identifier: MIT */
/* Writes and reads frames of changed pixels; those that it reads come from strangers. */
#include "link/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define FEW 64
#define MASK_BYTES (TILE_PIXELS / 8)

/* How hard zstd tries.  What is hardly compressible it should only copy; even so it finds
 * what is, and then tries again. */
#define LEVEL 1
#define LEVEL_OF_NOISE (-20)

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

void
frame_finish(struct frame *frame)
{
	ZSTD_freeCCtx(frame->packer);
	ZSTD_freeDCtx(frame->unpacker);
	frame->packer = frame->unpacker = NULL;
}

/* ------------------------------------------------------------------- writing */

static void
put_colours(struct frame *frame, const struct tile_pixels *pixels)
{
	const uint32_t n = pixels->n;
	uint8_t *red = &frame->bytes[frame->used], *green = red + n, *blue = green + n;

	for (uint32_t i = 0; i < n; i++) {
		red[i] = (uint8_t)(pixels->colours[i] >> 16);
		green[i] = (uint8_t)(pixels->colours[i] >> 8);
		blue[i] = (uint8_t)pixels->colours[i];
	}
	frame->used += 3 * n;
}

static void
put_places(struct frame *frame, const struct tile_pixels *pixels)
{
	if (pixels->n == tile_area(frame->view, pixels->tile))
		return;
	if (pixels->n < FEW) {
		for (uint32_t place = 0; tile_pixels_next(pixels, &place); place++)
			put_u16(frame, place);
		return;
	}
	for (uint32_t y = 0; y < MURAL_TILE; y++) {
		put_u16(frame, pixels->rows[y] & 0xffff);
		put_u16(frame, pixels->rows[y] >> 16);
	}
}

bool
frame_add(struct frame *frame, const struct tile_pixels *pixels)
{
	if (frame->used + TILE_BYTES_MAX > FRAME_MAX)
		return false;
	put_u16(frame, pixels->tile);
	put_u16(frame, pixels->n);
	put_places(frame, pixels);
	put_colours(frame, pixels);
	return true;
}

uint8_t *
frame_pack(struct frame *frame, size_t *len)
{
	const size_t room = ZSTD_compressBound(frame->used);
	uint8_t *payload = malloc(1 + room);
	size_t packed = 0;

	if (!frame->packer)
		frame->packer = ZSTD_createCCtx();
	if (payload && frame->packer)
		packed = ZSTD_compressCCtx(frame->packer, payload + 1, room, frame->bytes,
			frame->used, frame->is_noise ? LEVEL_OF_NOISE : LEVEL);
	if (packed == 0 || ZSTD_isError(packed)) {
		free(payload);
		return NULL;
	}
	frame->is_noise = packed > frame->used / 10 * 9;
	payload[0] = PAYLOAD_VERSION;
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

/* Row y of a mask; its lowest bit is the pixel on the left. */
static uint32_t
mask_row(const uint8_t *mask, uint32_t y)
{
	return u16_at(mask + 4 * y) | u16_at(mask + 4 * y + 2) << 16;
}

/* Not `n`, or beyond the edge? */
static bool
is_mask(const uint8_t *mask, const struct mural_rect *rect, uint32_t n)
{
	const uint32_t inside = UINT32_MAX >> (MURAL_TILE - rect->width);
	uint32_t beyond = 0, found = 0;

	for (uint32_t y = 0; y < MURAL_TILE; y++) {
		beyond |= mask_row(mask, y) & ~(y < rect->height ? inside : 0);
		found += (uint32_t)__builtin_popcount(mask_row(mask, y));
	}
	return found == n && beyond == 0;
}

/* Ascending, and not beyond the edge? */
static bool
are_places(const uint8_t *bytes, const struct mural_rect *rect, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t place = u16_at(bytes + 2 * i);

		if ((i > 0 && place <= u16_at(bytes + 2 * i - 2)) ||
			place % MURAL_TILE >= rect->width ||
			place / MURAL_TILE >= rect->height)
			return false;
	}
	return true;
}

/* The length of the tile at `used`; 0: it is none. */
static size_t
check_tile(const struct frame *frame)
{
	const uint8_t *bytes = &frame->bytes[frame->used];
	const size_t left = frame->len - frame->used;
	struct mural_rect rect;
	uint32_t n, area;
	size_t places;

	if (left < 4 || u16_at(bytes) >= frame->view->tiles_x * frame->view->tiles_y)
		return 0;
	n = u16_at(bytes + 2);
	rect = mural_tile_rect(frame->view, u16_at(bytes));
	area = rect.width * rect.height;
	if (n == 0 || n > area)
		return 0;
	places = places_len(n, area);
	if (left < 4 + places + 3 * n ||
		(n < area && n < FEW && !are_places(bytes + 4, &rect, n)) ||
		(n < area && n >= FEW && !is_mask(bytes + 4, &rect, n)))
		return 0;
	return 4 + places + 3 * n;
}

/* Fills rows[] from what says which they are, and was looked at. */
static void
read_places(
	const uint8_t *bytes, const struct mural_rect *rect, struct tile_pixels *pixels)
{
	const bool is_all = pixels->n == rect->width * rect->height;
	const uint32_t all = UINT32_MAX >> (MURAL_TILE - rect->width);

	if (!is_all && pixels->n < FEW) {
		memset(pixels->rows, 0, sizeof(pixels->rows));
		for (uint32_t i = 0; i < pixels->n; i++)
			pixels->rows[u16_at(bytes + 2 * i) / MURAL_TILE] |=
				1u << u16_at(bytes + 2 * i) % MURAL_TILE;
		return;
	}
	for (uint32_t y = 0; y < MURAL_TILE; y++) {
		if (is_all)
			pixels->rows[y] = y < rect->height ? all : 0;
		else
			pixels->rows[y] = mask_row(bytes, y);
	}
}

bool
frame_next(struct frame *frame, struct tile_pixels *pixels)
{
	const uint8_t *bytes = &frame->bytes[frame->used];
	struct mural_rect rect;
	size_t places;

	if (frame->used == frame->len)
		return false;
	pixels->tile = u16_at(bytes);
	pixels->n = u16_at(bytes + 2);
	rect = mural_tile_rect(frame->view, pixels->tile);
	places = places_len(pixels->n, rect.width * rect.height);
	read_places(bytes + 4, &rect, pixels);
	bytes += 4 + places;
	for (uint32_t i = 0; i < pixels->n; i++)
		pixels->colours[i] = 0xff000000 | (uint32_t)bytes[i] << 16 |
				     (uint32_t)bytes[pixels->n + i] << 8 |
				     bytes[2 * pixels->n + i];
	frame->used += 4 + places + 3 * pixels->n;
	return true;
}

int
frame_unpack(struct frame *frame, const struct mural_view *view, const void *payload,
	size_t len)
{
	size_t unpacked, tile;

	if (len < 1 || *(const uint8_t *)payload != PAYLOAD_VERSION)
		return -EPROTONOSUPPORT;
	if (!frame->unpacker)
		frame->unpacker = ZSTD_createDCtx();
	if (!frame->unpacker)
		return -ENOMEM;
	unpacked = ZSTD_decompressDCtx(frame->unpacker, frame->bytes, FRAME_MAX,
		(const uint8_t *)payload + 1, len - 1);
	if (ZSTD_isError(unpacked))
		return -EPROTO;
	frame->view = view;
	frame->len = unpacked;
	for (frame->used = 0; frame->used < frame->len; frame->used += tile) {
		tile = check_tile(frame);
		if (tile == 0)
			return -EPROTO;
	}
	frame->used = 0;
	return frame->len > 0 ? 0 : -EPROTO;
}
