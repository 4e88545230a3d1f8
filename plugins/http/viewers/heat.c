/* SPDX-License-Identifier: MIT */
/* Counts in which tenths of a second each tile was painted, and forgets them slowly. */
#include "http/viewers/heat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/viewers/viewers.h"
#include "lib/png.h"

#define STEP_MS 100

/* In each step a tile loses a 512th: half of it in 35 seconds. */
#define FORGET_SHIFT 9

/* The steps after which nothing is left. */
#define FORGOTTEN_STEPS 12000

#define HEAT_MOST (1u << 24)

/* How long an answer is good for. */
#define ANSWER_MS 1000

#define GREY_MOST 255

/* ------------------------------------------------------------------ counting */

/* What is left of 1 << 32. */
static uint64_t
left_after(uint64_t steps)
{
	uint64_t left = UINT64_C(1) << 32;

	if (steps >= FORGOTTEN_STEPS)
		return 0;
	for (; steps > 0; steps--)
		left -= left >> FORGET_SHIFT;
	return left;
}

static void
cool(struct heat *heat)
{
	uint64_t steps = (uv_now(heat->step.loop) - heat->at_ms) / STEP_MS;
	uint64_t left = left_after(steps);

	if (steps == 0)
		return;
	heat->at_ms += steps * STEP_MS;
	for (size_t i = 0; i < (size_t)heat->view->tiles_x * heat->view->tiles_y; i++)
		heat->tiles[i] = (uint32_t)(heat->tiles[i] * left >> 32);
}

static void
warm(struct heat *heat)
{
	if (!mural_reader_take(heat->reader, heat->taken))
		return;
	for (uint32_t i = 0; mural_tiles_next(heat->view, heat->taken, &i); i++) {
		heat->tiles[i] += HEAT_MOST >> FORGET_SHIFT;
		if (heat->tiles[i] > HEAT_MOST)
			heat->tiles[i] = HEAT_MOST;
	}
}

static void sleep_until_painted(struct heat *heat);

static void
on_step(uv_timer_t *step)
{
	struct heat *heat = step->data;

	cool(heat);
	warm(heat);
	sleep_until_painted(heat);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	struct heat *heat = wakeup->data;

	(void)status;
	(void)events;
	uv_poll_stop(wakeup);
	uv_timer_start(&heat->step, on_step, STEP_MS, 0);
}

static void
sleep_until_painted(struct heat *heat)
{
	if (mural_reader_arm(heat->reader))
		uv_timer_start(&heat->step, on_step, STEP_MS, 0);
	else
		uv_poll_start(&heat->wakeup, UV_READABLE, on_wakeup);
}

/* ----------------------------------------------------------------- /heat.png */

static uint8_t
grey_of(uint32_t warmth)
{
	uint64_t wanted = (uint64_t)warmth * (GREY_MOST * GREY_MOST * GREY_MOST);
	uint64_t grey = 0;

	for (uint64_t bit = 128; bit > 0; bit >>= 1) {
		uint64_t more = grey | bit;

		if (more * more * more * HEAT_MOST <= wanted)
			grey = more;
	}
	return (uint8_t)grey;
}

static int
fill_row(void *arg, uint32_t y, uint8_t *row)
{
	const struct heat *heat = arg;
	const uint32_t *tiles = heat->tiles + (size_t)y * heat->view->tiles_x;

	for (uint32_t x = 0; x < heat->view->tiles_x; x++)
		memset(row + 3 * (size_t)x, grey_of(tiles[x]), 3);
	return 0;
}

static void
make_answer(struct heat *heat)
{
	const struct png_picture picture = {
		.width = heat->view->tiles_x,
		.height = heat->view->tiles_y,
		.effort = PNG_QUICK,
		.fill_row = fill_row,
		.arg = heat,
	};

	response_release(&heat->answer);
	cool(heat);
	if (png_encode_bytes(&picture, &heat->png, &heat->len) < 0)
		return;
	heat->answer =
		response_new(heat->png, heat->len, MHD_RESPMEM_MUST_FREE, "image/png");
	heat->answered_ms = uv_now(heat->step.loop);
}

enum MHD_Result
heat_answer(struct request *request)
{
	struct viewers *viewers = request->subject;
	struct heat *heat = &viewers->heat;

	if (!heat->answer || uv_now(heat->step.loop) - heat->answered_ms >= ANSWER_MS)
		make_answer(heat);
	if (!heat->answer)
		return reply_no_memory(request);
	return reply_shared_bytes(
		request, heat->answer, "image/png", heat->png, heat->len);
}

/* --------------------------------------------------------------- start, stop */

static void
free_tiles(struct heat *heat)
{
	mural_reader_free(heat->reader);
	free(heat->taken);
	free(heat->tiles);
}

static int
allocate_tiles(struct heat *heat, struct mural_host *host)
{
	heat->reader = mural_watch(host);
	if (!heat->reader)
		return -ENOMEM;
	heat->view = mural_reader_view(heat->reader);
	heat->taken = calloc(heat->view->words, sizeof(*heat->taken));
	heat->tiles = calloc(
		(size_t)heat->view->tiles_x * heat->view->tiles_y, sizeof(*heat->tiles));
	return heat->taken && heat->tiles ? 0 : -ENOMEM;
}

int
heat_start(struct heat *heat, struct web *web)
{
	uv_loop_t *loop = web->host->loop;

	if (allocate_tiles(heat, web->host) < 0) {
		free_tiles(heat);
		*heat = (struct heat){ 0 };
		return -ENOMEM;
	}
	heat->web = web;
	heat->at_ms = uv_now(loop);
	uv_timer_init(loop, &heat->step);
	uv_poll_init(loop, &heat->wakeup, mural_reader_fd(heat->reader));
	heat->step.data = heat->wakeup.data = heat;
	web_hold(web);
	web_hold(web);
	(void)mural_reader_take(heat->reader, heat->taken); /* all of it, at first */
	sleep_until_painted(heat);
	return 0;
}

void
heat_stop(struct heat *heat)
{
	if (!heat->web)
		return;
	response_release(&heat->answer);
	web_close_handle(heat->web, (uv_handle_t *)&heat->step);
	web_close_handle(heat->web, (uv_handle_t *)&heat->wakeup);
	free_tiles(heat);
	heat->web = NULL;
}
