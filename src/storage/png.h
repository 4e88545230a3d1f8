/* SPDX-License-Identifier: MIT */
/* Saves the canvas as a PNG file and loads one. */
#pragma once

#include <stdint.h>

#include <mural/reader.h>

/* Writes the canvas as 8-bit RGB to a temporary file beside `path`, flushes it and
 * renames it, so that `path` is always whole.  0 or -errno. */
int png_file_save(const char *path, const struct mural_reader *reader);

/* The size of the picture in a file.  0, or -errno as below. */
int png_file_size(const char *path, uint32_t *width, uint32_t *height);

/* Reads any PNG of exactly this size into `pixels`, width * height of 0xffrrggbb,
 * transparent parts over black.  0; -ENOENT; -ERANGE: another size, given in `why`;
 * -EBADMSG: no whole PNG, libpng's reason is in `why`; -EINVAL: a folder, a pipe or a
 * device; or another -errno. */
int png_file_load(const char *path, uint32_t width, uint32_t height, uint32_t *pixels,
	char *why, size_t why_len);
