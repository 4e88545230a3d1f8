/* SPDX-License-Identifier: MIT */
/* Makes pictures larger or smaller: each new pixel is the mean of the area that it
 * covers, so that nothing thin is lost, and small pictures stay crisp. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "frames.h"

/* How much of pixel `at` of `from` lies within pixel `to_at` of `to`; both lines have the
 * length from * to. */
static uint64_t
overlap(uint64_t at, uint64_t to_at, uint64_t from, uint64_t to)
{
	uint64_t left = at * to, right = left + to;
	uint64_t to_left = to_at * from, to_right = to_left + from;

	if (to_left > left)
		left = to_left;
	return (to_right < right ? to_right : right) - left;
}

/* Colours count as much as they are opaque. */
static uint32_t
mean(const struct image *from, const struct image *to, uint32_t x, uint32_t y)
{
	uint64_t alpha = 0, red = 0, green = 0, blue = 0;
	uint64_t area = (uint64_t)from->width * from->height;
	uint64_t top = (uint64_t)y * from->height / to->height;
	uint64_t left = (uint64_t)x * from->width / to->width;

	for (uint64_t row = top; row * to->height < (uint64_t)(y + 1) * from->height;
		row++) {
		const uint32_t *pixel = image_at(from, (uint32_t)left, (uint32_t)row);
		uint64_t high = overlap(row, y, from->height, to->height);

		for (uint64_t at = left; at * to->width < (uint64_t)(x + 1) * from->width;
			at++, pixel++) {
			uint64_t weight = high * overlap(at, x, from->width, to->width) *
					  (*pixel >> 24);

			alpha += weight;
			red += weight * (*pixel >> 16 & 0xff);
			green += weight * (*pixel >> 8 & 0xff);
			blue += weight * (*pixel & 0xff);
		}
	}
	if (alpha == 0)
		return 0;
	return (uint32_t)((alpha + area / 2) / area) << 24 |
	       (uint32_t)((red + alpha / 2) / alpha) << 16 |
	       (uint32_t)((green + alpha / 2) / alpha) << 8 |
	       (uint32_t)((blue + alpha / 2) / alpha);
}

static int
scale_to(struct frames *frames, uint32_t width, uint32_t height)
{
	struct frames scaled = { 0 };
	int ret = frames_fit(&scaled, frames->n, width, height);

	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < frames->n; i++) {
		const struct image *from = &frames->all[i].image;
		struct image *to = frames_add(&scaled, width, height, frames->all[i].ms);

		if (!to) {
			frames_free(&scaled);
			return -ERANGE;
		}
		for (uint32_t y = 0; y < height; y++)
			for (uint32_t x = 0; x < width; x++)
				*image_at(to, x, y) = mean(from, to, x, y);
	}
	frames_free(frames);
	*frames = scaled;
	return 0;
}

/* At least a pixel; more than a picture may have is more than enough. */
static uint32_t
scaled_side(uint32_t side, double factor)
{
	double scaled = floor(side * factor + 0.5);

	return scaled < 1                ? 1
	       : scaled > IMAGE_SIDE_MAX ? IMAGE_SIDE_MAX + 1
					 : (uint32_t)scaled;
}

int
frames_scale(struct frames *frames, double factor)
{
	const struct image *first = &frames->all[0].image;

	return scale_to(frames, scaled_side(first->width, factor),
		scaled_side(first->height, factor));
}

int
frames_fit_into(struct frames *frames, uint32_t width, uint32_t height)
{
	const struct image *first = &frames->all[0].image;
	double across = (double)width / first->width;
	double down = (double)height / first->height;

	return frames_scale(frames, across < down ? across : down);
}
