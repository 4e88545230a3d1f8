/* SPDX-License-Identifier: MIT */
/* muralctl paint, text and fill: paint a picture, letters or a colour, over one
 * connection or several. */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "painting.h"

#define WAIT_FIRST CLOCK_SECOND /* before a connection is made again, then doubled */
#define WAIT_MOST (30 * CLOCK_SECOND)

struct painter {
	struct painting painting;
	pthread_t thread;
	bool started;
	int ret;
};

struct paint_run {
	const struct options *options;
	struct frames frames;
	struct painter *painters;
	unsigned n;
	uint32_t colour; /* of fill and text */
};

/* ------------------------------------------------------------------ one connection */

/* What another connection may mend. */
static bool
is_lost(int err)
{
	switch (-err) {
	case EPIPE:
	case EIO:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

/* In the place of a connection that was lost, with what it counted. */
static int
connection_renew(struct connection *lost)
{
	struct connection renewed;
	int ret = connection_open(&renewed, lost->options, lost->number, lost->pace.rate);

	if (ret < 0)
		return ret;
	renewed.put = lost->put;
	renewed.painted = lost->painted;
	renewed.retries = lost->retries;
	connection_close(lost);
	*lost = renewed;
	ret = lost->driver->needs_size || lost->options->width ? connection_measure(lost)
							       : 0;
	return ret == -ENODATA ? 0 : ret;
}

/* In a loop, until there is one again; a one-time password serves once. */
static int
renew_in_loop(struct painting *painting, int err, int64_t *wait)
{
	struct connection *connection = &painting->connection;

	while (is_lost(err) && painting->options->loop && !stop_requested() &&
		!connection->driver->single_login) {
		console_print("%s: trying again in %.0f s", connection->target->text,
			clock_seconds(*wait));
		clock_wait_until(clock_now() + *wait);
		*wait = 2 * *wait < WAIT_MOST ? 2 * *wait : WAIT_MOST;
		if (stop_requested())
			return -EINTR;
		if ((err = connection_renew(connection)) == 0)
			return 0;
	}
	return err;
}

static void *
painter_run(void *context)
{
	struct painter *painter = context;
	struct painting *painting = &painter->painting;
	int64_t wait = WAIT_FIRST;
	uint64_t before;
	int ret;

	do {
		before = painting->connection.put;
		ret = painting_run(painting);
		if (painting->connection.put > before)
			wait = WAIT_FIRST;
		if (ret < 0)
			ret = renew_in_loop(painting, ret, &wait);
	} while (ret == 0 && painting->options->loop && !stop_requested());
	painter->ret = ret == -EINTR && painting->options->loop ? 0 : ret;
	return NULL;
}

/* ------------------------------------------------------------------ all of them */

static int
measure_wall(struct connection *connection)
{
	const struct options *options = connection->options;
	int ret;

	if (!connection->driver->needs_size && !options->width)
		return 0;
	ret = connection_measure(connection);
	if (ret == -ENODATA && !stop_requested()) {
		console_print("%s does not tell its size; painting anyway; with --size, "
			      "pixels outside the wall would not be sent",
			options->target.text);
		return 0;
	}
	return ret;
}

/* The others ask only if the first was told. */
static int
painters_open(struct paint_run *run)
{
	const struct options *options = run->options;
	uint64_t rate =
		options->has_rate ? options->rate : driver_for(&options->target)->rate;
	int ret = 0;

	if (rate && rate / run->n == 0)
		return console_error(-EINVAL,
			"--rate %" PRIu64 " is less than one for each of %u connections",
			rate, run->n);
	for (unsigned i = 0; ret == 0 && i < run->n; i++) {
		struct painting *painting = &run->painters[i].painting;

		painting->options = options;
		painting->frames = &run->frames;
		painting->at_x = options->at_x;
		painting->at_y = options->at_y;
		painting->share = i;
		painting->shares = run->n;
		painting->random = (uint64_t)clock_now() + i;
		ret = connection_open(&painting->connection, options, i, rate / run->n);
		if (ret == 0 &&
			(i == 0 || run->painters[0].painting.connection.wall.width))
			ret = measure_wall(&painting->connection);
	}
	return ret;
}

static int
painters_start(struct paint_run *run)
{
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < run->n; i++)
		ret = painting_init(&run->painters[i].painting);
	if (ret == 0 && run->n == 1)
		painter_run(&run->painters[0]);
	for (unsigned i = 0; ret == 0 && run->n > 1 && i < run->n; i++) {
		struct painter *painter = &run->painters[i];

		ret = -pthread_create(&painter->thread, NULL, painter_run, painter);
		painter->started = ret == 0;
		if (ret < 0)
			console_print("no thread for another connection: %s; use fewer "
				      "--connections",
				strerror(-ret));
	}
	return ret;
}

/* The sums are those of the first painter then. */
static int
painters_join(struct paint_run *run, int ret)
{
	struct painting *sum = &run->painters[0].painting;

	for (unsigned i = 0; i < run->n; i++) {
		struct painter *painter = &run->painters[i];

		if (painter->started)
			pthread_join(painter->thread, NULL);
		if (ret == 0 || ret == -EINTR)
			ret = painter->ret < 0 ? painter->ret : ret;
	}
	for (unsigned i = 1; i < run->n; i++) {
		const struct painting *one = &run->painters[i].painting;

		sum->connection.put += one->connection.put;
		sum->connection.painted += one->connection.painted;
		sum->connection.retries += one->connection.retries;
		sum->n += one->n;
		sum->already += one->already;
		sum->missing += one->missing;
	}
	progress_stop();
	return ret;
}

/* ------------------------------------------------------------------ the report */

/* Faster than servers of this protocol usually accept. */
static bool
is_too_fast(const struct connection *connection)
{
	uint64_t usual = connection->driver->rate;

	return usual && (connection->pace.rate == 0 || connection->pace.rate > usual);
}

static void
report_print(const struct painting *painting, double seconds)
{
	const struct connection *connection = &painting->connection;
	const char *unit = connection->driver->unit;
	char rate[AMOUNT_MAX];

	amount_format(seconds > 0 ? (double)connection->put / seconds : 0, rate);
	printf("%s %" PRIu64 " %s in %.2f s, %s a second\n",
		connection->painted == connection->put ? "painted" : "sent",
		connection->put, unit, seconds, rate);
	if (painting->already && !painting->options->loop &&
		!painting_is_animation(painting))
		printf("%zu %s had that colour already\n", painting->already, unit);
	if (connection->retries)
		printf("%" PRIu64 " requests came too early and were repeated\n",
			connection->retries);
	if (painting->outside)
		printf("%zu %s lie outside the wall\n", painting->outside, unit);
	if (painting->missing)
		printf("%zu %s do not show: %soutside the wall, dropped by the server, "
		       "or painted over%s\n",
			painting->missing, unit, stop_requested() ? "not sent, " : "",
			is_too_fast(connection) ? "; lower --rate to lose fewer" : "");
	fflush(stdout);
}

static int
painters_run(struct paint_run *run)
{
	const struct painting *sum = &run->painters[0].painting;
	int64_t start = clock_now();
	int ret = painters_start(run);

	ret = painters_join(run, ret);
	if (ret == 0 || ret == -EINTR)
		report_print(sum, clock_seconds(clock_now() - start));
	if (ret == -EINTR)
		return console_error(ret, "interrupted before the end");
	if (ret == 0 && sum->n && sum->missing == sum->n)
		return console_error(-EIO, "the wall shows nothing of it");
	return ret;
}

/* ------------------------------------------------------------------ the verbs */

/* `prepare`, which may be NULL, makes the picture when the wall is known. */
static int
paint_run(struct paint_run *run, int (*prepare)(struct paint_run *run))
{
	int ret = connections_check(run->options);

	run->n = run->options->connections;
	run->painters = ret == 0 ? calloc(run->n, sizeof(*run->painters)) : NULL;
	if (!run->painters) {
		frames_free(&run->frames);
		return ret < 0 ? ret : console_error(-ENOMEM, "out of memory");
	}
	ret = painters_open(run);
	if (ret == 0 && prepare)
		ret = prepare(run);
	if (ret == 0)
		ret = painters_run(run);
	for (unsigned i = 0; i < run->n; i++)
		painting_finish(&run->painters[i].painting);
	free(run->painters);
	frames_free(&run->frames);
	return ret;
}

static int
scale_frames(struct paint_run *run)
{
	const struct options *options = run->options;

	if (options->fit_width)
		return frames_fit_into(
			&run->frames, options->fit_width, options->fit_height);
	return options->scale > 0 ? frames_scale(&run->frames, options->scale) : 0;
}

int
verb_paint(const struct options *options)
{
	struct paint_run run = { .options = options };
	int ret = frames_load(&run.frames, options->file);

	if (ret == 0)
		ret = scale_frames(&run);
	return ret < 0 ? ret : paint_run(&run, NULL);
}

/* rrggbb or rrggbbaa, perhaps after a #.  0 or -EINVAL, printed. */
static int
parse_colour(const char *text, uint32_t *argb)
{
	const char *digits = text + (*text == '#');
	size_t len = strlen(digits);
	uint64_t n;

	if ((len != 6 && len != 8) || strspn(digits, "0123456789abcdefABCDEF") != len)
		return console_error(-EINVAL,
			"%s is not a colour: write rrggbb or rrggbbaa, such as ff8800",
			text);
	n = strtoull(digits, NULL, 16);
	*argb = (uint32_t)(len == 6 ? 0xff000000 | n : n << 24 | n >> 8);
	return 0;
}

int
verb_text(const struct options *options)
{
	struct paint_run run = { .options = options };
	int ret = parse_colour(options->colour, &run.colour);

	if (ret == 0)
		ret = frames_write(
			&run.frames, options->file, options->letters, run.colour);
	if (ret == 0)
		ret = scale_frames(&run);
	return ret < 0 ? ret : paint_run(&run, NULL);
}

/* The colour's area: from --at as large as --fit, else to the end of the wall. */
static int
prepare_fill(struct paint_run *run)
{
	const struct options *options = run->options;
	struct connection *connection = &run->painters[0].painting.connection;
	const struct wall_area *wall = &connection->wall;
	int64_t width = options->fit_width, height = options->fit_height;
	int32_t x = options->at_x, y = options->at_y;
	struct image *image;
	int ret = wall->width || width ? 0 : connection_require_size(connection);

	if (ret < 0)
		return ret;
	if (!options->has_at && !width) {
		x = wall->x;
		y = wall->y;
	}
	if (!width) {
		width = (int64_t)wall->x + wall->width - x;
		height = (int64_t)wall->y + wall->height - y;
	}
	if (width < 1 || height < 1)
		return console_error(-ERANGE, "--at %d,%d lies outside the wall of %ux%u",
			x, y, wall->width, wall->height);
	image = frames_add(&run->frames, (uint32_t)width, (uint32_t)height, 0);
	if (!image)
		return -ERANGE;
	for (size_t i = 0; i < (size_t)(width * height); i++)
		image->pixels[i] = run->colour;
	for (unsigned i = 0; i < run->n; i++) {
		run->painters[i].painting.at_x = x;
		run->painters[i].painting.at_y = y;
	}
	return 0;
}

int
verb_fill(const struct options *options)
{
	struct paint_run run = { .options = options };
	int ret = parse_colour(options->file, &run.colour);

	return ret < 0 ? ret : paint_run(&run, prepare_fill);
}
