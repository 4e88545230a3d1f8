/* SPDX-License-Identifier: MIT */
/*
 * What operators and their monitoring ask for: /metrics and /healthz; and for the
 * audience /invite, the commands that paint a pixel, and /figures.json, the last hour.
 *
 * The folder may use web/ and the board, and reads what murald counts for all plugins.
 * It must never change any of it.
 */
#pragma once

#include <stdint.h>

#include "http/ops/hour.h"
#include "http/web/web.h"

struct board;

/* The state of the display when healthz last saw it in order. */
struct health {
	uint64_t frames, painted;
	uint64_t
		behind_ms; /* since when there are pixels that it did not show; 0: none */
};

struct ops {
	const struct board *board;
	struct health health;
	struct hour hour;
};

extern const struct route ops_routes[]; /* subject: struct ops */

enum MHD_Result metrics_answer(struct request *request);
enum MHD_Result hints_answer(struct request *request);
