/* SPDX-License-Identifier: MIT */
/* Writes and reads PNG. */
#include "storage/png.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsync-dir.h"

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

/* stdio's error, when there is one, is the reason; else libpng ran out of memory. */
static int
write_png(FILE *file, const struct mural_reader *reader, uint32_t *pixels, png_byte *rgb)
{
	const struct mural_view *view = mural_reader_view(reader);
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, on_png_error, on_png_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	errno = 0;
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return errno ? -errno : -ENOMEM;
	}
	png_init_io(png, file);
	png_set_IHDR(png, info, view->width, view->height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
	png_write_info(png, info);
	for (uint32_t y = 0; y < view->height; y++) {
		mural_reader_copy(reader, 0, y, view->width, 1, pixels, view->width);
		for (uint32_t x = 0; x < view->width; x++) {
			rgb[3 * x] = pixels[x] >> 16;
			rgb[3 * x + 1] = pixels[x] >> 8;
			rgb[3 * x + 2] = pixels[x];
		}
		png_write_row(png, rgb);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return 0;
}

/* A new file in place of what a crash left there; never through a link, nor into a pipe
 * that nobody reads. */
static FILE *
create_file(const char *path)
{
	(void)unlink(path);
	return fopen(path, "wxe");
}

static int
write_file(const char *path, const struct mural_reader *reader)
{
	uint32_t width = mural_reader_view(reader)->width;
	uint32_t *pixels = malloc(width * sizeof(*pixels));
	png_byte *rgb = malloc(width * 3);
	FILE *file = create_file(path);
	int ret = -ENOMEM;

	if (!file)
		ret = -errno;
	else if (pixels && rgb)
		ret = write_png(file, reader, pixels, rgb);
	if (ret == 0 && (fflush(file) != 0 || fsync(fileno(file)) < 0))
		ret = -errno;
	if (file && fclose(file) != 0 && ret == 0)
		ret = -errno;
	free(pixels);
	free(rgb);
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

static int
read_png(png_image *image, FILE *file, uint32_t width, uint32_t height, uint32_t *pixels,
	char *why, size_t why_len)
{
	const png_color black = { 0, 0, 0 };

	if (!png_image_begin_read_from_stdio(image, file))
		return -EBADMSG;
	if (image->width != width || image->height != height) {
		snprintf(why, why_len, "it is %ux%u", image->width, image->height);
		return -ERANGE;
	}
	image->format = PNG_FORMAT_RGB;
	uint32_t stride = PNG_IMAGE_ROW_STRIDE(*image);
	png_byte *rgb = malloc((size_t)stride * height);
	if (!rgb)
		return -ENOMEM;
	if (!png_image_finish_read(image, &black, rgb, stride, NULL)) {
		free(rgb);
		return -EBADMSG;
	}
	for (size_t i = 0; i < (size_t)width * height; i++)
		pixels[i] = 0xff000000 | (uint32_t)rgb[3 * i] << 16 |
			    (uint32_t)rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
	free(rgb);
	return 0;
}

/* Not with fopen(), which waits for somebody to write into a pipe. */
static int
open_regular_file(const char *path, FILE **file)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), ret = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = -EINVAL;
	else if (!(*file = fdopen(fd, "r")))
		ret = -errno;
	if (ret < 0)
		close(fd);
	return ret;
}

int
png_file_load(const char *path, uint32_t width, uint32_t height, uint32_t *pixels,
	char *why, size_t why_len)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	FILE *file = NULL;
	int ret = open_regular_file(path, &file);

	if (ret < 0)
		return ret;
	ret = read_png(&image, file, width, height, pixels, why, why_len);
	if (ret == -EBADMSG)
		snprintf(why, why_len, "%s", image.message);
	png_image_free(&image);
	fclose(file);
	return ret;
}
