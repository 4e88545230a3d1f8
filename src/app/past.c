/* SPDX-License-Identifier: MIT */
/* Looks up what the canvas showed at a moment. */
#include "app/past.h"

#include <errno.h>
#include <string.h>

#include <mural/history.h>

#include "base/util.h"

/* What the canvas had not then is background. */
static void
draw_row(const struct past *past, const struct mural_moment *moment,
	const struct mural_rect *rect, uint32_t y, uint32_t *pixels)
{
	uint32_t x = 0;

	if (y < moment->height && rect->x < moment->width) {
		x = MIN(rect->width, moment->width - rect->x);
		memcpy(pixels, moment->pixels + (size_t)y * moment->width + rect->x,
			x * sizeof(*pixels));
	}
	for (; x < rect->width; x++)
		pixels[x] = past->background;
}

int
past_draw(struct past *past, const struct mural_rect *rect, uint32_t *pixels)
{
	struct mural_history *history = NULL;
	struct mural_moment moment = { 0 };
	int ret = *past->file ? mural_history_open(past->file, &history) : -ENOENT;

	if (ret < 0)
		return ret;
	ret = mural_history_seek(history, past->at_ms, &moment);
	past->found_ms = moment.time_ms;
	if (ret == 0)
		ret = -ENOENT;
	else if (ret > 0)
		ret = moment.time_ms > past->at_ms ? -ENODATA : 0;
	for (uint32_t y = 0; y < rect->height && ret == 0; y++)
		draw_row(past, &moment, rect, rect->y + y,
			pixels + (size_t)y * rect->width);
	mural_history_close(history);
	return ret;
}
