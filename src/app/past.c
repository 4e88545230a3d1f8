/* SPDX-License-Identifier: MIT */
/* Looks up what the canvas showed at a moment. */
#include "app/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

int
past_open(struct past *past, const struct mural_rect *rect)
{
	struct mural_moment *moment = &past->moment;
	int ret = -ENOMEM;

	past->rect = *rect;
	past->line = malloc(rect->width * sizeof(*past->line));
	if (past->line)
		ret = *past->file ? mural_history_open(past->file, &past->history)
				  : -ENOENT;
	if (ret == 0) {
		ret = mural_history_seek(past->history, past->at_ms, moment);
		past->found_ms = moment->time_ms;
		if (ret == 0)
			ret = -ENOENT;
		else if (ret > 0)
			ret = moment->time_ms > past->at_ms ? -ENODATA : 0;
	}
	if (ret < 0)
		past_close(past);
	return ret;
}

/* What the canvas had not then is background. */
const uint32_t *
past_row(struct past *past, uint32_t y)
{
	const struct mural_moment *moment = &past->moment;
	const struct mural_rect *rect = &past->rect;
	const uint32_t *row =
		moment->pixels + (size_t)(rect->y + y) * moment->width + rect->x;
	uint32_t x = 0;

	if (rect->y + y < moment->height && rect->x < moment->width)
		x = MIN(rect->width, moment->width - rect->x);
	if (x == rect->width)
		return row;
	if (x > 0)
		memcpy(past->line, row, x * sizeof(*row));
	for (; x < rect->width; x++)
		past->line[x] = past->background;
	return past->line;
}

void
past_close(struct past *past)
{
	mural_history_close(past->history);
	free(past->line);
	past->history = NULL;
	past->line = NULL;
}
