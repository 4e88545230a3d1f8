/* SPDX-License-Identifier: MIT */
/*
 * What lies on the picture, and what is below it: tiles that nobody sees need not be
 * drawn, and when it goes, what it covered is drawn and nothing else.  A buffer that is
 * shown while it is drawn into must not turn black for that.
 *
 * Boxes are of the memory.  The display's thread.
 */
#pragma once

#include "display/scale.h"

/* Adds all tiles of which the box shows some. */
void cover_add_tiles(const struct scale *scale, const struct box *box, uint64_t *tiles);

/* Removes all tiles that are seen within the box and nowhere else. */
void cover_remove_tiles(
	const struct scale *scale, const struct box *box, uint64_t *tiles);

/* Makes black what the box has beside the picture. */
void cover_clear_beside(
	const struct scale *scale, const struct box *box, uint8_t *pixels, size_t pitch);
