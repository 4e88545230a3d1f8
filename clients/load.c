/* SPDX-License-Identifier: MIT */
/*
 * muralctl load: many connections paint as fast as they can, and then one asks what came
 * of it.  Each connection has a thread and, unless its driver floods by itself, a strip
 * of the wall.  The clock stops when the last connection has its answer.
 */
#include "verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "say.h"

#define UNKNOWN_SIDE 64 /* of the square painted where the size is not known */
#define TICK (CLOCK_SECOND / 20)
#define STACK (256 << 10)

struct lane {
	struct session session;
	struct area area;
	pthread_t thread;
	bool started;
	atomic_bool done;
	int64_t end, finished;
	uint64_t checked, wrong;
	int ret;
};

struct crowd {
	const struct options *options;
	const struct driver *driver;
	struct lane *lanes;
	unsigned n;
	int64_t start, finished;
	uint64_t put, painted, repeated, checked, wrong;
	unsigned failed;
};

/* ------------------------------------------------------------------ one lane */

/* Any pixel of the strip in any colour.  At random: where a server drops most of them,
 * those that get through should not always be the same. */
static int
paint_strip(struct lane *lane)
{
	const struct area *area = &lane->area;
	struct session *session = &lane->session;
	uint64_t random = (uint64_t)lane->end + session->number, without = 0;
	uint64_t n = (uint64_t)area->width * area->height;

	while (clock_now() < lane->end && !stop_asked()) {
		uint64_t pixel;
		int ret;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		pixel = (random >> 33) % n;
		ret = session_put(session, area->x + (int32_t)(pixel % area->width),
			area->y + (int32_t)(pixel / area->width),
			0xff000000 | (uint32_t)(random >> 16 & 0xffffff));
		if (ret < 0 && ret != -ERANGE)
			return ret;
		without += ret == -ERANGE;
		if (without > n && session->put == 0)
			return say_error(-ERANGE, "%s: there is no pixel at --at",
				session->target->text);
	}
	return 0;
}

static void *
run_lane(void *context)
{
	struct lane *lane = context;
	struct session *session = &lane->session;
	const struct driver *driver = session->driver;

	if (driver->flood && !session->pace.rate) {
		lane->ret = driver->flood(
			session, &lane->area, lane->end, &lane->checked, &lane->wrong);
	} else {
		session->end = lane->end;
		lane->ret = driver->begin ? driver->begin(session, &lane->area) : 0;
		if (lane->ret == 0)
			lane->ret = paint_strip(lane);
		/* It waited for its turn: what is done is done. */
		if (lane->ret == -EINTR)
			lane->ret = 0;
		if (lane->ret == 0)
			lane->ret = session_settle(session);
	}
	lane->finished = clock_now();
	lane->done = true;
	return NULL;
}

/* ------------------------------------------------------------------ all lanes */

/* What is flooded: the wall from --at on, or a square there. */
static int
choose_area(const struct crowd *crowd, struct area *area)
{
	const struct options *options = crowd->options;
	struct session *session = &crowd->lanes[0].session;
	struct area *wall = &session->wall;
	int ret = 0;

	*area = (struct area){ options->at_x, options->at_y, UNKNOWN_SIDE, UNKNOWN_SIDE };
	if (crowd->driver->measures || options->width)
		ret = session_measure(session);
	if (ret == -ENODATA && !stop_asked())
		say("%s does not tell its size; I flood %ux%u pixels at %d,%d",
			options->target.text, area->width, area->height, area->x,
			area->y);
	else if (ret < 0)
		return ret;
	if (!wall->width)
		return 0;
	if (area->x < 0 || area->y < 0 || (uint32_t)area->x >= wall->width ||
		(uint32_t)area->y >= wall->height)
		return say_error(-ERANGE, "--at %d,%d lies outside the wall of %ux%u",
			area->x, area->y, wall->width, wall->height);
	area->width = wall->width - (uint32_t)area->x;
	area->height = wall->height - (uint32_t)area->y;
	return 0;
}

/* A strip for each where there are rows enough, else the whole for everybody. */
static struct area
strip(const struct crowd *crowd, const struct area *area, unsigned i)
{
	uint32_t first = (uint32_t)((uint64_t)area->height * i / crowd->n);
	uint32_t last = (uint32_t)((uint64_t)area->height * (i + 1) / crowd->n);
	struct area part = *area;

	if (area->height < crowd->n || crowd->driver->flood)
		return part;
	part.y += (int32_t)first;
	part.height = last - first;
	return part;
}

static int
open_lanes(struct crowd *crowd)
{
	const struct options *options = crowd->options;
	uint64_t rate = options->has_rate ? options->rate : 0;
	struct area area;
	int ret;

	if (rate && rate / crowd->n == 0)
		return say_error(-EINVAL,
			"--rate %" PRIu64 " is less than one for each "
			"of %u connections",
			rate, crowd->n);
	for (unsigned i = 0; i < crowd->n; i++) {
		ret = session_open(&crowd->lanes[i].session, options, i, rate / crowd->n);
		if (ret < 0 || stop_asked())
			return ret < 0 ? ret : -EINTR;
	}
	if ((ret = choose_area(crowd, &area)) < 0)
		return ret;
	for (unsigned i = 0; i < crowd->n; i++)
		crowd->lanes[i].area = strip(crowd, &area, i);
	return 0;
}

static int
start_lanes(struct crowd *crowd)
{
	pthread_attr_t small;
	int ret = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	crowd->start = clock_now();
	for (unsigned i = 0; ret == 0 && i < crowd->n; i++) {
		struct lane *lane = &crowd->lanes[i];

		lane->end = crowd->start + crowd->options->seconds * CLOCK_SECOND;
		ret = -pthread_create(&lane->thread, &small, run_lane, lane);
		lane->started = ret == 0;
	}
	pthread_attr_destroy(&small);
	if (ret < 0)
		return say_error(ret,
			"no thread for another connection: %s; fewer "
			"--connections are wanted",
			strerror(-ret));
	return 0;
}

static bool
is_over(const struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->n; i++)
		if (!crowd->lanes[i].done)
			return false;
	return true;
}

/* Until the time is over, or every connection has failed. */
static void
watch(const struct crowd *crowd)
{
	int64_t length = crowd->options->seconds * CLOCK_SECOND, passed;

	progress_start(NULL, crowd->options->seconds);
	while ((passed = clock_now() - crowd->start) < length && !stop_asked() &&
		!is_over(crowd)) {
		progress_update((uint64_t)(passed / CLOCK_SECOND));
		clock_sleep_until(clock_now() + TICK);
	}
	progress_stop();
}

static void
add_up(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->n; i++) {
		struct lane *lane = &crowd->lanes[i];

		if (!lane->started)
			continue;
		pthread_join(lane->thread, NULL);
		crowd->put += lane->session.put;
		crowd->painted += lane->session.painted;
		crowd->repeated += lane->session.repeated;
		crowd->checked += lane->checked;
		crowd->wrong += lane->wrong;
		crowd->failed += lane->ret < 0;
		if (lane->finished > crowd->finished)
			crowd->finished = lane->finished;
	}
}

/* ------------------------------------------------------------------ the report */

static void
report_line(
	const char *what, uint64_t n, const char *unit, double seconds, const char *more)
{
	char rate[AMOUNT_MAX];

	printf("%-10s%" PRIu64 " %s, %s a second%s%s\n", what, n, unit,
		amount(seconds > 0 ? (double)n / seconds : 0, rate), *more ? ": " : "",
		more);
}

static void
report(const struct crowd *crowd)
{
	const struct driver *driver = crowd->driver;
	double seconds = clock_seconds(crowd->finished - crowd->start);

	printf("%-10s%s, %u connection%s, %.2f s\n", "load", crowd->options->target.text,
		crowd->n, crowd->n == 1 ? "" : "s", seconds);
	report_line("sent", crowd->put, driver->unit, seconds, "");
	if (driver->tells)
		report_line(
			"painted", crowd->painted, driver->unit, seconds, driver->proof);
	else
		printf("%-10sunknown: %s\n", "painted", driver->proof);
	if (crowd->checked)
		printf("%-10s%" PRIu64 " of %" PRIu64 " pixels read back as they were "
		       "painted\n",
			"verified", crowd->checked - crowd->wrong, crowd->checked);
	if (crowd->repeated)
		printf("%-10s%" PRIu64 " tries came too early and were repeated\n",
			"waited", crowd->repeated);
	fflush(stdout);
}

static int
judge(const struct crowd *crowd)
{
	if (crowd->failed)
		return say_error(
			-EIO, "%u of %u connections failed", crowd->failed, crowd->n);
	if (crowd->wrong)
		return say_error(-EIO,
			"%" PRIu64 " pixels have another colour: the server "
			"loses some, or somebody else paints there",
			crowd->wrong);
	if (crowd->driver->tells && crowd->put && !crowd->painted)
		return say_error(-EIO, "the server painted nothing");
	return 0;
}

static int
check(const struct options *options, const struct driver *driver)
{
	if (driver->user_once && options->connections > 1 &&
		!strchr(options->target.user, '%'))
		return say_error(-EINVAL,
			"%s lets a user in once at a time: write %% into the name, it "
			"becomes the number of the connection, from 1",
			options->target.text);
	return 0;
}

int
load(const struct options *options)
{
	struct crowd crowd = {
		.options = options,
		.driver = driver_of(&options->target),
		.n = options->connections,
	};
	int ret = check(options, crowd.driver);

	if (ret < 0)
		return ret;
	crowd.lanes = calloc(crowd.n, sizeof(*crowd.lanes));
	if (!crowd.lanes)
		return say_error(-ENOMEM, "no memory for %u connections", crowd.n);
	ret = open_lanes(&crowd);
	if (ret == 0)
		ret = start_lanes(&crowd);
	if (ret == 0)
		watch(&crowd);
	add_up(&crowd);
	if (ret == 0) {
		report(&crowd);
		ret = judge(&crowd);
	}
	for (unsigned i = 0; i < crowd.n; i++)
		session_close(&crowd.lanes[i].session);
	free(crowd.lanes);
	return ret;
}
