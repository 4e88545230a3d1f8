/* SPDX-License-Identifier: MIT */
/* muralctl wall grab: asks for the canvas band by band, and saves it as a PNG file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "image.h"
#include "lib/base64.h"
#include "lib/png.h"
#include "wall.h"

struct grab {
	struct image whole, band;
	uint32_t rows; /* of the whole that are there */
};

static uint32_t *
place_band(void *arg, uint32_t width, uint32_t height)
{
	struct image *band = arg;

	return image_new(band, width, height) == 0 ? band->pixels : NULL;
}

static int
decode_band(struct image *band, const char *text)
{
	const size_t len = text ? strlen(text) : 0;
	uint8_t *bytes = malloc(len / 4 * 3 + 1);
	ssize_t n = bytes ? base64_decode(text ? text : "", len, bytes) : -1;
	FILE *file = n > 0 ? fmemopen(bytes, (size_t)n, "r") : NULL;
	char why[128] = "";
	int ret = -EBADMSG;

	if (file) {
		ret = png_decode(file, false, place_band, band, why, sizeof(why));
		fclose(file);
	}
	free(bytes);
	return ret == 0 ? 0 : console_error(-EPROTO, "the wall sends no picture %s", why);
}

/* How many rows "WxH+X+Y" has; 0: none. */
static uint32_t
rows_of(const char *rect)
{
	const char *height = rect ? strchr(rect, 'x') : NULL;

	return height ? (uint32_t)strtoul(height + 1, NULL, 10) : 0;
}

static int
add_band(struct grab *grab, const json_t *is, const char *rest)
{
	struct image *whole = &grab->whole, *band = &grab->band;
	int ret = decode_band(band, json_string_value(json_object_get(is, "png")));

	if (ret == 0 && !whole->pixels)
		ret = image_new(whole, band->width, band->height + rows_of(rest));
	if (ret == 0 && (band->width != whole->width ||
				band->height > whole->height - grab->rows))
		ret = console_error(-EPROTO, "the wall sends another picture");
	if (ret == 0)
		memcpy(image_at(whole, 0, grab->rows), band->pixels,
			(size_t)band->width * band->height * sizeof(*band->pixels));
	grab->rows += band->height;
	image_free(band);
	return ret;
}

bool
wall_is_piped(const struct wall_options *options)
{
	return options->file && strcmp(options->file, "-") == 0;
}

int
wall_grab(struct wall_link *link, const struct wall_options *options, const json_t *with,
	json_t **answer)
{
	struct grab grab = { 0 };
	json_t *ask = json_copy((json_t *)with), *is;
	json_t *rest = NULL;
	int ret;

	do {
		json_decref(*answer);
		*answer = NULL;
		if (rest)
			(void)json_object_set_new(ask, "rect", rest);
		ret = wall_ask(link, "grab", json_copy(ask), answer);
		is = json_object_get(*answer, "is");
		rest = json_incref(json_object_get(is, "rest"));
		if (ret == 0 && is)
			ret = add_band(&grab, is, json_string_value(rest));
	} while (ret == 0 && is && rest);
	if (ret == 0 && is)
		ret = wall_is_piped(options) ? image_print(&grab.whole)
					     : image_save(&grab.whole, options->file);
	if (ret == 0 && is) {
		json_object_clear(is);
		(void)json_object_set_new(is, "saved", json_string(options->file));
	}
	if (ret < 0)
		json_decref(rest);
	json_decref(ask);
	image_free(&grab.whole);
	return ret;
}
