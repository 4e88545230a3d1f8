/* SPDX-License-Identifier: MIT */
/* A picture in memory, and writing it as PNG. */
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "lib/png.h"

int
image_new(struct image *image, uint32_t width, uint32_t height)
{
	*image = (struct image){ 0 };
	if (width == 0 || height == 0 || width > IMAGE_SIDE_MAX ||
		height > IMAGE_SIDE_MAX || (uint64_t)width * height > IMAGE_PIXELS_MAX)
		return console_error(
			-ERANGE, "a picture of %ux%u is too large", width, height);
	image->pixels = calloc((size_t)width * height, sizeof(*image->pixels));
	if (!image->pixels)
		return console_error(
			-ENOMEM, "out of memory for a picture of %ux%u", width, height);
	image->width = width;
	image->height = height;
	return 0;
}

void
image_free(struct image *image)
{
	free(image->pixels);
	*image = (struct image){ 0 };
}

/* Removes an incomplete file, but never a device, a pipe or a link. */
static void
remove_partial(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) == 0 && S_ISREG(stat.st_mode))
		unlink(path);
}

static int
fill_row(void *arg, uint32_t y, uint8_t *row)
{
	const struct image *image = arg;

	png_fill_rgb(row, image_at(image, 0, y), image->width);
	return 0;
}

static int
image_write(const struct image *image, FILE *file)
{
	const struct png_picture picture = {
		.width = image->width,
		.height = image->height,
		.fill_row = fill_row,
		.arg = (void *)image,
	};

	return png_encode(&picture, file);
}

int
image_print(const struct image *image)
{
	int ret = image_write(image, stdout);

	if (ret == 0 && fflush(stdout) != 0)
		ret = -errno;
	return ret == 0
		       ? 0
		       : console_error(ret, "the picture cannot be written to stdout: %s",
				 strerror(-ret));
}

int
image_save(const struct image *image, const char *path)
{
	FILE *file = fopen(path, "we");
	int ret;

	if (!file) {
		ret = -errno;
		return console_error(ret, "%s: %s", path, strerror(-ret));
	}
	ret = image_write(image, file);
	if (fclose(file) != 0 && ret == 0)
		ret = -errno;
	if (ret == 0)
		return 0;
	remove_partial(path);
	return console_error(
		ret, "%s: the picture cannot be written: %s", path, strerror(-ret));
}
