/* SPDX-License-Identifier: MIT */
/* Computes pixels per second of all instances, and the message for /live about them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <mural/plugin.h>

/* What an instance had painted at the last update. */
struct pps_sample {
	const void *instance;
	uint64_t painted;
};

/* Starts as zeros. */
struct pps {
	struct pps_sample *last;
	size_t n;
	uint64_t updated_ms;
	uint64_t painted, per_second, viewers; /* of all instances, at the last update */
};

/* Samples all instances.  If `live` is not NULL, *live becomes the message for /live, to
 * be freed, or NULL: out of memory.  `frame` is the number of the last frame. */
void pps_update(struct pps *pps, struct mural_host *host, uint64_t now_ms, uint32_t frame,
	char **live);

/* Milliseconds since 1970, as the messages of /live tell them, in seconds. */
uint64_t pps_clock_ms(void);

void pps_finish(struct pps *pps);
