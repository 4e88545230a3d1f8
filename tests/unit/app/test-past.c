/* SPDX-License-Identifier: MIT */
/* Any part of any moment of a recording, against pictures that were taken then. */
#include "app/past.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "support/recorded-wall.h"

#define BACKGROUND 0xff204060

enum { SIDE = 110, MOMENTS = 12, WALLS = 40, PARTS = 60 };

static struct {
	uint32_t width, height; /* of the wall */
	uint32_t seen[MOMENTS][SIDE * SIDE];
	int64_t at_ms[MOMENTS];
} then;

static uint32_t
below(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* A part within a size, of one pixel at least. */
static struct mural_rect
any_part(uint32_t width, uint32_t height)
{
	struct mural_rect at = { .x = below(width), .y = below(height) };

	at.width = 1 + below(width - at.x);
	at.height = 1 + below(height - at.y);
	return at;
}

/* Rows that change as a whole, rows that do in part, and single pixels. */
static void
paint_anything(struct wall *wall)
{
	const struct mural_rect at = any_part(then.width, then.height);

	for (uint32_t i = below(4); i > 0; i--)
		mural_put(&wall->brush, below(then.width), below(then.height),
			0xff000000 | (uint32_t)random());
	if (below(4) == 0)
		mural_fill(&wall->brush, 0, 0, then.width, then.height,
			0xff000000 | (uint32_t)random());
	mural_fill(&wall->brush, at.x, at.y, at.width, at.height,
		0xff000000 | (uint32_t)random());
	canvas_publish(&wall->canvas, &wall->brush);
}

/* Of a wall with any sides. */
static void
record_wall(unsigned seed)
{
	struct wall wall = { 0 };

	(void)no_files(NULL);
	wall_begin_on(&wall, then.width, then.height, BACKGROUND);
	srandom(seed);
	for (int i = 0; i < MOMENTS; i++) {
		do {
			paint_anything(&wall);
			record(&wall);
		} while (i > 0 && wall.record.last_ms == then.at_ms[i - 1]);
		then.at_ms[i] = wall.record.last_ms;
		mural_reader_copy(wall.record.autosave.reader, 0, 0, then.width,
			then.height, then.seen[i], then.width);
	}
	wall_end(&wall);
}

/* Of a canvas that may have grown since. */
static void
check_part(int moment)
{
	const struct mural_rect at = any_part(then.width + 9, then.height + 9);
	struct past past = {
		.file = file, .at_ms = then.at_ms[moment], .background = BACKGROUND
	};

	assert_int_equal(past_open(&past, &at), 0);
	assert_int_equal(past.found_ms, then.at_ms[moment]);
	for (uint32_t y = 0; y < at.height; y++) {
		const uint32_t *row = past_row(&past, y);

		for (uint32_t x = 0; x < at.width; x++)
			assert_int_equal(row[x],
				at.x + x < then.width && at.y + y < then.height
					? then.seen[moment]
						   [(at.y + y) * then.width + at.x + x]
					: BACKGROUND);
	}
	past_close(&past);
}

TEST(any_part_of_any_moment_is_as_it_was)
{
	for (unsigned seed = 1; seed <= WALLS; seed++) {
		srandom(seed);
		then.width = 1 + below(SIDE);
		then.height = 1 + below(SIDE);
		record_wall(seed);
		for (int i = 0; i < PARTS; i++)
			check_part((int)below(MOMENTS));
	}
}

TEST(nothing_is_open_after_a_failure)
{
	const struct mural_rect at = { 0, 0, 1, 1 };
	struct past past = { .file = "" };

	assert_int_equal(past_open(&past, &at), -ENOENT);
	past.file = "there-is-none";
	assert_int_equal(past_open(&past, &at), -ENOENT);
	then.width = then.height = 1;
	record_wall(1);
	past = (struct past){ .file = file, .at_ms = then.at_ms[0] - 1 };
	assert_int_equal(past_open(&past, &at), -ENODATA);
	assert_int_equal(past.found_ms, then.at_ms[0]);
	assert_null(past.history);
	assert_null(past.line);
}

UNIT_TESTS(enter_folder, leave_folder)
