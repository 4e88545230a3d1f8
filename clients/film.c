/* SPDX-License-Identifier: MIT */
/* muralctl film: the verb. */
#include "film.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "console.h"

/* A pause of the wall is at most this part of the film. */
#define PAUSE_PART 100

/* The times of the moments in the film, where pauses are short. */
struct schedule {
	int64_t *at; /* from 0 on */
	int64_t length;
};

int
reel_add_time(struct reel *reel, int64_t time_ms)
{
	/* twice as much room each time */
	if ((reel->n & (reel->n - 1)) == 0) {
		size_t room = reel->n ? 2 * reel->n : 1;
		int64_t *more = realloc(reel->times_ms, room * sizeof(*more));

		if (!more)
			return console_error(-ENOMEM, "out of memory");
		reel->times_ms = more;
	}
	if (reel->n > 0 && time_ms < reel->times_ms[reel->n - 1])
		time_ms = reel->times_ms[reel->n - 1];
	reel->times_ms[reel->n++] = time_ms;
	return 0;
}

static int
schedule_make(struct schedule *schedule, const struct reel *reel)
{
	const int64_t *times = reel->times_ms;
	int64_t most = (times[reel->n - 1] - times[0]) / PAUSE_PART + 1, at = 0;

	schedule->at = calloc(reel->n, sizeof(*schedule->at));
	if (!schedule->at)
		return console_error(-ENOMEM, "out of memory");
	schedule->at[0] = 0;
	for (size_t i = 1; i < reel->n; i++) {
		int64_t gap = times[i] - times[i - 1];

		schedule->at[i] = at += gap < most ? gap : most;
	}
	schedule->length = at;
	return 0;
}

static int
write_frames(struct reel *reel, const struct schedule *schedule, uint64_t frames,
	struct film_frame *frame, struct film_out *out)
{
	size_t moment = 0, shown = SIZE_MAX;
	int64_t clock = -1;
	int ret = 0;

	for (uint64_t i = 0; ret == 0 && i < frames; i++) {
		int64_t at = frames > 1 ? (int64_t)((double)schedule->length * (double)i /
						    (double)(frames - 1))
					: 0;
		int64_t time;

		while (moment + 1 < reel->n && schedule->at[moment + 1] <= at)
			moment++;
		time = reel->times_ms[moment] + at - schedule->at[moment];
		if (moment != shown)
			ret = reel->show(reel, moment);
		if (ret == 0 && (moment != shown || time / 1000 != clock))
			film_frame_draw(frame, &reel->shown, time);
		shown = moment;
		clock = time / 1000;
		if (ret == 0)
			ret = film_out_write(out, frame);
		if (ret == 0 && stop_requested())
			ret = console_error(-EINTR, "interrupted before the end");
		progress_update(i + 1);
	}
	return ret;
}

static int
film_write(struct reel *reel, const struct options *options)
{
	uint64_t frames = (uint64_t)options->seconds * FILM_RATE;
	struct schedule schedule = { 0 };
	struct film_frame frame = { 0 };
	struct film_out out;
	int ret;

	if (reel->n == 0)
		return console_error(-ENODATA,
			"nothing was recorded yet, or this is not the file that "
			"record.file in murald.conf names");
	ret = schedule_make(&schedule, reel);
	if (ret == 0)
		ret = film_frame_new(&frame);
	if (ret == 0)
		ret = film_out_open(&out, options->file);
	if (ret == 0) {
		progress_start("frames", frames);
		ret = write_frames(reel, &schedule, frames, &frame, &out);
		progress_stop();
		ret = film_out_close(&out, ret);
	}
	film_frame_free(&frame);
	free(schedule.at);
	return ret;
}

int
verb_film(const struct options *options)
{
	struct reel reel = { 0 };
	int ret = options->record ? reel_open_record(&reel, options->record)
				  : reel_open_live(&reel, options);

	if (ret < 0)
		return ret;
	ret = film_write(&reel, options);
	reel.close(&reel);
	free(reel.times_ms);
	return ret;
}
