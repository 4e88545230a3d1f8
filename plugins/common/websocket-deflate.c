/* SPDX-License-Identifier: MIT */
/* Negotiates permessage-deflate, and compresses and inflates messages. */
#include "common/websocket-deflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "lib/macros.h"

/* Raw deflate with the largest window, as it is when nobody asked for less. */
#define WINDOW_BITS (-15)

/* Quick: what it is good for, long runs of one pattern, it finds at any level. */
#define LEVEL 1

/* What each message would end with (RFC 7692, 7.2.1), and does not. */
static const uint8_t tail[] = { 0x00, 0x00, 0xff, 0xff };

/* ---------------------------------------------------------------- handshake */

/* The parameters of a client that our answer serves; it has no server_max_window_bits. */
static const struct parameter {
	const char *name;
	bool may_have_value;
} parameters[] = {
	{ "server_no_context_takeover", false },
	{ "client_no_context_takeover", false },
	{ "client_max_window_bits", true },
};

#define N_PARAMETERS ARRAY_LEN(parameters)

/* The next part of a list, without blanks around; false: no more. */
static bool
next_part(const char **list, const char *end, char separator, const char **part,
	size_t *len)
{
	const char *stop;

	if (*list > end)
		return false;
	stop = memchr(*list, separator, end - *list);
	if (!stop)
		stop = end;
	*part = *list;
	*list = stop + 1;
	while (*part < stop && strchr(" \t", **part))
		++*part;
	while (stop > *part && strchr(" \t", stop[-1]))
		stop--;
	*len = stop - *part;
	return true;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* Which of the parameters it is; -1: none. */
static int
parameter_index(const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;

	for (size_t i = 0; i < N_PARAMETERS; i++)
		if (is_word(text, name_len, parameters[i].name))
			return !equals || parameters[i].may_have_value ? (int)i : -1;
	return -1;
}

/* Each parameter once. */
static bool
offer_is_fine(const char *offer, size_t offer_len)
{
	const char *at = offer, *end = offer + offer_len, *part;
	unsigned seen = 0;
	size_t len;

	if (!next_part(&at, end, ';', &part, &len) ||
		!is_word(part, len, "permessage-deflate"))
		return false;
	while (next_part(&at, end, ';', &part, &len)) {
		int index = parameter_index(part, len);

		if (index < 0 || seen & 1u << index)
			return false;
		seen |= 1u << index;
	}
	return true;
}

bool
websocket_deflate_is_offered(const char *offers)
{
	const char *at = offers, *end = offers + strlen(offers), *offer;
	size_t len;

	while (next_part(&at, end, ',', &offer, &len))
		if (offer_is_fine(offer, len))
			return true;
	return false;
}

/* ----------------------------------------------------------------- messages */

uint8_t *
websocket_deflate(const uint8_t *bytes, size_t len, size_t *deflated_len)
{
	size_t room = len - len / 4;
	uint8_t *deflated = malloc(room + 1);
	z_stream zlib = { .next_in = (uint8_t *)bytes,
		.avail_in = len,
		.next_out = deflated,
		.avail_out = room };
	bool done;

	if (!deflated || deflateInit2(&zlib, LEVEL, Z_DEFLATED, WINDOW_BITS, 8,
				 Z_DEFAULT_STRATEGY) != Z_OK) {
		free(deflated);
		return NULL;
	}
	/* room that is left shows that the flush is complete */
	done = deflate(&zlib, Z_SYNC_FLUSH) == Z_OK && zlib.avail_in == 0 &&
	       zlib.avail_out > 0;
	deflateEnd(&zlib);
	*deflated_len = room - zlib.avail_out - sizeof(tail);
	if (done)
		return deflated;
	free(deflated);
	return NULL;
}

/* All of the input, or as much as there is room for.  A client may end its stream with
 * the last block of a message (RFC 7692, 7.2.3.4), or before, and then begins another. */
static int
inflate_some(z_stream *zlib, const uint8_t *bytes, size_t len)
{
	int ret = Z_OK;

	zlib->next_in = (uint8_t *)bytes;
	zlib->avail_in = len;
	while (ret == Z_OK && zlib->avail_in > 0) {
		ret = inflate(zlib, Z_SYNC_FLUSH);
		if (ret == Z_STREAM_END)
			ret = inflateReset(zlib);
		else if (zlib->avail_in > 0 && ret == Z_OK)
			ret = Z_BUF_ERROR;
	}
	return ret;
}

int
websocket_inflate(const uint8_t *bytes, size_t len, uint8_t *to, size_t room)
{
	z_stream zlib = { .next_out = to, .avail_out = room };
	int ret;

	if (inflateInit2(&zlib, WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	ret = inflate_some(&zlib, bytes, len);
	if (ret == Z_OK)
		ret = inflate_some(&zlib, tail, sizeof(tail));
	inflateEnd(&zlib);
	switch (ret) {
	case Z_OK:
		return (int)(room - zlib.avail_out);
	case Z_BUF_ERROR: /* there is input, so it is room that is missing */
		return -EMSGSIZE;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}
