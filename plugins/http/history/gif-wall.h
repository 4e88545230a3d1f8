/* SPDX-License-Identifier: MIT */
/* The wall's film: whoever painted it, from what was recorded. */
#ifndef HTTP_HISTORY_GIF_WALL_H
#define HTTP_HISTORY_GIF_WALL_H

#include "http/history/gif-job.h"

/* The moments of history->wish, or, when those are more than a film has frames, so many
 * of them, evenly spread; in 252 colours.  Of moments of different sizes the last one's
 * is the film's, and the others are cut. */
extern const struct gif_job_ops wall_gif_ops;

/* Which moments. */
struct wall_gif_range {
	int64_t from_ms, to_ms;
};

#endif
