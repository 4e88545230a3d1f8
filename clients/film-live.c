/* SPDX-License-Identifier: MIT */
/* Plays a film as a wall's /history sends it: doc/live.md has the pieces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <jansson.h>

#include "console.h"
#include "film.h"

enum { LENGTH = 4, HEAD = 16, BODY_MAX = 256 * 1024 };
enum { PIECE_DEFLATED = 2 };
enum { OP_SKIP, OP_FILL, OP_COPY, OP_ABOVE };

struct film_live {
	uint8_t *bytes;
	size_t len, at; /* at: the next message */
	size_t next;    /* the moment whose pieces come next */
	uint8_t body[BODY_MAX];
};

/* The operations of a piece, and where in the picture they are. */
struct piece {
	const uint8_t *at, *end;
	uint32_t *pixels;
	size_t pixel, n_pixels, width;
	uint32_t colour;
};

static uint32_t
get_number(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static int
not_a_film(void)
{
	return console_error(-EPROTO, "the wall sent something that is not a film");
}

/* ------------------------------------------------------------------ pieces */

static bool
read_count(struct piece *piece, uint8_t first, size_t *count)
{
	size_t n = first & 63;

	for (unsigned shift = 0, more = n == 63; more; shift += 7) {
		if (piece->at == piece->end || shift > 28)
			return false;
		n += (size_t)(*piece->at & 127) << shift;
		more = *piece->at++ > 127;
	}
	*count = n + 1;
	return n < piece->n_pixels - piece->pixel;
}

static uint32_t
add_colour(uint32_t colour, const uint8_t *bytes)
{
	return 0xff000000 | (((colour >> 16) + bytes[0]) & 0xff) << 16 |
	       (((colour >> 8) + bytes[1]) & 0xff) << 8 | ((colour + bytes[2]) & 0xff);
}

/* The colours that an operation brings; false: it is cut off. */
static bool
apply_operation(struct piece *piece, int operation, size_t count)
{
	size_t bytes = operation == OP_FILL ? 3 : operation == OP_COPY ? 3 * count : 0;
	uint32_t *pixel = piece->pixels + piece->pixel, *end = pixel + count;

	if ((size_t)(piece->end - piece->at) < bytes ||
		(operation == OP_ABOVE && piece->pixel < piece->width))
		return false;
	if (operation == OP_FILL)
		piece->colour = add_colour(0, piece->at);
	for (; operation != OP_SKIP && pixel < end; pixel++) {
		if (operation == OP_COPY) {
			piece->colour = add_colour(piece->colour, piece->at);
			piece->at += 3;
		}
		*pixel = operation == OP_ABOVE ? *(pixel - piece->width) : piece->colour;
	}
	piece->at += operation == OP_FILL ? 3 : 0;
	piece->pixel += count;
	return true;
}

static bool
apply_operations(struct piece *piece)
{
	while (piece->at < piece->end) {
		uint8_t first = *piece->at++;
		size_t count;

		if (!read_count(piece, first, &count) ||
			!apply_operation(piece, first >> 6, count))
			return false;
	}
	return true;
}

static bool
apply_piece(struct film_live *live, const struct image *image, const uint8_t *bytes,
	size_t len)
{
	struct piece piece = { .at = bytes + HEAD,
		.end = bytes + len,
		.pixels = image->pixels,
		.n_pixels = (size_t)image->width * image->height,
		.width = image->width };
	uLongf inflated = sizeof(live->body);

	if (len < HEAD)
		return false;
	piece.pixel = get_number(bytes + 8);
	if (bytes[1] & PIECE_DEFLATED) {
		if (uncompress(live->body, &inflated, bytes + HEAD, len - HEAD) != Z_OK)
			return false;
		piece.at = live->body;
		piece.end = live->body + inflated;
	}
	return piece.pixel < piece.n_pixels && apply_operations(&piece);
}

/* ------------------------------------------------------------------ messages */

/* The next message; false: the end, or it is cut off. */
static bool
next_message(struct film_live *live, const uint8_t **bytes, size_t *len)
{
	if (live->len - live->at < LENGTH)
		return false;
	*len = get_number(live->bytes + live->at);
	if (*len == 0 || *len > live->len - live->at - LENGTH)
		return false;
	*bytes = live->bytes + live->at + LENGTH;
	live->at += LENGTH + *len;
	return true;
}

/* A text of that type; NULL: it is none. */
static json_t *
read_text(const uint8_t *bytes, size_t len, const char *type)
{
	json_t *text =
		*bytes == '{' ? json_loadb((const char *)bytes, len, 0, NULL) : NULL;
	const char *is = json_string_value(json_object_get(text, "type"));

	if (is && strcmp(is, type) == 0)
		return text;
	json_decref(text);
	return NULL;
}

static int
live_show(struct reel *reel, size_t moment)
{
	struct film_live *live = reel->state;
	const uint8_t *bytes;
	size_t len, before = live->at;

	/* to the text of the moment after it */
	while (next_message(live, &bytes, &len)) {
		if (*bytes == '{' && live->next > moment) {
			live->at = before;
			break;
		}
		if (*bytes == '{')
			live->next++;
		else if (!apply_piece(live, &reel->shown, bytes, len))
			return not_a_film();
		before = live->at;
	}
	return 0;
}

static void
live_close(struct reel *reel)
{
	struct film_live *live = reel->state;

	image_free(&reel->shown);
	free(live->bytes);
	free(live);
}

/* ------------------------------------------------------------------ opening */

static int
read_head(struct reel *reel, struct film_live *live)
{
	const uint8_t *bytes;
	size_t len;
	json_t *head =
		next_message(live, &bytes, &len) ? read_text(bytes, len, "film") : NULL;
	json_int_t width = json_integer_value(json_object_get(head, "width"));
	json_int_t height = json_integer_value(json_object_get(head, "height"));

	json_decref(head);
	if (width < 1 || width > IMAGE_SIDE_MAX || height < 1 ||
		height > IMAGE_SIDE_MAX || width * height > IMAGE_PIXELS_MAX)
		return not_a_film();
	return image_new(&reel->shown, (uint32_t)width, (uint32_t)height);
}

static int
read_moments(struct reel *reel, struct film_live *live)
{
	const size_t begin = live->at;
	const uint8_t *bytes;
	size_t len;
	int ret = 0;

	while (ret == 0 && next_message(live, &bytes, &len)) {
		json_t *moment = read_text(bytes, len, "moment");
		double time = json_number_value(json_object_get(moment, "time"));

		if (moment && time > -1e12 && time < 1e12)
			ret = reel_add_time(reel, (int64_t)(time * 1000));
		else if (*bytes == '{')
			ret = not_a_film();
		json_decref(moment);
	}
	if (ret == 0 && live->at != live->len)
		ret = not_a_film();
	live->at = begin;
	return ret;
}

int
reel_open_bytes(struct reel *reel, const uint8_t *bytes, size_t len)
{
	struct film_live *live = calloc(1, sizeof(*live));
	int ret;

	*reel = (struct reel){ .show = live_show, .close = live_close, .state = live };
	if (live && len > 0)
		live->bytes = malloc(len);
	if (!live || (len > 0 && !live->bytes)) {
		free(live);
		return console_error(-ENOMEM, "out of memory");
	}
	if (len > 0)
		memcpy(live->bytes, bytes, len);
	live->len = len;
	ret = read_head(reel, live);
	if (ret == 0)
		ret = read_moments(reel, live);
	if (ret < 0) {
		live_close(reel);
		free(reel->times_ms);
	}
	return ret;
}
