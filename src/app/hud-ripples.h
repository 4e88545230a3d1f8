/* SPDX-License-Identifier: MIT */
/*
 * Finds where slow protocols painted, whose pixels nobody would notice: the HUD marks
 * these with a ripple.  A protocol is slow if it painted at most 20 pixels in the last
 * second; a service, which paints cells, at most 20 cells.
 *
 * A hash of each pixel is kept, a byte, so that those which changed are found in the
 * tiles that did.  What is found is a slow protocol's if no other one painted meanwhile.
 * It looks at most 30 times a second, and in a flood not at all; an idle wall causes no
 * wake-up.  The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "canvas/canvas.h"
#include "hud/hud.h"
#include "ingest/ingest.h"

/* More instances than these are not slow. */
enum { HUD_RIPPLES_INSTANCES = 16 };

struct hud_ripples {
	struct hud *hud; /* NULL: not started */
	const struct ingest *ingest;
	const struct mural_view *view;
	struct mural_reader *reader;
	uint64_t *tiles;
	uint8_t *seen;     /* a hash of each pixel ... */
	bool knows;        /* ... as it is, but for what the reader has */
	uv_poll_t changed; /* polled while nothing changes */
	uv_timer_t again;  /* runs after each look */

	/* Of the open instances, in their order. */
	struct hud_ripples_rate {
		const struct instance *instance;
		uint64_t counted,
			begun;   /* pixels at the last look; when the second began */
		uint64_t before; /* pixels in the second before */
	} rates[HUD_RIPPLES_INSTANCES];
	uint64_t second_ns;

	uint32_t n;
	struct hud_ripple ripples[HUD_RIPPLES_MAX];
};

/* 0 or -ENOMEM, logged; then there are none. */
int hud_ripples_start(struct hud_ripples *ripples, struct hud *hud,
	const struct ingest *ingest, struct canvas *canvas, uv_loop_t *loop);

/* Its handles are closed once the loop has turned.  Accepts what never started. */
void hud_ripples_stop(struct hud_ripples *ripples);
