/* SPDX-License-Identifier: MIT */
/* Floods a Pixelflut server: commands written once, sent round and round, and a sample of
 * them read back in the end. */
#include "pixelflut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define FLOOD_PIXELS (1 << 18)
#define FLOOD_PIXELS_ALL (1 << 22) /* of all connections: some 100 MB */
#define FLOOD_CHUNK (256 << 10)
#define SAMPLE 64
#define FRAME (100 * CLOCK_MS)

/* The commands of one connection, written once and sent round and round. */
struct flood {
	const struct wall_area *area;
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
deal_cells(struct flood *flood, const struct connection *connection)
{
	uint64_t all = (uint64_t)flood->area->width * flood->area->height;
	uint32_t step = connection->options->connections;
	uint64_t random = connection->number * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (uint32_t i = 0; i < flood->n; i++)
		flood->cells[i] =
			(uint32_t)((connection->number + (uint64_t)i * step) % all);
	for (uint32_t i = flood->n; i > 1; i--) {
		uint32_t other, kept = flood->cells[i - 1];

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		other = (uint32_t)((random >> 33) % i);
		flood->cells[i - 1] = flood->cells[other];
		flood->cells[other] = kept;
	}
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
		return console_error(-ENOMEM, "no memory for what to send");
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

/* Sends until the time is over, up to the end of a command. */
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

/* Reads a sample of what was sent back; returns how many are wrong. */
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

/* The answers prove that everything before the questions was worked on.  Some servers
 * show what they were told a frame later: what is wrong has a second chance. */
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

int
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
