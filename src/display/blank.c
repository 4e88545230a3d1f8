/* SPDX-License-Identifier: MIT */
/* Watches the clock and the canvas, and blanks the screens or turns them on again. */
#include "display/blank.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/counters.h"
#include "base/log.h"
#include "base/util.h"
#include "display/context.h"
#include "display/screen.h"

#define HOUR 3600
/* Paint reaches a screen within this time. */
#define GRACE_MS 200
#define DAY_MINUTES (24 * 60)

/* ------------------------------------------------------------------ hours */

static uint32_t
minute_of_day(time_t now)
{
	struct tm local;

	localtime_r(&now, &local);
	return (uint32_t)(60 * local.tm_hour + local.tm_min);
}

bool
blank_hours_hold(const struct config_blank *hours, time_t now)
{
	const uint32_t minute = minute_of_day(now);

	if (!hours->scheduled)
		return false;
	if (hours->from < hours->to)
		return minute >= hours->from && minute < hours->to;
	return minute >= hours->from || minute < hours->to;
}

time_t
blank_hours_change(const struct config_blank *hours, time_t now)
{
	const uint32_t minute = minute_of_day(now);
	const uint32_t next = blank_hours_hold(hours, now) ? hours->to : hours->from;
	const uint32_t left = (next + DAY_MINUTES - minute) % DAY_MINUTES;

	return MIN(now - now % 60 + 60 * (time_t)left, now + HOUR);
}

/* ------------------------------------------------------------------ switching */

static const char *
reason_of(const struct display_blank *blank)
{
	if (blank->demanded)
		return "an operator wants it so";
	if (blank->scheduled)
		return "it is within the hours of display.blank";
	return "nothing was painted for the idle time of display.blank";
}

static void
blank_apply(struct display_blank *blank)
{
	struct display_context *context = blank->context;
	const bool now = blank->demanded || blank->scheduled || blank->inactive;
	const bool black = now && context->config.blank_mode == BLANK_BLACK;
	const bool off = now && !black, before = blank->off || blank->black;

	if (now && !before)
		log_info("display: %s: %s", black ? "black" : "off", reason_of(blank));
	else if (before && !now)
		log_info("display: on again");
	/* set before the screens go off and cleared after they are on again, so that a
	 * health check never takes a blanked screen for a fault */
	if (now)
		counter_store(&context->counters->blanked, 1);
	if (black != blank->black)
		for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
			screen_set_black(context->screens[i], black);
	if (off != blank->off)
		context->driver->blank(context->state, off);
	blank->black = black;
	blank->off = off;
	if (!now)
		counter_store(&context->counters->blanked, 0);
}

/* ------------------------------------------------------------------ paint */

static void on_idle(uv_timer_t *timer);

static void
restart_idle_timer(struct display_blank *blank)
{
	struct display_context *context = blank->context;

	uv_update_time(&context->loop);
	context->painted_ms = uv_now(&context->loop);
	uv_timer_stop(&blank->idle);
	if (context->config.blanking.idle != 0)
		uv_timer_start(&blank->idle, on_idle, context->config.blanking.idle, 0);
}

static void
on_paint(uv_poll_t *wakeup, int status, int events)
{
	struct display_blank *blank = wakeup->data;

	(void)status;
	(void)events;
	uv_poll_stop(wakeup);
	blank->inactive = false;
	restart_idle_timer(blank);
	blank_apply(blank);
}

/* Runs twice: the first time arms the reader, and what was painted just before that has
 * been drawn by the second time. */
static void
on_idle(uv_timer_t *timer)
{
	struct display_blank *blank = timer->data;
	struct display_context *context = blank->context;
	const uint64_t idle = context->config.blanking.idle;
	const uint64_t since = uv_now(&context->loop) - context->painted_ms;

	if (since < idle) {
		uv_poll_stop(&blank->wakeup);
		uv_timer_start(timer, on_idle, idle - since, 0);
	} else if (!uv_is_active((uv_handle_t *)&blank->wakeup)) {
		(void)mural_reader_take(blank->reader, context->tiles);
		if (!mural_reader_arm(blank->reader))
			uv_poll_start(&blank->wakeup, UV_READABLE, on_paint);
		uv_timer_start(timer, on_idle, GRACE_MS, 0);
	} else {
		blank->inactive = true;
		blank_apply(blank);
	}
}

static void
watch_paint(struct display_blank *blank)
{
	int ret = 0;

	blank->inactive = false;
	uv_timer_stop(&blank->idle);
	if (blank->reader)
		uv_poll_stop(&blank->wakeup);
	blank->wakeup.data = blank;
	if (blank->context->config.blanking.idle != 0)
		ret = context_open_reader(blank->context, &blank->reader, &blank->wakeup);
	if (ret < 0)
		log_error("display: blank: %s; the picture stays on when nobody paints",
			strerror(-ret));
	else
		restart_idle_timer(blank);
}

/* ------------------------------------------------------------------ the clock */

/* The timer also fires when the clock is set. */
static void
watch_clock(struct display_blank *blank)
{
	const struct config_blank *hours = &blank->context->config.blanking;
	const time_t now = time(NULL);
	struct itimerspec when = { 0 };

	blank->scheduled = blank->clock >= 0 && blank_hours_hold(hours, now);
	if (blank->clock < 0)
		return;
	if (hours->scheduled)
		when.it_value.tv_sec = blank_hours_change(hours, now);
	(void)timerfd_settime(
		blank->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void
on_hour(uv_poll_t *poll, int status, int events)
{
	struct display_blank *blank = poll->data;
	const bool held = blank->scheduled;
	uint64_t times;

	(void)status;
	(void)events;
	(void)!read(
		blank->clock, &times, sizeof(times)); /* ECANCELED: the clock was set */
	watch_clock(blank);
	if (held && !blank->scheduled)
		watch_paint(blank);
	blank_apply(blank);
}

static void
open_clock(struct display_blank *blank)
{
	uv_loop_t *loop = &blank->context->loop;

	blank->clock = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (blank->clock >= 0 && uv_poll_init(loop, &blank->hour, blank->clock) < 0) {
		close(blank->clock);
		blank->clock = -1;
	}
	if (blank->clock < 0) {
		log_error("display: blank: no clock: %s; its hours are ignored",
			strerror(errno));
		return;
	}
	blank->hour.data = blank;
	uv_poll_start(&blank->hour, UV_READABLE, on_hour);
}

/* ------------------------------------------------------------------ start, stop */

void
blank_start(struct display_blank *blank, struct display_context *context)
{
	*blank = (struct display_blank){ .context = context, .clock = -1 };
	blank->idle.data = blank;
	uv_timer_init(&context->loop, &blank->idle);
	blank_reconfigure(blank);
}

void
blank_reconfigure(struct display_blank *blank)
{
	if (blank->context->config.blanking.scheduled && blank->clock < 0)
		open_clock(blank);
	watch_clock(blank);
	watch_paint(blank);
	blank_apply(blank);
}

void
blank_demand(struct display_blank *blank, bool on)
{
	if (blank->demanded == on)
		return;
	blank->demanded = on;
	blank_apply(blank);
}

void
blank_stop(struct display_blank *blank)
{
	uv_close((uv_handle_t *)&blank->idle, NULL);
	if (blank->clock >= 0)
		uv_close((uv_handle_t *)&blank->hour, NULL);
	if (blank->reader)
		uv_close((uv_handle_t *)&blank->wakeup, NULL);
}

void
blank_finish(struct display_blank *blank)
{
	if (!blank->context)
		return;
	if (blank->clock >= 0)
		close(blank->clock);
	mural_reader_free(blank->reader);
	*blank = (struct display_blank){ 0 };
}
