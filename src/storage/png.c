/* SPDX-License-Identifier: MIT */
/* Saves the canvas as a PNG file and loads one. */
#include "storage/png.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/files.h"
#include "canvas/canvas.h"
#include "lib/png.h"

/* ------------------------------------------------------------------ writing */

struct source {
	const struct mural_reader *reader;
	uint32_t width;
	uint32_t *pixels; /* a row */
};

static int
fill_row(void *arg, uint32_t y, uint8_t *row)
{
	const struct source *source = arg;

	canvas_give_way(source->reader->canvas);
	mural_reader_copy(
		source->reader, 0, y, source->width, 1, source->pixels, source->width);
	png_fill_rgb(row, source->pixels, source->width);
	return 0;
}

/* A new file in place of what a crash left; never through a link, nor into a pipe that
 * nobody reads. */
static FILE *
create_file(const char *path)
{
	(void)unlink(path);
	return fopen(path, "wxe");
}

static int
write_file(const char *path, const struct mural_reader *reader)
{
	const struct mural_view *view = mural_reader_view(reader);
	struct source source = {
		.reader = reader,
		.width = view->width,
		.pixels = malloc(view->width * sizeof(uint32_t)),
	};
	const struct png_picture picture = {
		.width = view->width,
		.height = view->height,
		.fill_row = fill_row,
		.arg = &source,
	};
	FILE *file = create_file(path);
	int ret = -ENOMEM;

	if (!file)
		ret = -errno;
	else if (source.pixels)
		ret = png_encode(&picture, file);
	if (ret == 0 && (fflush(file) != 0 || fsync(fileno(file)) < 0))
		ret = -errno;
	if (file && fclose(file) != 0 && ret == 0)
		ret = -errno;
	free(source.pixels);
	return ret;
}

int
png_file_save(const char *path, const struct mural_reader *reader)
{
	char *beside;
	int ret;

	if (asprintf(&beside, "%s.new", path) < 0)
		return -ENOMEM;
	ret = write_file(beside, reader);
	if (ret == 0 && rename(beside, path) < 0)
		ret = -errno;
	if (ret < 0)
		unlink(beside);
	else
		ret = fsync_dir(path);
	free(beside);
	return ret;
}

/* ------------------------------------------------------------------ reading */

/* The size that fits, and where its pixels go. */
struct target {
	uint32_t width, height;
	uint32_t *pixels;
	char *why;
	size_t why_len;
};

static uint32_t *
check_size(void *arg, uint32_t width, uint32_t height)
{
	const struct target *target = arg;

	if (width == target->width && height == target->height)
		return target->pixels;
	snprintf(target->why, target->why_len, "it is %ux%u", width, height);
	return NULL;
}

int
png_file_load(const char *path, uint32_t width, uint32_t height, uint32_t *pixels,
	char *why, size_t why_len)
{
	struct target target = { width, height, pixels, why, why_len };
	FILE *file = regular_file_open(path);
	int ret;

	if (!file)
		return errno == EISDIR ? -EINVAL : -errno;
	ret = png_decode(file, true, check_size, &target, why, why_len);
	fclose(file);
	return ret;
}

struct size {
	uint32_t *width, *height;
};

static uint32_t *
take_size(void *arg, uint32_t width, uint32_t height)
{
	const struct size *size = arg;

	*size->width = width;
	*size->height = height;
	return NULL;
}

int
png_file_size(const char *path, uint32_t *width, uint32_t *height)
{
	struct size size = { width, height };
	FILE *file = regular_file_open(path);
	char why[128];
	int ret;

	if (!file)
		return errno == EISDIR ? -EINVAL : -errno;
	ret = png_decode(file, true, take_size, &size, why, sizeof(why));
	fclose(file);
	return ret == -ERANGE ? 0 : ret;
}
