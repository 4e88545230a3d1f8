/* SPDX-License-Identifier: MIT */
/* The wall's film: whoever painted it, from what was recorded. */
#ifndef WALL_FILM_H
#define WALL_FILM_H

#include "film.h"

/* The moments of history->wish, or, when those are more than a film has frames, so many
 * of them, evenly spread; in 252 colours.  Of moments of different sizes the last one's
 * is the film's, and the others are cut. */
extern const struct film_source wall_film_source;

/* Which moments. */
struct wall_wish {
	int64_t from_ms, to_ms;
};

#endif
