/* SPDX-License-Identifier: MIT */
/* Writes text as a picture, with the type of murald's screens. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "console.h"
#include "frames.h"
#include "hud/faces.h"
#include "lib/utf8.h"

/* In heights of a capital: above the base line of the first line, below that of the last,
 * and from one to the next. */
#define ASCENT 1.4
#define DESCENT 0.4
#define LEADING 1.7

/* The most characters of a line that a font draws, and the most bytes of these. */
enum { CHARACTERS_MAX = 256, LINE_MAX = 4 * CHARACTERS_MAX };

struct lines {
	struct faces *faces;
	const char *text;
	double capital;
};

static size_t
count_characters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* The line at *text, and moves that behind it; false: there is none, or, with -ERANGE in
 * *err, it is too long. */
static bool
next_line(const char **text, char line[LINE_MAX + 1], int *err)
{
	size_t len = strcspn(*text ? *text : "", "\n");

	if (!*text)
		return false;
	if (count_characters(*text, len) > CHARACTERS_MAX) {
		*err = console_error(-ERANGE,
			"a line of text is longer than %d characters", CHARACTERS_MAX);
		return false;
	}
	memcpy(line, *text, len);
	line[len] = '\0';
	*text = (*text)[len] ? *text + len + 1 : NULL;
	return true;
}

static int
measure_lines(const struct lines *lines, double *width, unsigned *n)
{
	const char *text = lines->text;
	char line[LINE_MAX + 1];
	int err = 0;

	for (*width = *n = 0; next_line(&text, line, &err); ++*n) {
		uint32_t missing = faces_missing(lines->faces, line);

		*width = fmax(*width, faces_measure(lines->faces, line, TEXT_BOLD));
		if (missing)
			return console_error(-EINVAL,
				"no font here has the character U+%04X: apt-get install "
				"fonts-droid-fallback",
				missing);
	}
	*width = ceil(*width * lines->capital) + 1;
	return err;
}

/* White on black, so that each channel is how much of a pixel the letters cover. */
static void
draw_lines(const struct lines *lines, const struct image *image)
{
	const struct font_bitmap bitmap = { image->pixels, image->width, image->width,
		image->height };
	const struct text_style style = { TEXT_BOLD, lines->capital, 0xffffffff,
		0xff000000 };
	const char *text = lines->text;
	char line[LINE_MAX + 1];
	int err;

	for (unsigned n = 0; next_line(&text, line, &err); n++)
		faces_draw(lines->faces, &bitmap, &style, 0,
			lines->capital * (ASCENT + LEADING * n), line);
}

/* The colour, as opaque as the letters cover each pixel. */
static void
colour_pixels(const struct image *image, uint32_t argb)
{
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		uint32_t coverage = image->pixels[i] & 0xff;

		image->pixels[i] =
			((argb >> 24) * coverage + 127) / 255 << 24 | (argb & 0xffffff);
	}
}

static int
write_lines(struct frames *frames, const struct lines *lines, uint32_t argb)
{
	struct image *image;
	double width, height;
	unsigned n;
	int ret = measure_lines(lines, &width, &n);

	if (ret < 0)
		return ret;
	height = ceil(lines->capital * (ASCENT + LEADING * (n - 1) + DESCENT));
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
		return console_error(-ERANGE, "that text would be %.0fx%.0f pixels large",
			width, height);
	image = frames_add(frames, (uint32_t)width, (uint32_t)height, 0);
	if (!image)
		return -ERANGE;
	draw_lines(lines, image);
	colour_pixels(image, argb);
	return 0;
}

int
frames_write(struct frames *frames, const char *text, uint32_t capital, uint32_t argb)
{
	struct lines lines = { faces_open(""), text, capital };
	int ret;

	if (!lines.faces)
		return console_error(-ENOENT,
			"there is no font for text: apt-get install "
			"fonts-dejavu-core");
	if (!utf8_is_valid(text, strlen(text)))
		ret = console_error(-EINVAL, "the text is not UTF-8");
	else if (text[strspn(text, " \n")] == '\0')
		ret = console_error(-EINVAL, "the text is empty");
	else
		ret = write_lines(frames, &lines, argb);
	faces_close(lines.faces);
	return ret;
}
