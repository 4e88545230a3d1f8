/* SPDX-License-Identifier: MIT */
/* The films that there are. */
#ifndef HTTP_HISTORY_H
#define HTTP_HISTORY_H

#include "film.h"
#include "wall-film.h"

struct history {
	struct film *board, *wall;
	struct wall_wish wish; /* of the wall's film: which moments it shows */
};

#endif
