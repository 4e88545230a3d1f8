/* SPDX-License-Identifier: MIT */
/* A small recorded wall that is painted at random, and what its recording holds. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <mural/history.h>

#include "support/recorded-wall.h"

enum { WIDTH = 100, HEIGHT = 70, PIXELS = WIDTH * HEIGHT };

static inline void
wall_begin_sized(struct wall *wall, uint32_t width, uint32_t height)
{
	wall_begin_on(wall, width, height, 0xff204060);
}

static inline void
wall_begin(struct wall *wall)
{
	wall_begin_sized(wall, WIDTH, HEIGHT);
}

static inline void
paint(struct wall *wall, int n)
{
	for (int i = 0; i < n; i++) {
		uint32_t x = random() % wall->brush.width;
		uint32_t y = random() % wall->brush.height;

		mural_put(&wall->brush, x, y, 0xff000000 | random());
	}
	canvas_publish(&wall->canvas, &wall->brush);
}

static inline void
copy(struct wall *wall, uint32_t *pixels)
{
	mural_reader_copy(
		wall->record.autosave.reader, 0, 0, WIDTH, HEIGHT, pixels, WIDTH);
}

static inline struct mural_history *
open_history(void)
{
	struct mural_history *history = NULL;

	assert_int_equal(mural_history_open(file, &history), 0);
	return history;
}

static inline size_t
slurp(uint8_t **bytes)
{
	FILE *in = fopen(file, "rb");
	struct stat st;

	assert_non_null(in);
	assert_int_equal(fstat(fileno(in), &st), 0);
	*bytes = malloc(st.st_size);
	assert_int_equal(fread(*bytes, 1, st.st_size, in), st.st_size);
	fclose(in);
	return st.st_size;
}
