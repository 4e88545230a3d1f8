/* SPDX-License-Identifier: MIT */
/* Keeps the picture, its hash, and its form in a snapshot. */
#include "link/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

int
picture_init(struct picture *picture, uint32_t width, uint32_t height)
{
	picture->view = mural_view_of(width, height);
	picture->pixels = malloc(picture_size(picture) * sizeof(*picture->pixels));
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
	picture->hash = 0;
	for (size_t i = 0; i < picture_size(picture); i++)
		picture->hash ^= picture_mix((uint32_t)i, picture->pixels[i]);
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
