/* SPDX-License-Identifier: MIT */
/*
 * The heat map: where was painted much of late, by whatever protocol.
 *
 *	GET /heat.png
 *
 * A small grey picture with a pixel for each tile of the canvas.  255: it was painted all
 * the time in the last minute or so; 128: an eighth of it, for grey is the cube root, so
 * that a single ping is seen beside a flood; 0: not at all.
 *
 * A number for each tile, however much is painted.  While nobody paints it sleeps.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "http/web/web.h"

/* Starts as zeros. */
struct heat {
	struct web *web; /* NULL: not started */
	struct mural_reader *reader;
	const struct mural_view *view;
	uint64_t *taken;
	uint32_t *tiles; /* HEAT_MOST: all the time */
	uint64_t at_ms;  /* they are of then */
	uv_poll_t wakeup;
	uv_timer_t step;
	struct MHD_Response *answer; /* NULL: nobody asked yet */
	uint8_t *png;                /* its own */
	size_t len;
	uint64_t answered_ms; /* when it was made */
};

/* 0 or -ENOMEM; heat_stop() accepts both. */
int heat_start(struct heat *heat, struct web *web);
void heat_stop(struct heat *heat);

enum MHD_Result heat_answer(struct request *request);
