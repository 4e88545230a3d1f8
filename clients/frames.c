/* SPDX-License-Identifier: MIT */
/* Reads a picture or an animation from a file or stdin, whatever its format. */
#include "frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/macros.h"
#include "lib/png.h"

#define FILE_BYTES_MAX ((size_t)300 << 20) /* the largest picture, not compressed */
#define FIRST_BYTES 65536
#define MAGIC_BYTES 12

/* ------------------------------------------------------------------ frames */

void
frames_free(struct frames *frames)
{
	for (uint32_t i = 0; i < frames->n; i++)
		image_free(&frames->all[i].image);
	free(frames->all);
	*frames = (struct frames){ 0 };
}

int
frames_fit(const struct frames *frames, uint64_t more, uint32_t width, uint32_t height)
{
	uint64_t n = frames->n + more;

	if (n <= FRAMES_MAX && n * width * height <= IMAGE_PIXELS_MAX)
		return 0;
	if (n == 1)
		return console_error(
			-ERANGE, "a picture of %ux%u is too large", width, height);
	return console_error(-ERANGE,
		"an animation of %ux%u with so many frames is too large: at most %d of "
		"them, and %d million pixels together",
		width, height, FRAMES_MAX, IMAGE_PIXELS_MAX / 1000000);
}

struct image *
frames_add(struct frames *frames, uint32_t width, uint32_t height, uint32_t ms)
{
	struct frame *frame;

	if (frames_fit(frames, 1, width, height) < 0)
		return NULL;
	if (frames->n == frames->room) {
		uint32_t room = frames->room ? 2 * frames->room : 1;

		frame = realloc(frames->all, room * sizeof(*frame));
		if (!frame) {
			console_print("out of memory for the frames of an animation");
			return NULL;
		}
		frames->all = frame;
		frames->room = room;
	}
	frame = &frames->all[frames->n];
	frame->ms = ms;
	if (image_new(&frame->image, width, height) < 0)
		return NULL;
	frames->n++;
	return &frame->image;
}

/* ------------------------------------------------------------------ formats */

static uint32_t *
place_pixels(void *arg, uint32_t width, uint32_t height)
{
	struct image *image = frames_add(arg, width, height, 0);

	return image ? image->pixels : NULL;
}

int
png_frames_decode(
	struct frames *frames, const uint8_t *data, size_t len, char why[FRAMES_WHY_MAX])
{
	FILE *file = fmemopen((void *)data, len, "r");
	int ret;

	if (!file)
		return console_error(-ENOMEM, "out of memory for a picture");
	ret = png_decode(file, false, place_pixels, frames, why, FRAMES_WHY_MAX);
	fclose(file);
	return ret;
}

/* The bytes that a file of a format begins with; '?' is any. */
static const struct format {
	const char *name, *magic, *package;
	frames_decode *decode; /* NULL: left out of this build */
} formats[] = {
	{ "PNG", "\x89PNG\r\n\x1a\n", NULL, png_frames_decode },
#ifdef WITH_JPEG
	{ "JPEG", "\xff\xd8\xff", NULL, jpeg_frames_decode },
#else
	{ "JPEG", "\xff\xd8\xff", "libjpeg-dev", NULL },
#endif
#ifdef WITH_GIF
	{ "GIF", "GIF8?a", NULL, gif_frames_decode },
#else
	{ "GIF", "GIF8?a", "libgif-dev", NULL },
#endif
#ifdef WITH_WEBP
	{ "WebP", "RIFF????WEBP", NULL, webp_frames_decode },
#else
	{ "WebP", "RIFF????WEBP", "libwebp-dev", NULL },
#endif
};

static bool
has_magic(const uint8_t *data, const char *magic)
{
	for (; *magic; magic++, data++)
		if (*magic != '?' && *data != (uint8_t)*magic)
			return false;
	return true;
}

/* `data` has MAGIC_BYTES at least. */
static const struct format *
find_format(const uint8_t *data)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (has_magic(data, formats[i].magic))
			return &formats[i];
	return NULL;
}

/* ------------------------------------------------------------------ files */

/* The rest of a file, after *len bytes of it; the caller frees *data in any case. */
static int
read_rest(FILE *file, uint8_t **data, size_t *len)
{
	size_t room = FIRST_BYTES;
	uint8_t *more;

	for (;;) {
		*len += fread(*data + *len, 1, room - *len, file);
		if (*len < room)
			return ferror(file) ? -EIO : 0;
		if (room > FILE_BYTES_MAX)
			return -EFBIG;
		room *= 2;
		more = realloc(*data, room);
		if (!more)
			return -ENOMEM;
		*data = more;
	}
}

static int
load_from(struct frames *frames, FILE *file, const char *path, uint8_t **data)
{
	const struct format *format = NULL;
	char why[FRAMES_WHY_MAX] = "it ends too early";
	size_t len = fread(*data, 1, MAGIC_BYTES, file);
	int ret;

	if (len == MAGIC_BYTES)
		format = find_format(*data);
	if (ferror(file))
		return console_error(-EIO, "%s: it cannot be read", path);
	if (!format)
		return console_error(-EBADMSG,
			"%s: it must be a whole PNG, JPEG, GIF or WebP picture", path);
	if (!format->decode)
		return console_error(-ENOSYS,
			"%s: this muralctl was built without %s: apt-get install %s, "
			"then configure and make again",
			path, format->name, format->package);
	ret = read_rest(file, data, &len);
	if (ret < 0)
		return console_error(ret, "%s: %s", path, strerror(-ret));
	ret = format->decode(frames, *data, len, why);
	if (ret == -EBADMSG)
		(void)console_error(ret, "%s: %s; it must be a whole %s picture", path,
			why, format->name);
	return ret;
}

int
frames_load(struct frames *frames, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	uint8_t *data;
	int ret;

	*frames = (struct frames){ 0 };
	if (!file) {
		ret = -errno;
		return console_error(ret, "%s: %s", path, strerror(-ret));
	}
	data = malloc(FIRST_BYTES);
	ret = data ? load_from(frames, file, is_stdin ? "stdin" : path, &data)
		   : console_error(-ENOMEM, "out of memory for a picture");
	free(data);
	if (!is_stdin)
		fclose(file);
	if (ret < 0)
		frames_free(frames);
	return ret;
}
