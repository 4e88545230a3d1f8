/* SPDX-License-Identifier: MIT */
/*
 * Pixelflut over TCP.  Servers differ; what is used is what all of them know: SIZE, PX to
 * read and PX with six digits to write (eight when a colour is translucent).  OFFSET is
 * never used.  Answers may be in upper or lower case, with six or eight digits, end in LF
 * or CR LF, and come in any order.
 */
#include "driver.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "stream.h"

#define COMMAND_MAX 40   /* "PX 65535 65535 rrggbbaa\n" */
#define READS_AHEAD 2048 /* questions on the way; both ends' buffers hold them */
#define FLOOD_PIXELS (1 << 18)
#define FLOOD_CHUNK (256 << 10)
#define FRAME (100 * CLOCK_MS)
#define SAMPLE 64 /* pixels that a flood reads back */

struct pixelflut {
	struct stream stream;
	int32_t last_x, last_y;
};

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
static size_t
write_command(char *text, uint32_t x, uint32_t y, bool with_colour, uint32_t argb)
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
pixelflut_open(struct session *session)
{
	struct pixelflut *pixelflut = session->state;

	session->alpha = true;
	pixelflut->last_x = -1;
	return stream_open(&pixelflut->stream, session->target);
}

static int
pixelflut_put(struct session *session, int32_t x, int32_t y, uint32_t argb)
{
	struct pixelflut *pixelflut = session->state;
	char text[COMMAND_MAX];
	size_t len;

	if (x < 0 || y < 0)
		return -ERANGE;
	len = write_command(text, (uint32_t)x, (uint32_t)y, true, argb);
	pixelflut->last_x = x;
	pixelflut->last_y = y;
	return stream_write(&pixelflut->stream, text, len);
}

static int
pixelflut_flush(struct session *session)
{
	struct pixelflut *pixelflut = session->state;

	return stream_flush(&pixelflut->stream);
}

/* ------------------------------------------------------------------ reading */

static int
silent(const struct pixelflut *pixelflut, int err)
{
	if (err == -ETIMEDOUT && !stop_asked())
		say("%s did not answer within %d s; is it a Pixelflut server, and is it "
		    "overloaded?",
			pixelflut->stream.name, STREAM_PATIENCE_MS / 1000);
	return err;
}

/* A line that is no answer; there may be some, but not for ever. */
static int
pass(struct pixelflut *pixelflut, const char *line, int64_t end)
{
	stream_pass(&pixelflut->stream, line);
	if (clock_now() < end && !stop_asked())
		return 0;
	return silent(pixelflut, -ETIMEDOUT);
}

static const char *
read_coordinate(const char *p, uint32_t *value)
{
	char *end;

	while (*p == ' ' || *p == '\t')
		p++;
	if (!isdigit((unsigned char)*p))
		return NULL;
	*value = (uint32_t)strtoul(p, &end, 10);
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
static int
next_answer(struct pixelflut *pixelflut, uint32_t *x, uint32_t *y, uint32_t *rgb)
{
	int64_t end = clock_now() + STREAM_PATIENCE_MS * CLOCK_MS;
	char *line;
	int ret;

	for (;;) {
		ret = stream_line(&pixelflut->stream, &line, STREAM_PATIENCE_MS);
		if (ret < 0)
			return silent(pixelflut, ret);
		if (parse_answer(line, x, y, rgb))
			return 0;
		if ((ret = pass(pixelflut, line, end)) < 0)
			return ret;
	}
}

static int
ask(struct pixelflut *pixelflut, uint32_t x, uint32_t y)
{
	char text[COMMAND_MAX];

	return stream_write(
		&pixelflut->stream, text, write_command(text, x, y, false, 0));
}

static int
pixelflut_size(struct session *session)
{
	struct pixelflut *pixelflut = session->state;
	int64_t end = clock_now() + STREAM_PATIENCE_MS * CLOCK_MS;
	const char *rest;
	char *line;
	int ret;

	if ((ret = stream_send(&pixelflut->stream, "SIZE\n", 5)) < 0)
		return ret;
	for (;;) {
		ret = stream_line(&pixelflut->stream, &line, STREAM_PATIENCE_MS);
		if (ret < 0)
			return silent(pixelflut, ret);
		if (strncmp(line, "SIZE", 4) == 0 &&
			(rest = read_coordinate(line + 4, &session->wall.width)) &&
			read_coordinate(rest, &session->wall.height))
			break;
		if ((ret = pass(pixelflut, line, end)) < 0)
			return ret;
	}
	return session->wall.width && session->wall.height ? 0 : -ENODATA;
}

/* A server works on its lines in order: once the last pixel is read back, all the ones
 * before it have been painted. */
static int
pixelflut_settle(struct session *session)
{
	struct pixelflut *pixelflut = session->state;
	uint32_t x, y, rgb;
	int ret;

	if (pixelflut->last_x < 0)
		return 0;
	ret = ask(pixelflut, (uint32_t)pixelflut->last_x, (uint32_t)pixelflut->last_y);
	if (ret == 0)
		ret = stream_flush(&pixelflut->stream);
	if (ret == 0)
		ret = next_answer(pixelflut, &x, &y, &rgb);
	if (ret == 0)
		session->painted = session->put;
	return ret;
}

static int
pixelflut_grab(struct session *session, struct image *image)
{
	struct pixelflut *pixelflut = session->state;
	size_t n = (size_t)session->wall.width * session->wall.height, asked = 0,
	       answered = 0;
	uint32_t x, y, rgb;
	int ret = image_new(image, session->wall.width, session->wall.height);

	while (ret == 0 && answered < n && !stop_asked()) {
		if (asked < n && asked - answered <= READS_AHEAD / 2) {
			for (; ret == 0 && asked < n && asked - answered < READS_AHEAD;
				asked++)
				ret = ask(pixelflut,
					(uint32_t)(asked % session->wall.width),
					(uint32_t)(asked / session->wall.width));
			if (ret == 0)
				ret = stream_flush(&pixelflut->stream);
		}
		if (ret == 0)
			ret = next_answer(pixelflut, &x, &y, &rgb);
		if (ret == 0 && x < session->wall.width && y < session->wall.height) {
			*image_at(image, x, y) = 0xff000000 | rgb;
			progress_update(++answered);
		}
	}
	return ret;
}

/* ------------------------------------------------------------------ flooding */

/* The commands of one connection, written once and sent round and round. */
struct flood {
	const struct area *area;
	uint32_t *cells; /* which pixels of the area, in the order they are sent */
	uint32_t n, salt;
	char *text;
	size_t len;
};

/* In one load a pixel has the same colour whoever sends it, so that it can be checked;
 * the next load has others. */
static uint32_t
flood_colour(const struct flood *flood, uint32_t cell)
{
	uint32_t mixed = (cell ^ flood->salt) * 0x9e3779b1;

	return (mixed ^ mixed >> 15) & 0xffffff;
}

/* Connection k of n takes each n-th pixel, in an order of its own. */
static void
deal_cells(struct flood *flood, const struct session *session)
{
	uint64_t all = (uint64_t)flood->area->width * flood->area->height;
	uint32_t step = session->options->connections;
	uint64_t random = session->number * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (uint32_t i = 0; i < flood->n; i++)
		flood->cells[i] =
			(uint32_t)((session->number + (uint64_t)i * step) % all);
	for (uint32_t i = flood->n; i > 1; i--) {
		uint32_t other, kept = flood->cells[i - 1];

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		other = (uint32_t)((random >> 33) % i);
		flood->cells[i - 1] = flood->cells[other];
		flood->cells[other] = kept;
	}
}

static int
flood_new(struct flood *flood, const struct session *session, const struct area *area,
	int64_t end)
{
	uint64_t share = (uint64_t)area->width * area->height;

	share /= session->options->connections;
	flood->area = area;
	flood->salt = (uint32_t)(end ^ end >> 32);
	flood->n = share > FLOOD_PIXELS ? FLOOD_PIXELS : share ? (uint32_t)share : 1;
	flood->cells = calloc(flood->n, sizeof(*flood->cells));
	flood->text = malloc((size_t)flood->n * COMMAND_MAX);
	if (!flood->cells || !flood->text)
		return say_error(-ENOMEM, "no memory for what to send");
	deal_cells(flood, session);
	for (uint32_t i = 0; i < flood->n; i++)
		flood->len += write_command(flood->text + flood->len,
			(uint32_t)area->x + flood->cells[i] % area->width,
			(uint32_t)area->y + flood->cells[i] / area->width, true,
			0xff000000 | flood_colour(flood, flood->cells[i]));
	return 0;
}

static uint64_t
count_lines(const char *text, size_t len)
{
	uint64_t lines = 0;

	for (const char *p = text, *end = text + len; p < end; p++)
		lines += *p == '\n';
	return lines;
}

/* Sends until the time is over, up to the end of a command. */
static int
flood_send(struct session *session, const struct flood *flood, int64_t end)
{
	struct pixelflut *pixelflut = session->state;
	uint64_t rounds = 0;
	size_t at = 0, chunk;
	const char *newline;
	int ret;

	while (clock_now() < end && !stop_asked()) {
		chunk = flood->len - at < FLOOD_CHUNK ? flood->len - at : FLOOD_CHUNK;
		ret = stream_send(&pixelflut->stream, flood->text + at, chunk);
		if (ret < 0)
			return ret;
		at += chunk;
		if (at == flood->len) {
			at = 0;
			rounds++;
		}
	}
	if (at && flood->text[at - 1] != '\n') {
		newline = memchr(flood->text + at, '\n', flood->len - at);
		chunk = (size_t)(newline + 1 - flood->text) - at;
		ret = stream_send(&pixelflut->stream, flood->text + at, chunk);
		if (ret < 0)
			return ret;
		at += chunk;
	}
	session->put = rounds * flood->n + count_lines(flood->text, at);
	return 0;
}

/* Reads a sample of what was sent back; returns how many are wrong. */
static int
read_sample(struct session *session, const struct flood *flood, uint32_t n)
{
	struct pixelflut *pixelflut = session->state;
	const struct area *area = flood->area;
	uint32_t sent = session->put < flood->n ? (uint32_t)session->put : flood->n;
	uint32_t x, y, rgb;
	int ret = 0, wrong = 0;

	for (uint32_t i = 0; ret == 0 && i < n; i++) {
		uint32_t cell = flood->cells[(uint64_t)i * sent / n];

		ret = ask(pixelflut, (uint32_t)area->x + cell % area->width,
			(uint32_t)area->y + cell / area->width);
	}
	if (ret == 0)
		ret = stream_flush(&pixelflut->stream);
	for (uint32_t i = 0; ret == 0 && i < n; i++) {
		if ((ret = next_answer(pixelflut, &x, &y, &rgb)) < 0)
			return ret;
		x -= (uint32_t)area->x;
		y -= (uint32_t)area->y;
		wrong += rgb != flood_colour(flood, y * area->width + x);
	}
	return ret < 0 ? ret : wrong;
}

/* The answers prove that everything before the questions was worked on.  Some servers
 * show what they were told a frame later: what is wrong has a second chance. */
static int
flood_check(struct session *session, const struct flood *flood, uint64_t *checked,
	uint64_t *wrong)
{
	uint64_t most = session->put < flood->n ? session->put : flood->n;
	uint32_t n = most < SAMPLE ? (uint32_t)most : SAMPLE;
	int ret = read_sample(session, flood, n);

	if (ret > 0) {
		clock_sleep_until(clock_now() + FRAME);
		ret = read_sample(session, flood, n);
	}
	if (ret < 0)
		return ret;
	session->painted = session->put;
	*checked = n;
	*wrong = (uint64_t)ret;
	return 0;
}

static int
pixelflut_flood(struct session *session, const struct area *area, int64_t end,
	uint64_t *checked, uint64_t *wrong)
{
	struct flood flood = { 0 };
	int ret = flood_new(&flood, session, area, end);

	if (ret == 0)
		ret = flood_send(session, &flood, end);
	if (ret == 0)
		ret = flood_check(session, &flood, checked, wrong);
	free(flood.cells);
	free(flood.text);
	return ret;
}

static void
pixelflut_close(struct session *session)
{
	struct pixelflut *pixelflut = session->state;

	stream_close(&pixelflut->stream);
}

const struct driver driver_pixelflut = {
	.state_size = sizeof(struct pixelflut),
	.unit = "pixels",
	.tells = true,
	.measures = true,
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
