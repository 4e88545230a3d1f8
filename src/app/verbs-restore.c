/* SPDX-License-Identifier: MIT */
/* The operator's verb restore: the canvas as it was at a moment of the recording. */
#include <errno.h>
#include <stdlib.h>

#include "app/operators.h"
#include "app/past.h"
#include "app/wall.h"
#include "control/values.h"

struct restore {
	struct control_call *call;
	struct past past;
};

static struct timespec
found_time(const struct past *past)
{
	return (struct timespec){ .tv_sec = past->found_ms / 1000,
		.tv_nsec = past->found_ms % 1000 * 1000000 };
}

static int
open_past(void *arg, const struct mural_rect *rect)
{
	return past_open(&((struct restore *)arg)->past, rect);
}

static const uint32_t *
row_of_past(void *arg, uint32_t y)
{
	return past_row(&((struct restore *)arg)->past, y);
}

static void
close_past(void *arg)
{
	past_close(&((struct restore *)arg)->past);
}

static const struct reins_picture picture = { open_past, row_of_past, close_past };

static void
fail(struct control_call *call, const struct past *past, int error)
{
	char first[VALUE_TIME_MAX];

	if (error == -ENOENT && !*past->file) {
		control_fail(
			call, CONTROL_FAILED, "nothing is recorded; see record.file");
	} else if (error == -ENOENT) {
		control_fail(
			call, CONTROL_FAILED, "%s: nothing is recorded yet", past->file);
	} else if (error == -ENODATA) {
		value_local_time_text(found_time(past), first);
		control_fail(call, CONTROL_UNKNOWN, "the recording begins at %s", first);
	} else {
		verb_fail(call, error);
	}
}

static void
on_restored(void *arg, const struct reins_done *done)
{
	struct restore *restore = arg;
	char at[VALUE_TIME_MAX];

	value_time_text(found_time(&restore->past), at);
	if (done->error < 0)
		fail(restore->call, &restore->past, done->error);
	else
		verb_painted(restore->call, done, json_pack("{s:s}", "at", at));
	free(restore);
}

void
verb_restore(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	struct restore *restore = calloc(1, sizeof(*restore));
	struct timespec at = { 0 }, now;
	struct mural_rect rect;
	int ret;

	clock_gettime(CLOCK_REALTIME, &now);
	control_time(call, "at", &at);
	if (!restore || at.tv_sec > now.tv_sec) {
		control_fail(call, restore ? CONTROL_USAGE : CONTROL_FAILED, "%s",
			restore ? "that time is yet to come" : "out of memory");
		free(restore);
		return;
	}
	*restore = (struct restore){
		.call = call,
		.past.file = wall->initial->config.record.file,
		.past.at_ms = (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000,
		.past.background = wall->canvas.background,
	};
	ret = reins_restore(
		wall->reins, verb_rect(call, &rect), &picture, on_restored, restore);
	if (ret == 0)
		return;
	free(restore);
	verb_fail(call, ret);
}
