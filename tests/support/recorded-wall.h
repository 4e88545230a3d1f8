/* SPDX-License-Identifier: MIT */
/* A wall that is recorded when the test says so, into a file of its folder. */
#pragma once

#include <stdlib.h>

#include "canvas/canvas.h"
#include "storage/record.h"
#include "support/folder.h"

struct wall {
	uv_loop_t loop;
	struct canvas canvas;
	struct mural_brush brush;
	struct record record;
	struct config_record config;
};

static const char file[] = "wall";

static inline int
no_files(__attribute__((unused)) void **state)
{
	return system("rm -rf ./*");
}

/* *wall is zeros, but for its config. */
static inline void
wall_begin_on(struct wall *wall, uint32_t width, uint32_t height, uint32_t background)
{
	wall->config.file = file;
	if (wall->config.interval == 0)
		wall->config.interval = 3600 * 1000;
	srandom(1); /* for what is painted */
	assert_int_equal(uv_loop_init(&wall->loop), 0);
	assert_int_equal(canvas_init(&wall->canvas, width, height, background), 0);
	assert_int_equal(
		canvas_brush_init(&wall->canvas, &wall->brush, 0, 0, width, height), 0);
	assert_int_equal(
		record_start(&wall->record, &wall->config, &wall->canvas, &wall->loop),
		0);
}

static inline void
wall_end(struct wall *wall)
{
	record_stop(&wall->record);
	canvas_brush_finish(&wall->brush);
	canvas_finish(&wall->canvas);
	assert_int_equal(uv_loop_close(&wall->loop), 0);
}

/* One interval is over. */
static inline void
record(struct wall *wall)
{
	autosave_run_now(&wall->record.autosave);
	while (wall->record.autosave.saving)
		uv_run(&wall->loop, UV_RUN_ONCE);
}
