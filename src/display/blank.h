/* SPDX-License-Identifier: MIT */
/*
 * Blanks the screens in the hours of `display.blank`, and after a time without paint.
 * The hours are local time, and follow the clock when it is set.  An operator blanks them
 * as well.
 *
 * The display's thread only, except for the two functions at the end.
 */
#pragma once

#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "config/config.h"

struct display_context;

struct display_blank {
	struct display_context *context;
	int clock;      /* a timerfd; -1: none */
	uv_poll_t hour; /* the clock: configured hours begin or end, or it was set */
	uv_timer_t idle;
	struct mural_reader *reader; /* wakes up on paint; NULL: not needed yet */
	uv_poll_t wakeup;            /* polled only while the reader is armed */
	bool scheduled;              /* it is within the hours */
	bool inactive;               /* nobody paints */
	bool demanded;               /* by an operator */
	bool off, black;             /* what the screens were told */
};

/* Applies the context's config.  Failures are logged, and leave the picture on. */
void blank_start(struct display_blank *blank, struct display_context *context);
void blank_reconfigure(struct display_blank *blank);

/* Blanks them until it is called with false. */
void blank_demand(struct display_blank *blank, bool on);

/* Closes the handles.  Call blank_finish(), which accepts a zeroed struct, when the loop
 * has run to its end. */
void blank_stop(struct display_blank *blank);
void blank_finish(struct display_blank *blank);

/* Whether a time lies within the hours. */
bool blank_hours_hold(const struct config_blank *hours, time_t now);

/* When that may change; never more than an hour ahead, so that a change to or from summer
 * time at that very minute does no harm. */
time_t blank_hours_change(const struct config_blank *hours, time_t now);
