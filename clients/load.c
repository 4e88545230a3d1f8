/* SPDX-License-Identifier: MIT */
/*
 * muralctl load: measures how fast a server paints.  Each connection has a thread and,
 * unless its driver has a flood of its own, a strip of the wall.  The clock stops when
 * the last connection knows that its pixels were painted.
 */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "driver.h"
#include "random.h"

#define UNKNOWN_SIDE 64 /* of the square painted if the size is unknown */
#define TICK (CLOCK_SECOND / 20)
#define STACK (256 << 10)

struct load_worker {
	struct connection connection;
	struct wall_area area;
	pthread_t thread;
	bool started;
	atomic_bool done;
	int64_t end, finished;
	uint64_t checked, wrong;
	int ret;
};

struct load_run {
	const struct options *options;
	const struct driver *driver;
	struct load_worker *workers;
	unsigned n;
	int64_t start, finished;
	uint64_t put, painted, retries, checked, wrong;
	unsigned failed;
};

/* ------------------------------------------------------------------ one worker */

/* Random pixels of the strip: where a server drops most of them, the painted ones should
 * not always be the same. */
static int
paint_strip(struct load_worker *worker)
{
	const struct wall_area *area = &worker->area;
	struct connection *connection = &worker->connection;
	uint64_t random = (uint64_t)worker->end + connection->number, without = 0;
	uint64_t n = (uint64_t)area->width * area->height;

	while (clock_now() < worker->end && !stop_requested()) {
		uint64_t pixel;
		int ret;

		pixel = random_next(&random) % n;
		ret = connection_put(connection, area->x + (int32_t)(pixel % area->width),
			area->y + (int32_t)(pixel / area->width),
			0xff000000 | (uint32_t)(random_next(&random) & 0xffffff));
		if (ret < 0 && ret != -ERANGE)
			return ret;
		without += ret == -ERANGE;
		if (without > n && connection->put == 0)
			return console_error(-ERANGE, "%s: there is no pixel at --at",
				connection->target->text);
	}
	return 0;
}

static void *
worker_run(void *context)
{
	struct load_worker *worker = context;
	struct connection *connection = &worker->connection;
	const struct driver *driver = connection->driver;

	if (driver->flood && !connection->pace.rate) {
		worker->ret = driver->flood(connection, &worker->area, worker->end,
			&worker->checked, &worker->wrong);
	} else {
		connection->end = worker->end;
		worker->ret =
			driver->begin ? driver->begin(connection, &worker->area) : 0;
		if (worker->ret == 0)
			worker->ret = paint_strip(worker);
		/* it was waiting for its turn at the end */
		if (worker->ret == -EINTR)
			worker->ret = 0;
		if (worker->ret == 0)
			worker->ret = connection_settle(connection);
	}
	worker->finished = clock_now();
	worker->done = true;
	return NULL;
}

/* ------------------------------------------------------------------ all workers */

/* The wall from --at on, or a square there. */
static int
choose_area(const struct load_run *load, struct wall_area *area)
{
	const struct options *options = load->options;
	struct connection *connection = &load->workers[0].connection;
	struct wall_area *wall = &connection->wall;
	int ret = 0;

	*area = (struct wall_area){ options->at_x, options->at_y, UNKNOWN_SIDE,
		UNKNOWN_SIDE };
	if (load->driver->needs_size || options->width)
		ret = connection_measure(connection);
	if (ret == -ENODATA && !stop_requested())
		console_print("%s does not tell its size; flooding %ux%u pixels at %d,%d",
			options->target.text, area->width, area->height, area->x,
			area->y);
	else if (ret < 0)
		return ret;
	if (!wall->width)
		return 0;
	if (area->x < 0 || area->y < 0 || (uint32_t)area->x >= wall->width ||
		(uint32_t)area->y >= wall->height)
		return console_error(-ERANGE, "--at %d,%d lies outside the wall of %ux%u",
			area->x, area->y, wall->width, wall->height);
	area->width = wall->width - (uint32_t)area->x;
	area->height = wall->height - (uint32_t)area->y;
	return 0;
}

/* A strip for each worker if there are enough rows, else all of it. */
static struct wall_area
worker_area(const struct load_run *load, const struct wall_area *area, unsigned i)
{
	uint32_t first = (uint32_t)((uint64_t)area->height * i / load->n);
	uint32_t last = (uint32_t)((uint64_t)area->height * (i + 1) / load->n);
	struct wall_area part = *area;

	if (area->height < load->n || load->driver->flood)
		return part;
	part.y += (int32_t)first;
	part.height = last - first;
	return part;
}

static int
workers_open(struct load_run *load)
{
	const struct options *options = load->options;
	uint64_t rate = options->has_rate ? options->rate : 0;
	struct wall_area area;
	int ret;

	if (rate && rate / load->n == 0)
		return console_error(-EINVAL,
			"--rate %" PRIu64 " is less than one for each of %u connections",
			rate, load->n);
	for (unsigned i = 0; i < load->n; i++) {
		ret = connection_open(
			&load->workers[i].connection, options, i, rate / load->n);
		if (ret < 0 || stop_requested())
			return ret < 0 ? ret : -EINTR;
	}
	if ((ret = choose_area(load, &area)) < 0)
		return ret;
	for (unsigned i = 0; i < load->n; i++)
		load->workers[i].area = worker_area(load, &area, i);
	return 0;
}

static int
workers_start(struct load_run *load)
{
	pthread_attr_t small;
	int ret = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	load->start = clock_now();
	for (unsigned i = 0; ret == 0 && i < load->n; i++) {
		struct load_worker *worker = &load->workers[i];

		worker->end = load->start + load->options->seconds * CLOCK_SECOND;
		ret = -pthread_create(&worker->thread, &small, worker_run, worker);
		worker->started = ret == 0;
	}
	pthread_attr_destroy(&small);
	if (ret < 0)
		return console_error(ret,
			"no thread for another connection: %s; use fewer --connections",
			strerror(-ret));
	return 0;
}

static bool
workers_are_done(const struct load_run *load)
{
	for (unsigned i = 0; i < load->n; i++)
		if (!load->workers[i].done)
			return false;
	return true;
}

/* Until the time is over, or all connections have ended. */
static void
show_progress(const struct load_run *load)
{
	int64_t length = load->options->seconds * CLOCK_SECOND, passed;

	progress_start(NULL, load->options->seconds);
	while ((passed = clock_now() - load->start) < length && !stop_requested() &&
		!workers_are_done(load)) {
		progress_update((uint64_t)(passed / CLOCK_SECOND));
		clock_sleep_until(clock_now() + TICK);
	}
	progress_stop();
}

static void
workers_join(struct load_run *load)
{
	for (unsigned i = 0; i < load->n; i++) {
		struct load_worker *worker = &load->workers[i];

		if (!worker->started)
			continue;
		pthread_join(worker->thread, NULL);
		load->put += worker->connection.put;
		load->painted += worker->connection.painted;
		load->retries += worker->connection.retries;
		load->checked += worker->checked;
		load->wrong += worker->wrong;
		load->failed += worker->ret < 0;
		if (worker->finished > load->finished)
			load->finished = worker->finished;
	}
}

/* ------------------------------------------------------------------ the report */

static void
report_line(
	const char *what, uint64_t n, const char *unit, double seconds, const char *more)
{
	char rate[AMOUNT_MAX];

	printf("%-10s%" PRIu64 " %s, %s a second%s%s\n", what, n, unit,
		amount_format(seconds > 0 ? (double)n / seconds : 0, rate),
		*more ? ": " : "", more);
}

static void
report_print(const struct load_run *load)
{
	const struct driver *driver = load->driver;
	double seconds = clock_seconds(load->finished - load->start);

	printf("%-10s%s, %u connection%s, %.2f s\n", "load", load->options->target.text,
		load->n, load->n == 1 ? "" : "s", seconds);
	report_line("sent", load->put, driver->unit, seconds, "");
	if (driver->counts_painted)
		report_line(
			"painted", load->painted, driver->unit, seconds, driver->proof);
	else
		printf("%-10sunknown: %s\n", "painted", driver->proof);
	if (load->checked)
		printf("%-10s%" PRIu64 " of %" PRIu64 " pixels read back as they were "
		       "painted\n",
			"verified", load->checked - load->wrong, load->checked);
	if (load->retries)
		printf("%-10s%" PRIu64 " requests came too early and were repeated\n",
			"waited", load->retries);
	fflush(stdout);
}

static int
results_check(const struct load_run *load)
{
	if (load->failed)
		return console_error(
			-EIO, "%u of %u connections failed", load->failed, load->n);
	if (load->wrong)
		return console_error(-EIO,
			"%" PRIu64 " pixels have another colour: the server "
			"loses some, or others paint there",
			load->wrong);
	if (load->driver->counts_painted && load->put && !load->painted)
		return console_error(-EIO, "the server painted nothing");
	return 0;
}

int
verb_load(const struct options *options)
{
	struct load_run load = {
		.options = options,
		.driver = driver_for(&options->target),
		.n = options->connections,
	};
	int ret = connections_check(options);

	if (ret < 0)
		return ret;
	load.workers = calloc(load.n, sizeof(*load.workers));
	if (!load.workers)
		return console_error(-ENOMEM, "out of memory for %u connections", load.n);
	ret = workers_open(&load);
	if (ret == 0)
		ret = workers_start(&load);
	if (ret == 0)
		show_progress(&load);
	workers_join(&load);
	if (ret == 0) {
		report_print(&load);
		ret = results_check(&load);
	}
	for (unsigned i = 0; i < load.n; i++)
		connection_close(&load.workers[i].connection);
	free(load.workers);
	return ret;
}
