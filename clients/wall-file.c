/* SPDX-License-Identifier: MIT */
/* Sends a picture with a verb of muralctl wall, in pieces that fit into a line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/base64.h"
#include "wall.h"

/* As base64 60 KiB of the 64 that a line has. */
#define PIECE_BYTES (45u << 10)

/* {WITH, "png": BASE64, "offset": N, "part": MORE} */
static json_t *
piece_json(const json_t *with, const uint8_t *bytes, size_t n, size_t offset, bool more)
{
	char *text = malloc(BASE64_SIZE(n));
	json_t *piece = text ? json_copy((json_t *)with) : NULL;

	if (piece) {
		base64_encode(bytes, n, text);
		(void)json_object_set_new(piece, "png", json_string(text));
		(void)json_object_set_new(
			piece, "offset", json_integer((json_int_t)offset));
		(void)json_object_set_new(piece, "part", json_boolean(more));
	}
	free(text);
	return piece;
}

/* The answer to the last piece, or to the first that is refused. */
static int
send_pieces(struct wall_link *link, const char *verb, const json_t *with, FILE *file,
	json_t **answer)
{
	uint8_t *bytes = malloc(PIECE_BYTES);
	size_t offset = 0, n;
	bool more = true;
	json_t *piece;
	int ret = 0;

	while (more && ret == 0) {
		n = bytes ? fread(bytes, 1, PIECE_BYTES, file) : 0;
		more = n == PIECE_BYTES && !ferror(file);
		piece = bytes ? piece_json(with, bytes, n, offset, more) : NULL;
		json_decref(*answer);
		*answer = NULL;
		ret = piece ? wall_ask(link, verb, piece, answer)
			    : console_error(-ENOMEM, "out of memory");
		more = more && json_object_get(*answer, "is");
		offset += n;
	}
	free(bytes);
	return ret;
}

int
wall_send(struct wall_link *link, const char *verb, const json_t *with, json_t **answer)
{
	const char *path = json_string_value(json_object_get(with, "png"));
	bool piped = strcmp(path, "-") == 0;
	FILE *file = piped ? stdin : fopen(path, "re");
	int ret;

	if (!file) {
		ret = -errno;
		return console_error(ret, "%s: %s", path, strerror(-ret));
	}
	ret = send_pieces(link, verb, with, file, answer);
	if (ret == 0 && ferror(file))
		ret = console_error(-EIO, "%s: cannot be read", path);
	if (!piped)
		fclose(file);
	return ret;
}
