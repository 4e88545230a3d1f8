/* SPDX-License-Identifier: MIT */
/* Writes and reads PNG with libpng. */
#include "lib/png.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <zlib.h>

#define BUFFER_BYTES (32 * 1024)

/* ------------------------------------------------------------------ writing */

static void
on_png_error(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void
on_png_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void
set_up(png_structp png, png_infop info, const struct png_picture *picture)
{
	png_set_IHDR(png, info, picture->width, picture->height, 8,
		picture->alpha ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_set_filter(png, PNG_FILTER_TYPE_BASE,
		picture->alpha ? PNG_FILTER_NONE : PNG_FILTER_UP);
	if (picture->effort == PNG_SMALL)
		return;
	png_set_compression_level(png, 1);
	png_set_compression_buffer_size(png, BUFFER_BYTES);
	png_set_compression_strategy(
		png, picture->effort == PNG_RUNS ? Z_RLE : Z_DEFAULT_STRATEGY);
}

static int
write_picture(
	png_structp png, png_infop info, const struct png_picture *picture, uint8_t *row)
{
	set_up(png, info, picture);
	png_write_info(png, info);
	for (uint32_t y = 0; y < picture->height; y++) {
		int ret = picture->fill_row(picture->arg, y, row);

		if (ret < 0)
			return ret;
		png_write_row(png, row);
	}
	png_write_end(png, NULL);
	return 0;
}

/* stdio's error, when there is one, is the reason; else libpng ran out of memory. */
int
png_encode(const struct png_picture *picture, FILE *file)
{
	uint8_t *row = malloc((size_t)picture->width * (picture->alpha ? 4 : 3));
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, on_png_error, on_png_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int ret;

	errno = 0;
	if (!row || !info || setjmp(png_jmpbuf(png))) {
		ret = errno ? -errno : -ENOMEM;
	} else {
		png_init_io(png, file);
		ret = write_picture(png, info, picture, row);
	}
	png_destroy_write_struct(&png, &info);
	free(row);
	return ret;
}

int
png_encode_bytes(const struct png_picture *picture, uint8_t **bytes, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);
	int ret = file ? png_encode(picture, file) : -errno;

	if (file && fclose(file) != 0 && ret == 0)
		ret = -errno;
	if (ret < 0) {
		free(text);
		text = NULL;
	}
	*bytes = (uint8_t *)text;
	return ret;
}

/* ------------------------------------------------------------------ reading */

/* Turns the bytes r, g, b and perhaps a into numbers; each is read before it is
 * overwritten. */
static void
pack_pixels(uint32_t *pixels, size_t n, const uint8_t *from, bool alpha)
{
	for (size_t i = 0; i < n; i++, from += alpha ? 4 : 3)
		pixels[i] = (alpha ? (uint32_t)from[3] << 24 : 0xff000000) |
			    (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
}

static int
read_pixels(png_image *image, bool opaque, uint32_t *pixels)
{
	const png_color black = { 0, 0, 0 };
	size_t n = (size_t)image->width * image->height;
	/* three bytes a pixel lie at the end of the room for four */
	uint8_t *bytes = (uint8_t *)pixels + (opaque ? n : 0);

	image->format = opaque ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
	/* else 16 bits without a gamma would count as linear light */
	image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
	if (!png_image_finish_read(image, opaque ? &black : NULL, bytes, 0, NULL))
		return -EBADMSG;
	pack_pixels(pixels, n, bytes, !opaque);
	return 0;
}

int
png_decode(FILE *file, bool opaque,
	uint32_t *(*place)(void *arg, uint32_t width, uint32_t height), void *arg,
	char *why, size_t why_len)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint32_t *pixels;
	int ret = -EBADMSG;

	if (png_image_begin_read_from_stdio(&image, file)) {
		pixels = place(arg, image.width, image.height);
		ret = pixels ? read_pixels(&image, opaque, pixels) : -ERANGE;
	}
	if (ret == -EBADMSG)
		snprintf(why, why_len, "%s", image.message);
	png_image_free(&image);
	return ret;
}
