/* SPDX-License-Identifier: MIT */
/* The films that there are. */
#ifndef HTTP_HISTORY_TIMELAPSE_ROUTE_H
#define HTTP_HISTORY_TIMELAPSE_ROUTE_H

#include "http/history/gif-job.h"
#include "http/history/gif-wall.h"

struct timelapse {
	struct gif_job *board, *wall;
	struct wall_gif_range range; /* of the wall's film: which moments it shows */
};

#endif
