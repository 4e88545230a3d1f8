/* SPDX-License-Identifier: MIT */
/*
 * Pixelflut over TCP.  Servers differ; what is used is what all of them know: SIZE, PX to
 * read and PX with six digits to write (eight when a colour is translucent).  OFFSET is
 * never used.  Answers may be in upper or lower case, with six or eight digits, end in LF
 * or CR LF, and come in any order.
 */
#include "pixelflut.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "stream.h"

#define READS_IN_FLIGHT 2048 /* questions on the way; both ends' buffers hold them */

/* ------------------------------------------------------------------ writing */

static char *
write_number(char *p, uint32_t n)
{
	char digits[10];
	int len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while (n /= 10);
	while (len)
		*p++ = digits[--len];
	return p;
}

/* "PX x y", and with `with_colour` the colour; returns the length. */
size_t
pixelflut_command(char *text, uint32_t x, uint32_t y, bool with_colour, uint32_t argb)
{
	static const char hex[] = "0123456789abcdef";
	char *p = text;

	memcpy(p, "PX ", 3);
	p = write_number(p + 3, x);
	*p++ = ' ';
	p = write_number(p, y);
	if (with_colour) {
		*p++ = ' ';
		for (int shift = 20; shift >= 0; shift -= 4)
			*p++ = hex[argb >> shift & 15];
		if (argb >> 24 != 0xff) {
			*p++ = hex[argb >> 28];
			*p++ = hex[argb >> 24 & 15];
		}
	}
	*p++ = '\n';
	return (size_t)(p - text);
}

static int
pixelflut_open(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;

	connection->alpha = true;
	pixelflut->probe_x = -1;
	pixelflut->stream.hint = "is it a Pixelflut server, and does it still run?";
	return stream_open(&pixelflut->stream, connection->target);
}

static int
pixelflut_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct pixelflut *pixelflut = connection->state;
	char text[PIXELFLUT_COMMAND_MAX];
	size_t len;

	if (x < 0 || y < 0)
		return -ERANGE;
	len = pixelflut_command(text, (uint32_t)x, (uint32_t)y, true, argb);
	if (pixelflut->probe_x < 0 || x + y < pixelflut->probe_x + pixelflut->probe_y) {
		pixelflut->probe_x = x;
		pixelflut->probe_y = y;
	}
	return stream_write(&pixelflut->stream, text, len);
}

static int
pixelflut_flush(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;

	return stream_flush(&pixelflut->stream);
}

/* ------------------------------------------------------------------ reading */

static int
timeout_error(const struct pixelflut *pixelflut, int err)
{
	if (err == -ETIMEDOUT && !stop_requested())
		console_print("%s did not answer within %d s; is it a Pixelflut server, "
			      "and is it "
			      "overloaded?",
			pixelflut->stream.name, STREAM_TIMEOUT_MS / 1000);
	return err;
}

/* A line that is no answer; there may be some, but not for ever. */
static int
skip_line(struct pixelflut *pixelflut, const char *line, int64_t end)
{
	stream_skip_line(&pixelflut->stream, line);
	return clock_now() < end && !stop_requested() ? 0 : -ETIMEDOUT;
}

static const char *
read_coordinate(const char *p, uint32_t *value)
{
	unsigned long long number;
	char *end;

	while (*p == ' ' || *p == '\t')
		p++;
	if (!isdigit((unsigned char)*p))
		return NULL;
	number = strtoull(p, &end, 10);
	*value = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	return end;
}

/* "PX x y rrggbb" or "... rrggbbaa"; false: something else. */
static bool
parse_answer(const char *line, uint32_t *x, uint32_t *y, uint32_t *rgb)
{
	char *end;
	size_t digits;

	if (strncmp(line, "PX", 2) != 0 || !(line = read_coordinate(line + 2, x)) ||
		!(line = read_coordinate(line, y)))
		return false;
	line += strspn(line, " \t");
	digits = strspn(line, "0123456789abcdefABCDEF");
	if (digits != 6 && digits != 8)
		return false;
	*rgb = (uint32_t)strtoul(line, &end, 16);
	if (digits == 8)
		*rgb >>= 8;
	return *end == '\0' || isspace((unsigned char)*end);
}

/* The next answer to a PX; other lines are passed over. */
int
pixelflut_answer(struct pixelflut *pixelflut, uint32_t *x, uint32_t *y, uint32_t *rgb)
{
	int64_t end = clock_now() + STREAM_TIMEOUT_MS * CLOCK_MS;
	char *line;
	int ret;

	for (;;) {
		ret = stream_line(&pixelflut->stream, &line, STREAM_TIMEOUT_MS);
		if (ret < 0)
			return timeout_error(pixelflut, ret);
		if (parse_answer(line, x, y, rgb))
			return 0;
		if ((ret = skip_line(pixelflut, line, end)) < 0)
			return timeout_error(pixelflut, ret);
	}
}

int
pixelflut_ask(struct pixelflut *pixelflut, uint32_t x, uint32_t y)
{
	char text[PIXELFLUT_COMMAND_MAX];

	return stream_write(
		&pixelflut->stream, text, pixelflut_command(text, x, y, false, 0));
}

/* Waits for the answer to SIZE; -ETIMEDOUT, silent. */
static int
receive_size(struct pixelflut *pixelflut, uint32_t *width, uint32_t *height)
{
	int64_t end = clock_now() + STREAM_TIMEOUT_MS * CLOCK_MS;
	const char *rest;
	char *line;
	int ret;

	for (;;) {
		ret = stream_line(&pixelflut->stream, &line, STREAM_TIMEOUT_MS);
		if (ret < 0)
			return ret;
		if (strncmp(line, "SIZE", 4) == 0 &&
			(rest = read_coordinate(line + 4, width)) &&
			read_coordinate(rest, height))
			return 0;
		if ((ret = skip_line(pixelflut, line, end)) < 0)
			return ret;
	}
}

/* Who does not answer may be painted on all the same. */
static int
pixelflut_size(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;
	int ret = stream_send(&pixelflut->stream, "SIZE\n", 5);
	uint32_t width = 0, height = 0;

	if (ret == 0)
		ret = receive_size(pixelflut, &width, &height);
	if (ret < 0)
		return ret == -ETIMEDOUT ? -ENODATA : ret;
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
		return console_error(-ERANGE, "%s: a wall of %ux%u is beyond me",
			pixelflut->stream.name, width, height);
	if (!width || !height)
		return -ENODATA;
	connection->wall.width = width;
	connection->wall.height = height;
	return 0;
}

/* A server works on its lines in order: once a pixel is read back, all the ones that were
 * sent before the question have been painted. */
static int
pixelflut_settle(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;
	uint32_t x, y, rgb;
	int ret;

	if (pixelflut->probe_x < 0)
		return 0;
	pixelflut->stream.ignores_stop = true;
	ret = pixelflut_ask(
		pixelflut, (uint32_t)pixelflut->probe_x, (uint32_t)pixelflut->probe_y);
	if (ret == 0)
		ret = stream_flush(&pixelflut->stream);
	if (ret == 0)
		ret = pixelflut_answer(pixelflut, &x, &y, &rgb);
	if (ret == 0)
		connection->painted = connection->put;
	return ret;
}

static int
pixelflut_grab(struct connection *connection, struct image *image)
{
	struct pixelflut *pixelflut = connection->state;
	size_t n = (size_t)connection->wall.width * connection->wall.height, asked = 0,
	       answered = 0;
	uint32_t x, y, rgb;
	int ret = image_new(image, connection->wall.width, connection->wall.height);

	while (ret == 0 && answered < n && !stop_requested()) {
		if (asked < n && asked - answered <= READS_IN_FLIGHT / 2) {
			for (; ret == 0 && asked < n &&
				asked - answered < READS_IN_FLIGHT;
				asked++)
				ret = pixelflut_ask(pixelflut,
					(uint32_t)(asked % connection->wall.width),
					(uint32_t)(asked / connection->wall.width));
			if (ret == 0)
				ret = stream_flush(&pixelflut->stream);
		}
		if (ret == 0)
			ret = pixelflut_answer(pixelflut, &x, &y, &rgb);
		if (ret == 0 &&
			(x >= connection->wall.width || y >= connection->wall.height))
			ret = console_error(-EBADMSG,
				"%s tells of pixel %u,%u outside its own wall",
				pixelflut->stream.name, x, y);
		if (ret == 0) {
			*image_at(image, x, y) = 0xff000000 | rgb;
			progress_update(++answered);
		}
	}
	return ret;
}

static void
pixelflut_close(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;

	stream_close(&pixelflut->stream);
}

const struct driver driver_pixelflut = {
	.state_size = sizeof(struct pixelflut),
	.unit = "pixels",
	.counts_painted = true,
	.needs_size = true,
	.proof = "each connection read pixels back after its last one",
	.open = pixelflut_open,
	.size = pixelflut_size,
	.put = pixelflut_put,
	.flush = pixelflut_flush,
	.settle = pixelflut_settle,
	.flood = pixelflut_flood,
	.grab = pixelflut_grab,
	.close = pixelflut_close,
};
