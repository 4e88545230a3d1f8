/* SPDX-License-Identifier: MIT */
/* Pixels a second, as viewers are told them once a second. */
#ifndef HTTP_VIEWERS_PPS_H
#define HTTP_VIEWERS_PPS_H

#include <stddef.h>
#include <stdint.h>

#include <mural/plugin.h>

/* What an instance had painted when last looked at. */
struct pps_sample {
	const void *instance;
	uint64_t painted;
};

/* Starts as zeros. */
struct pps {
	struct pps_sample *last;
	size_t n;
	uint64_t updated_ms;
	uint64_t painted, per_second, viewers; /* of all instances, at the last look */
};

/* Looks at all instances.  With `live`, the text for /live in *live, to be freed; NULL
 * there: out of memory.  `frame`: the number of the last frame. */
void pps_update(struct pps *pps, struct mural_host *host, uint64_t now_ms, uint32_t frame,
	char **live);

void pps_finish(struct pps *pps);

#endif
