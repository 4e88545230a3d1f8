/* SPDX-License-Identifier: MIT */
/* Plays the recording of a wall from its files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mural/history.h>

#include "clock.h"
#include "console.h"
#include "film.h"

struct played {
	struct mural_history *history;
	size_t next; /* the moment that comes next */
};

static void
record_close(struct reel *reel)
{
	struct played *played = reel->state;

	mural_history_close(played->history);
	free(played);
}

/* The pixels are the history's. */
static int
record_show(struct reel *reel, size_t moment)
{
	struct played *played = reel->state;
	struct mural_moment shown = { 0 };
	int ret = 1;

	if (moment < played->next) /* it is the one that is shown */
		return 0;
	for (; ret > 0 && played->next <= moment; played->next++)
		ret = mural_history_next(played->history, &shown);
	if (ret <= 0)
		return console_error(ret ? ret : -ENODATA,
			"the recording cannot be read to its end: %s",
			ret ? strerror(-ret) : "it became shorter");
	reel->shown = (struct image){ .width = shown.width,
		.height = shown.height,
		.pixels = (uint32_t *)shown.pixels };
	return 0;
}

static int
read_times(struct reel *reel, struct played *played)
{
	struct mural_span span;
	struct mural_moment moment;
	int ret = 0, got;

	while (ret == 0 && (got = mural_history_next(played->history, &moment)) > 0)
		ret = stop_requested() ? -EINTR : reel_add_time(reel, moment.time_ms);
	if (ret == 0)
		ret = got;
	/* back to its beginning */
	return ret < 0 ? ret : mural_history_span(played->history, 0, 0, &span);
}

int
reel_open_record(struct reel *reel, const char *file)
{
	struct played *played = calloc(1, sizeof(*played));
	int ret;

	if (!played)
		return console_error(-ENOMEM, "out of memory");
	*reel = (struct reel){
		.show = record_show, .close = record_close, .state = played
	};
	ret = mural_history_open(file, &played->history);
	if (ret == 0)
		ret = read_times(reel, played);
	if (ret == 0)
		return 0;
	record_close(reel);
	free(reel->times_ms);
	return console_error(
		ret, "the recording %s cannot be read: %s", file, strerror(-ret));
}
