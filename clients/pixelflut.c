/* SPDX-License-Identifier: MIT */
/*
 * A Pixelflut connection: writes commands and parses answers.  Only what all servers
 * support is used: SIZE, PX to read and PX with six digits to write (eight for a
 * translucent colour).  Answers may be in upper or lower case, have six or eight digits,
 * end in LF or CR LF, and come in any order.
 */
#include "pixelflut.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "console.h"
#include "lib/digits.h"

/* For any answer of the protocol, and before that for the size alone. */
#define PROBE_MS 5000
#define SIZE_MS 2500

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

/* ------------------------------------------------------------------ reading */

static int
timeout_error(const struct pixelflut *pixelflut, int err)
{
	if (err == -ETIMEDOUT && !stop_requested())
		console_print("%s did not answer within %d s; is it a Pixelflut server, "
			      "and is it overloaded?",
			pixelflut->stream.name, STREAM_TIMEOUT_MS / 1000);
	return err;
}

/* A line that is not an answer; there may be some, until `end`. */
static int
skip_line(struct pixelflut *pixelflut, const char *line, int64_t end)
{
	stream_skip_line(&pixelflut->stream, line);
	return clock_now() < end && !stop_requested() ? 0 : -ETIMEDOUT;
}

static const char *
read_coordinate(const char *p, uint32_t *value)
{
	uint64_t number = UINT32_MAX; /* or more */
	const char *end;

	p += strspn(p, " \t");
	end = p + strspn(p, "0123456789");
	(void)digits_read(p, UINT32_MAX, &number);
	*value = (uint32_t)number;
	return end > p ? end : NULL;
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

/* Waits for the answer to "SIZE", or for a pixel if `pixel`, and returns 0, or 1 for a
 * pixel; -ETIMEDOUT is not printed. */
static int
receive_size(struct pixelflut *pixelflut, uint32_t *width, uint32_t *height, bool pixel,
	int64_t end)
{
	uint32_t x, y, rgb;
	const char *rest;
	char *line;
	int ret;

	for (;;) {
		ret = stream_line(
			&pixelflut->stream, &line, (int)((end - clock_now()) / CLOCK_MS));
		if (ret < 0)
			return ret;
		if (strncmp(line, "SIZE", 4) == 0 &&
			(rest = read_coordinate(line + 4, width)) &&
			read_coordinate(rest, height))
			return 0;
		if (pixel && parse_answer(line, &x, &y, &rgb))
			return 1;
		if ((ret = skip_line(pixelflut, line, end)) < 0)
			return ret;
	}
}

/* The answer to the pixel would be taken for that of a later one. */
static int
skip_pixel(struct pixelflut *pixelflut)
{
	uint32_t x, y, rgb;

	return pixelflut_answer(pixelflut, &x, &y, &rgb);
}

int
pixelflut_measure(struct pixelflut *pixelflut, uint32_t *width, uint32_t *height)
{
	int64_t end = clock_now() + PROBE_MS * CLOCK_MS;
	int ret = stream_send(&pixelflut->stream, "SIZE\n", 5);

	if (ret == 0)
		ret = receive_size(pixelflut, width, height, false,
			clock_now() + SIZE_MS * CLOCK_MS);
	if (ret != -ETIMEDOUT || stop_requested())
		return ret;
	/* some servers know pixels only */
	ret = pixelflut_ask(pixelflut, 0, 0);
	if (ret == 0)
		ret = stream_flush(&pixelflut->stream);
	if (ret == 0)
		ret = receive_size(pixelflut, width, height, true, end);
	if (ret == 0)
		return skip_pixel(pixelflut);
	if (ret == -ETIMEDOUT && !stop_requested())
		return console_error(ret,
			"%s did not answer within %d s as a Pixelflut server does; is "
			"the port right, and is the server overloaded?",
			pixelflut->stream.name, PROBE_MS / 1000);
	return ret == 1 ? -ENODATA : ret;
}
