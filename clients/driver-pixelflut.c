/* SPDX-License-Identifier: MIT */
/*
 * The driver for Pixelflut.  A load sends commands that were written beforehand round and
 * round, and reads a sample of the pixels back.
 */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "pixelflut.h"
#include "random.h"

#define READS_IN_FLIGHT 2048 /* unanswered questions; both ends' buffers hold them */
#define FLOOD_PIXELS (1 << 18)
#define FLOOD_PIXELS_ALL (1 << 22) /* of all connections: some 100 MB */
#define FLOOD_CHUNK (256 << 10)
#define SAMPLE 64
#define FRAME (100 * CLOCK_MS)

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

/* A server that does not answer may still be painted on. */
static int
pixelflut_size(struct connection *connection)
{
	struct pixelflut *pixelflut = connection->state;
	uint32_t width = 0, height = 0;
	int ret = pixelflut_measure(pixelflut, &width, &height);

	if (ret < 0)
		return ret;
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
		return console_error(-ERANGE, "%s: a wall of %ux%u is too large",
			pixelflut->stream.name, width, height);
	if (!width || !height)
		return -ENODATA;
	connection->wall.width = width;
	connection->wall.height = height;
	return 0;
}

/* A server handles lines in order: once a pixel is read back, all those sent before the
 * request have been painted. */
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
				"%s answers with pixel %u,%u outside its own wall",
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

/* ------------------------------------------------------------------ flooding */

/* The commands of one connection, written once and sent round and round. */
struct flood {
	const struct wall_area *area;
	uint32_t *cells; /* which pixels of the area, in the order they are sent */
	uint32_t n, salt;
	char *text;
	size_t len;
};

/* All connections of a load give a pixel the same colour, so that it can be checked; the
 * next load gives it another. */
static uint32_t
flood_colour(const struct flood *flood, uint32_t cell)
{
	uint32_t mixed = (cell ^ flood->salt) * 0x9e3779b1;

	return (mixed ^ mixed >> 15) & 0xffffff;
}

/* Connection k of n takes every n-th pixel, in an order of its own. */
static void
deal_cells(struct flood *flood, const struct connection *connection)
{
	uint64_t all = (uint64_t)flood->area->width * flood->area->height;
	uint32_t step = connection->options->connections;
	uint64_t random = connection->number * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (uint32_t i = 0; i < flood->n; i++)
		flood->cells[i] =
			(uint32_t)((connection->number + (uint64_t)i * step) % all);
	random_shuffle(flood->cells, flood->n, &random);
}

static int
flood_new(struct flood *flood, const struct connection *connection,
	const struct wall_area *area, int64_t end)
{
	uint64_t share = (uint64_t)area->width * area->height;
	uint32_t most = FLOOD_PIXELS_ALL / connection->options->connections;

	share /= connection->options->connections;
	if (most > FLOOD_PIXELS)
		most = FLOOD_PIXELS;
	flood->area = area;
	flood->salt = (uint32_t)(end ^ end >> 32);
	flood->n = share > most ? most : share ? (uint32_t)share : 1;
	flood->cells = calloc(flood->n, sizeof(*flood->cells));
	flood->text = malloc((size_t)flood->n * PIXELFLUT_COMMAND_MAX);
	if (!flood->cells || !flood->text)
		return console_error(-ENOMEM, "out of memory for the commands");
	deal_cells(flood, connection);
	for (uint32_t i = 0; i < flood->n; i++)
		flood->len += pixelflut_command(flood->text + flood->len,
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

/* Sends until `end`, and then the rest of a command. */
static int
flood_send(struct connection *connection, const struct flood *flood, int64_t end)
{
	struct pixelflut *pixelflut = connection->state;
	uint64_t rounds = 0;
	size_t at = 0, chunk;
	const char *newline;
	int ret;

	while (clock_now() < end && !stop_requested()) {
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
	connection->put = rounds * flood->n + count_lines(flood->text, at);
	return 0;
}

/* Reads a sample of what was sent back; returns how many pixels are wrong. */
static int
read_sample(struct connection *connection, const struct flood *flood, uint32_t n)
{
	struct pixelflut *pixelflut = connection->state;
	const struct wall_area *area = flood->area;
	uint32_t sent = connection->put < flood->n ? (uint32_t)connection->put : flood->n;
	uint32_t x, y, rgb;
	int ret = 0, wrong = 0;

	for (uint32_t i = 0; ret == 0 && i < n; i++) {
		uint32_t cell = flood->cells[(uint64_t)i * sent / n];

		ret = pixelflut_ask(pixelflut, (uint32_t)area->x + cell % area->width,
			(uint32_t)area->y + cell / area->width);
	}
	if (ret == 0)
		ret = stream_flush(&pixelflut->stream);
	for (uint32_t i = 0; ret == 0 && i < n; i++) {
		if ((ret = pixelflut_answer(pixelflut, &x, &y, &rgb)) < 0)
			return ret;
		x -= (uint32_t)area->x;
		y -= (uint32_t)area->y;
		wrong += rgb != flood_colour(flood, y * area->width + x);
	}
	return ret < 0 ? ret : wrong;
}

/* The answers prove that everything before the requests was handled.  Some servers paint
 * a frame later, so a wrong sample is read again. */
static int
flood_check(struct connection *connection, const struct flood *flood, uint64_t *checked,
	uint64_t *wrong)
{
	uint64_t most = connection->put < flood->n ? connection->put : flood->n;
	uint32_t n = most < SAMPLE ? (uint32_t)most : SAMPLE;
	struct pixelflut *pixelflut = connection->state;
	int ret;

	pixelflut->stream.ignores_stop = true;
	ret = read_sample(connection, flood, n);
	if (ret > 0) {
		clock_sleep_until(clock_now() + FRAME);
		ret = read_sample(connection, flood, n);
	}
	if (ret < 0)
		return ret;
	connection->painted = connection->put;
	*checked = n;
	*wrong = (uint64_t)ret;
	return 0;
}

static int
pixelflut_flood(struct connection *connection, const struct wall_area *area, int64_t end,
	uint64_t *checked, uint64_t *wrong)
{
	struct flood flood = { 0 };
	int ret = flood_new(&flood, connection, area, end);

	if (ret == 0)
		ret = flood_send(connection, &flood, end);
	if (ret == 0)
		ret = flood_check(connection, &flood, checked, wrong);
	free(flood.cells);
	free(flood.text);
	return ret;
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
