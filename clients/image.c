/* SPDX-License-Identifier: MIT */
/* Reads and writes PNG. */
#include "image.h"

#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

int
image_new(struct image *image, uint32_t width, uint32_t height)
{
	*image = (struct image){ 0 };
	if (width == 0 || height == 0 || width > IMAGE_SIDE_MAX ||
		height > IMAGE_SIDE_MAX || (uint64_t)width * height > IMAGE_PIXELS_MAX)
		return console_error(
			-ERANGE, "a picture of %ux%u is beyond me", width, height);
	image->pixels = calloc((size_t)width * height, sizeof(*image->pixels));
	if (!image->pixels)
		return console_error(
			-ENOMEM, "no memory for a picture of %ux%u", width, height);
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

/* libpng fills the pixels with the bytes r, g, b, a: turns them into numbers, in place.
 */
static void
image_pack(struct image *image)
{
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		uint8_t c[4];

		memcpy(c, &image->pixels[i], sizeof(c));
		image->pixels[i] = (uint32_t)c[3] << 24 | (uint32_t)c[0] << 16 |
				   (uint32_t)c[1] << 8 | c[2];
	}
}

static int
read_png(struct image *image, png_image *png, FILE *file, const char *path)
{
	int ret;

	if (!png_image_begin_read_from_stdio(png, file))
		return console_error(-EBADMSG, "%s: %s; it must be a whole PNG picture",
			path, png->message);
	if ((ret = image_new(image, png->width, png->height)) < 0)
		return ret;
	png->format = PNG_FORMAT_RGBA;
	/* Else 16 bits that do not say what they mean would count as linear light. */
	png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
	if (!png_image_finish_read(png, NULL, image->pixels, 0, NULL)) {
		image_free(image);
		return console_error(
			-EBADMSG, "%s: %s; the file is damaged", path, png->message);
	}
	image_pack(image);
	return 0;
}

int
image_load(struct image *image, const char *path)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	FILE *file = fopen(path, "re");
	int ret;

	*image = (struct image){ 0 };
	if (!file) {
		ret = -errno;
		return console_error(ret, "%s: %s", path, strerror(-ret));
	}
	ret = read_png(image, &png, file, path);
	png_image_free(&png);
	fclose(file);
	return ret;
}

/* A file with half a picture goes; a device, a pipe or a link is not ours to remove. */
static void
remove_partial(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) == 0 && S_ISREG(stat.st_mode))
		unlink(path);
}

static int
write_png(png_image *png, const uint8_t *rgb, const char *path)
{
	FILE *file = fopen(path, "we");
	bool written;
	int err;

	if (!file) {
		err = errno;
		return console_error(-err, "%s: %s", path, strerror(err));
	}
	errno = 0;
	written = png_image_write_to_stdio(png, file, 0, rgb, 0, NULL);
	err = errno ? errno : EIO;
	if (fclose(file) != 0 && written) {
		err = errno;
		written = false;
	}
	if (written)
		return 0;
	remove_partial(path);
	return console_error(
		-err, "%s: the picture cannot be written: %s", path, strerror(err));
}

int
image_save(const struct image *image, const char *path)
{
	size_t n = (size_t)image->width * image->height;
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = image->width,
		.height = image->height,
		.format = PNG_FORMAT_RGB,
	};
	uint8_t *rgb = malloc(n * 3);
	int ret;

	if (!rgb)
		return console_error(-ENOMEM, "no memory to write %s", path);
	for (size_t i = 0; i < n; i++) {
		rgb[3 * i] = (uint8_t)(image->pixels[i] >> 16);
		rgb[3 * i + 1] = (uint8_t)(image->pixels[i] >> 8);
		rgb[3 * i + 2] = (uint8_t)image->pixels[i];
	}
	ret = write_png(&png, rgb, path);
	free(rgb);
	return ret;
}
