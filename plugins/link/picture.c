/* SPDX-License-Identifier: MIT */
/* Keeps the picture, its hash, and its form in a snapshot. */
#include "link/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#define CACHE_LINE 64

/* What one pixel adds to the hash: the finish of splitmix64, over place and colour.  Its
 * last step, hash_end(), may be done once for all pixels: it takes the same bits of a sum
 * by XOR as of each of the summands. */
static inline uint64_t
mix(uint32_t place, uint32_t argb)
{
	uint64_t n = ((uint64_t)place << 32 | argb) + UINT64_C(0x9e3779b97f4a7c15);

	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
}

static inline uint64_t
hash_end(uint64_t sum)
{
	return sum ^ sum >> 31;
}

int
picture_init(struct picture *picture, uint32_t width, uint32_t height)
{
	picture->view = mural_view_of(width, height);
	/* a row of a tile is two lines of the cache, and not parts of three */
	picture->pixels = aligned_alloc(CACHE_LINE,
		(picture_size(picture) * sizeof(*picture->pixels) + CACHE_LINE - 1) /
			CACHE_LINE * CACHE_LINE);
	if (!picture->pixels)
		return -ENOMEM;
	for (size_t i = 0; i < picture_size(picture); i++)
		picture->pixels[i] = 0xff000000;
	picture_rehash(picture);
	return 0;
}

void
picture_finish(struct picture *picture)
{
	free(picture->pixels);
	picture->pixels = NULL;
}

void
picture_rehash(struct picture *picture)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < picture_size(picture); i++)
		sum ^= mix((uint32_t)i, picture->pixels[i]);
	picture->hash = hash_end(sum);
}

/* Prefetches what picture_set() will change, as far as it is of the tile. */
static void
fetch_row(const struct picture *picture, const struct tile_pixels *pixels, uint32_t y,
	uint32_t first)
{
	if (y >= MURAL_TILE || pixels->rows[y] == 0)
		return;
	mural_fetch(&picture->pixels[first]);
	mural_fetch(&picture->pixels[first] + MURAL_TILE / 2);
}

void
picture_set(struct picture *picture, const struct tile_pixels *pixels,
	struct tile_change *change)
{
	const uint32_t width = picture->view.width, *argb = pixels->colours;
	uint32_t first = picture_corner(picture, pixels->tile).place;
	uint64_t sum = 0;

	for (uint32_t y = 0; y < MURAL_TILE; y++, first += width) {
		uint32_t changed = 0;

		fetch_row(picture, pixels, y + ROWS_AHEAD, first + ROWS_AHEAD * width);
		for (uint32_t left = pixels->rows[y]; left != 0; left &= left - 1) {
			const uint32_t x = (uint32_t)__builtin_ctz(left);
			const uint32_t old = picture->pixels[first + x], now = *argb++;

			sum ^= mix(first + x, old) ^ mix(first + x, now);
			picture->pixels[first + x] = now;
			change->old[y * MURAL_TILE + x] = old;
			change->now[y * MURAL_TILE + x] = now;
			changed |= (uint32_t)(old != now) << x;
		}
		change->rows[y] = changed;
	}
	picture->hash ^= hash_end(sum);
}

uint8_t *
picture_pack(const uint32_t *pixels, size_t n, size_t *len)
{
	const size_t room = ZSTD_compressBound(3 * n);
	uint8_t *planes = malloc(3 * n), *packed = malloc(room);

	for (size_t i = 0; planes && packed && i < n; i++) {
		planes[i] = (uint8_t)(pixels[i] >> 16);
		planes[n + i] = (uint8_t)(pixels[i] >> 8);
		planes[2 * n + i] = (uint8_t)pixels[i];
	}
	*len = planes && packed ? ZSTD_compress(packed, room, planes, 3 * n, 1) : 0;
	if (*len == 0 || ZSTD_isError(*len)) {
		free(packed);
		packed = NULL;
	}
	free(planes);
	return packed;
}

int
picture_unpack(struct picture *picture, const void *packed, size_t len)
{
	const size_t n = picture_size(picture);
	uint8_t *planes = malloc(3 * n);
	size_t unpacked;

	if (!planes)
		return -ENOMEM;
	unpacked = ZSTD_decompress(planes, 3 * n, packed, len);
	for (size_t i = 0; unpacked == 3 * n && i < n; i++)
		picture->pixels[i] = 0xff000000 | (uint32_t)planes[i] << 16 |
				     (uint32_t)planes[n + i] << 8 | planes[2 * n + i];
	free(planes);
	if (unpacked != 3 * n)
		return -EPROTO;
	picture_rehash(picture);
	return 0;
}
