/* SPDX-License-Identifier: MIT */
/* Looks up what the canvas showed at a moment. */
#include "app/past.h"

#include <errno.h>

#include <mural/history.h>

static uint32_t
pixel_then(const struct past *past, const struct mural_moment *moment, uint32_t x,
	uint32_t y)
{
	if (x >= moment->width || y >= moment->height)
		return past->background;
	return moment->pixels[(size_t)y * moment->width + x];
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
	for (uint32_t y = rect->y; y < rect->y + rect->height && ret == 0; y++)
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++)
			*pixels++ = pixel_then(past, &moment, x, y);
	mural_history_close(history);
	return ret;
}
