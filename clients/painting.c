/* SPDX-License-Identifier: MIT */
/* Paints what a picture shows over one connection: once, in a loop, or as an animation.
 */
#include "painting.h"

#include <errno.h>
#include <stdlib.h>

#include "console.h"
#include "random.h"

/* As long as each round paints something that the server dropped before. */
#define ROUNDS 20
#define IDLE (CLOCK_SECOND / 2)

struct stroke {
	int64_t x, y;
	uint32_t argb;
};

static struct stroke
stroke_of(const struct painting *painting, uint32_t pixel)
{
	const struct image *image = painting->image;
	uint32_t argb = image->pixels[pixel];

	if (!painting->connection.alpha)
		argb |= 0xff000000;
	return (struct stroke){
		.x = (int64_t)painting->at_x + pixel % image->width,
		.y = (int64_t)painting->at_y + pixel / image->width,
		.argb = argb,
	};
}

/* Where colours cannot be translucent, half of the alpha decides. */
static bool
is_visible(const struct painting *painting, uint32_t argb)
{
	return painting->connection.alpha ? argb >> 24 != 0 : argb >> 31 != 0;
}

static bool
is_on_wall(const struct painting *painting, const struct stroke *stroke)
{
	const struct wall_area *wall = &painting->connection.wall;

	if (!wall->width)
		return true;
	return stroke->x >= wall->x && stroke->x < (int64_t)wall->x + wall->width &&
	       stroke->y >= wall->y && stroke->y < (int64_t)wall->y + wall->height;
}

int
painting_init(struct painting *painting)
{
	const struct image *first = &painting->frames->all[0].image;
	size_t most = (size_t)first->width * first->height / painting->shares + 1;

	painting->order = malloc(most * sizeof(*painting->order));
	if (painting->order)
		return 0;
	return console_error(-ENOMEM, "out of memory for the order of pixels");
}

void
painting_finish(struct painting *painting)
{
	connection_close(&painting->connection);
	free(painting->order);
}

/* The share's pixels of an image that differ from those of the one painted before it,
 * which may be NULL. */
static void
order_fill(
	struct painting *painting, const struct image *image, const struct image *before)
{
	uint32_t all = image->width * image->height;

	painting->image = image;
	painting->n = 0;
	painting->outside = 0;
	for (uint32_t i = 0; i < all; i++) {
		struct stroke stroke = stroke_of(painting, i);
		uint32_t argb = image->pixels[i];

		if (!is_visible(painting, argb))
			continue;
		if (!is_on_wall(painting, &stroke)) {
			painting->outside++;
			continue;
		}
		painting->visible++;
		if (i % painting->shares == painting->share &&
			(!before || before->pixels[i] != argb))
			painting->order[painting->n++] = i;
	}
}

static int
nothing_to_paint(const struct painting *painting)
{
	const struct wall_area *wall = &painting->connection.wall;

	if (!painting->outside)
		return console_error(
			-EINVAL, "%s is transparent all over", painting->options->file);
	return console_error(-ERANGE,
		"all of %s lies outside the wall of %ux%u; change --at",
		painting->options->file, wall->width, wall->height);
}

/* ------------------------------------------------------------------ rounds */

bool
painting_is_animation(const struct painting *painting)
{
	return painting->frames->n > 1;
}

static bool
is_repeated(const struct painting *painting)
{
	return painting->options->loop || painting_is_animation(painting);
}

/* A bar for each round; after the first, that of a loop or an animation only counts,
 * since there may be thousands of rounds a second. */
static void
show_round(struct painting *painting)
{
	const char *unit = painting->connection.driver->unit;

	if (painting->share)
		return;
	if (painting->rounds == 0 || !is_repeated(painting)) {
		progress_start(unit, painting->n * painting->shares);
	} else if (painting->rounds == 1) {
		painting->counted = painting->connection.put;
		progress_start(unit, 0);
	}
	if (painting->rounds < 2)
		painting->rounds++;
}

/* As if all connections were equally far. */
static void
show_progress(const struct painting *painting, uint64_t done)
{
	if (painting->share)
		return;
	if (is_repeated(painting) && painting->rounds > 1)
		done = painting->connection.put - painting->counted;
	progress_update(done * painting->shares);
}

/* Each pixel once. */
static int
paint_round(struct painting *painting, bool is_first)
{
	struct connection *connection = &painting->connection;
	const struct driver *driver = connection->driver;
	uint64_t without = 0;
	size_t already = 0;
	int ret = 0;

	if (painting->options->random)
		random_shuffle(painting->order, painting->n, &painting->random);
	for (size_t i = 0; i < painting->n && !stop_requested(); i++) {
		struct stroke stroke = stroke_of(painting, painting->order[i]);
		int32_t x = (int32_t)stroke.x, y = (int32_t)stroke.y;

		if (driver->shows && driver->shows(connection, x, y, stroke.argb)) {
			already++;
		} else if ((ret = connection_put(connection, x, y, stroke.argb)) ==
			   -ERANGE) {
			without++;
		} else if (ret < 0) {
			return ret;
		}
		/* slow protocols move the bar with each pixel */
		if (i % 64 == 0 || connection->pace.rate || !driver->flush)
			show_progress(painting, i + 1);
	}
	if (is_first)
		painting->already = already;
	if (painting->n && without == painting->n)
		return console_error(-ERANGE,
			"this protocol cannot address a single pixel of it; change --at");
	if (without > painting->outside)
		painting->outside = without;
	return stop_requested() ? -EINTR : 0;
}

/* Pixels that the server does not show although they were sent. */
static size_t
count_missing(struct painting *painting)
{
	struct connection *connection = &painting->connection;
	size_t missing = 0;

	if (!connection->driver->shows)
		return 0;
	for (size_t i = 0; i < painting->n; i++) {
		struct stroke stroke = stroke_of(painting, painting->order[i]);

		missing += !connection->driver->shows(
			connection, (int32_t)stroke.x, (int32_t)stroke.y, stroke.argb);
	}
	return missing;
}

/* The part of the wall that the image covers. */
static struct wall_area
covered_area(const struct painting *painting)
{
	return (struct wall_area){
		.x = painting->at_x,
		.y = painting->at_y,
		.width = painting->image->width,
		.height = painting->image->height,
	};
}

static int
paint_begin(struct painting *painting)
{
	struct wall_area area = covered_area(painting);
	const struct driver *driver = painting->connection.driver;

	return driver->begin ? driver->begin(&painting->connection, &area) : 0;
}

/* Paints the image once, and again what was lost. */
static int
paint_once(struct painting *painting)
{
	size_t before = SIZE_MAX;
	int ret = paint_begin(painting);

	painting->missing = 0;
	for (int i = 0; ret == 0 && i < ROUNDS; i++) {
		show_round(painting);
		ret = paint_round(painting, i == 0);
		if (ret == 0)
			ret = connection_settle(&painting->connection);
		painting->missing = count_missing(painting);
		if (painting->missing == 0 || painting->missing >= before)
			break;
		before = painting->missing;
	}
	return ret;
}

static int
paint_for_ever(struct painting *painting)
{
	uint64_t before;
	int ret;

	do {
		before = painting->connection.put;
		ret = paint_once(painting);
		/* the image is intact */
		if (ret == 0 && painting->connection.put == before)
			clock_sleep_until(clock_now() + IDLE);
	} while (ret == 0 && !stop_requested());
	return ret == -EINTR ? 0 : ret;
}

/* Each frame at its time; those that come too late are left out, but the first. */
static int
play_once(struct painting *painting, int64_t *due)
{
	const struct image *before = NULL;
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < painting->frames->n; i++) {
		const struct frame *frame = &painting->frames->all[i];

		*due += frame->ms * CLOCK_MS;
		if (*due < clock_now() && before && i + 1 < painting->frames->n)
			continue;
		order_fill(painting, &frame->image, before);
		before = &frame->image;
		if (painting->n)
			ret = paint_once(painting);
		if (ret == 0)
			clock_wait_until(*due);
		if (ret == 0 && stop_requested())
			ret = -EINTR;
	}
	return ret;
}

static int
play(struct painting *painting)
{
	int64_t due = clock_now(), now;
	int ret;

	do {
		ret = play_once(painting, &due);
		if (ret == 0 && !painting->visible)
			return nothing_to_paint(painting);
		now = clock_now();
		if (due < now)
			due = now;
	} while (ret == 0 && painting->options->loop);
	return ret == -EINTR && painting->options->loop ? 0 : ret;
}

int
painting_run(struct painting *painting)
{
	painting->visible = 0;
	if (painting_is_animation(painting))
		return play(painting);
	order_fill(painting, &painting->frames->all[0].image, NULL);
	if (!painting->visible)
		return nothing_to_paint(painting);
	return painting->options->loop ? paint_for_ever(painting) : paint_once(painting);
}
