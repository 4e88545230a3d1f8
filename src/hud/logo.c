/* SPDX-License-Identifier: MIT */
/* Loads a logo, and draws it in any size by area average. */
#include "hud/logo.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "lib/png.h"

/* ------------------------------------------------------------------ scaling */

static void
add_pixel(double sum[4], uint32_t pixel, double weight)
{
	for (int i = 0; i < 4; i++)
		sum[i] += weight * (pixel >> 8 * i & 0xff);
}

/* The mean of a part of the picture, whose edges may lie within pixels. */
static uint32_t
mean(const struct logo *from, double left, double top, double right, double bottom)
{
	double sum[4] = { 0 }, area = (right - left) * (bottom - top);
	uint32_t result = 0;

	for (uint32_t y = (uint32_t)top; y < from->height && y < bottom; y++)
		for (uint32_t x = (uint32_t)left; x < from->width && x < right; x++)
			add_pixel(sum, from->pixels[(size_t)y * from->width + x],
				(MIN(x + 1, right) - MAX(x, left)) *
					(MIN(y + 1, bottom) - MAX(y, top)));
	for (int i = 3; i >= 0; i--)
		result = result << 8 | (uint32_t)MIN(255, lround(sum[i] / area));
	return result;
}

static uint32_t
scaled_pixel(
	const struct logo *from, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	double step_x = (double)from->width / width;
	double step_y = (double)from->height / height;

	return mean(from, x * step_x, y * step_y, (x + 1) * step_x, (y + 1) * step_y);
}

void
logo_fit(const struct logo *logo, double most_width, double most_height, uint32_t *width,
	uint32_t *height)
{
	double factor = MIN(most_width / logo->width, most_height / logo->height);

	*width = (uint32_t)MAX(1, floor(logo->width * factor));
	*height = (uint32_t)MAX(1, floor(logo->height * factor));
}

/* ------------------------------------------------------------------ loading */

static FILE *
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	file = fdopen(fd, "rb");
	if (!file)
		close(fd);
	return file;
}

static uint32_t *
place(void *arg, uint32_t width, uint32_t height)
{
	struct logo *logo = arg;

	logo->width = width;
	logo->height = height;
	if (width > LOGO_FILE_MAX || height > LOGO_FILE_MAX)
		return NULL;
	logo->pixels = malloc((size_t)width * height * sizeof(uint32_t));
	return logo->pixels;
}

static void
multiply_alpha(struct logo *logo)
{
	for (size_t i = 0; i < (size_t)logo->width * logo->height; i++) {
		uint32_t pixel = logo->pixels[i], alpha = pixel >> 24, out = alpha;

		for (int shift = 16; shift >= 0; shift -= 8)
			out = out << 8 | ((pixel >> shift & 0xff) * alpha + 127) / 255;
		logo->pixels[i] = out;
	}
}

/* It is not kept larger than any screen needs. */
static void
shrink(struct logo *logo)
{
	struct logo small = { 0 };

	if (logo->width <= LOGO_WIDTH_MAX && logo->height <= LOGO_HEIGHT_MAX)
		return;
	logo_fit(logo, LOGO_WIDTH_MAX, LOGO_HEIGHT_MAX, &small.width, &small.height);
	small.pixels = malloc((size_t)small.width * small.height * sizeof(uint32_t));
	if (!small.pixels)
		return;
	for (uint32_t y = 0; y < small.height; y++)
		for (uint32_t x = 0; x < small.width; x++)
			small.pixels[(size_t)y * small.width + x] =
				scaled_pixel(logo, x, y, small.width, small.height);
	free(logo->pixels);
	*logo = small;
}

void
logo_load(struct logo *logo, const char *path)
{
	char why[256] = "";
	FILE *file;
	int ret;

	*logo = (struct logo){ 0 };
	if (*path == '\0')
		return;
	file = open_file(path);
	if (!file) {
		log_error("hud: display.logo: %s: %s; shown without a logo", path,
			errno == EINVAL ? "is not a file" : strerror(errno));
		return;
	}
	ret = png_decode(file, false, place, logo, why, sizeof(why));
	fclose(file);
	if (ret == 0) {
		multiply_alpha(logo);
		shrink(logo);
		return;
	}
	if (ret == -ERANGE)
		log_error("hud: display.logo: %s: has %ux%u pixels; %ux%u is the limit; "
			  "shown without a logo",
			path, logo->width, logo->height, LOGO_FILE_MAX, LOGO_FILE_MAX);
	else
		log_error("hud: display.logo: %s: is not a complete PNG: %s; shown "
			  "without a logo",
			path, *why ? why : strerror(-ret));
	logo_finish(logo);
}

void
logo_finish(struct logo *logo)
{
	free(logo->pixels);
	for (size_t i = 0; i < LOGO_SIZES; i++)
		free(logo->kept[i].pixels);
	*logo = (struct logo){ 0 };
}

/* ------------------------------------------------------------------ drawing */

static uint32_t
over(uint32_t ground, uint32_t pixel)
{
	uint32_t rest = 255 - (pixel >> 24), out = 0xff;

	for (int shift = 16; shift >= 0; shift -= 8)
		out = out << 8 |
		      MIN(255, (pixel >> shift & 0xff) +
				       ((ground >> shift & 0xff) * rest + 127) / 255);
	return out;
}

/* `kept`: what it is in that size; NULL: it is scaled now. */
static void
draw(const struct logo *logo, const uint32_t *kept, const struct font_bitmap *bitmap,
	uint32_t left, uint32_t top, uint32_t width, uint32_t height)
{
	for (uint32_t y = 0; y < height && top + y < bitmap->height; y++)
		for (uint32_t x = 0; x < width && left + x < bitmap->width; x++) {
			uint32_t *pixel =
				&bitmap->pixels[(top + y) * bitmap->stride + left + x];

			*pixel = over(
				*pixel, kept ? kept[(size_t)y * width + x]
					     : scaled_pixel(logo, x, y, width, height));
		}
}

void
logo_draw(const struct logo *logo, const struct font_bitmap *bitmap, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height)
{
	draw(logo, NULL, bitmap, left, top, width, height);
}

/* NULL: no memory. */
static const struct logo_size *
keep_size(struct logo *logo, uint32_t width, uint32_t height)
{
	struct logo_size *size = &logo->kept[logo->next];

	for (size_t i = 0; i < LOGO_SIZES; i++)
		if (logo->kept[i].pixels && logo->kept[i].width == width &&
			logo->kept[i].height == height)
			return &logo->kept[i];
	free(size->pixels);
	*size = (struct logo_size){ width, height,
		malloc((size_t)width * height * sizeof(uint32_t)) };
	if (!size->pixels)
		return NULL;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			size->pixels[(size_t)y * width + x] =
				scaled_pixel(logo, x, y, width, height);
	logo->next = (logo->next + 1) % LOGO_SIZES;
	return size;
}

void
logo_draw_again(struct logo *logo, const struct font_bitmap *bitmap, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height)
{
	const struct logo_size *size = keep_size(logo, width, height);

	draw(logo, size ? size->pixels : NULL, bitmap, left, top, width, height);
}
