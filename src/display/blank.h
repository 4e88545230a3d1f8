/* SPDX-License-Identifier: MIT */
/*
 * When there is to be no picture: in the hours of `display.blank`, and after so long
 * without paint.  Hours go by the local clock; when that is set, the hours count that it
 * shows then.
 *
 * The display's thread, but for the two functions at the end, which anybody may ask.
 */
#ifndef DISPLAY_BLANK_H
#define DISPLAY_BLANK_H

#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "config/config.h"

struct display_thread;

struct display_blank {
	struct display_thread *thread;
	int clock; /* a timerfd; -1: none */
	uv_poll_t
		hour; /* of the clock: hours of the config begin or end, or it was set */
	uv_timer_t idle;
	struct mural_reader *reader; /* of paint while there is none; NULL: no need yet */
	uv_poll_t wakeup;            /* polled only while the reader is armed */
	bool scheduled;              /* it is one of the hours */
	bool inactive;               /* nobody paints */
	bool off, black;             /* what the screens are told */
};

/* Begins with what the thread's config says.  What cannot be had is logged, and the
 * picture stays. */
void blank_start(struct display_blank *blank, struct display_thread *thread);
void blank_reconfigure(struct display_blank *blank);

/* Closes the handles; blank_finish(), which accepts a zeroed struct, when the loop has
 * run to its end. */
void blank_stop(struct display_blank *blank);
void blank_finish(struct display_blank *blank);

/* Whether a moment lies in the hours. */
bool blank_hours_hold(const struct config_blank *hours, time_t now);

/* When that may be different: never later than in an hour, so that a clock that jumps for
 * summer time at the very minute does no harm. */
time_t blank_hours_change(const struct config_blank *hours, time_t now);

#endif
