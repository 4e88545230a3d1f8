/* SPDX-License-Identifier: MIT */
/* The operator's verbs about who painted: who, undo, highlight. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/operators.h"
#include "app/past.h"
#include "app/wall.h"
#include "control/values.h"

#define HIGHLIGHT_MS 10000
#define HIGHLIGHT_MS_MAX (3600 * 1000)

/* The sources that the argument means; NULL: the call is answered. */
static struct reins_sources *
find_sources(struct control_call *call)
{
	const char *text = control_text(call, "source");
	struct reins_sources *sources = calloc(1, sizeof(*sources));
	ssize_t n;

	if (!sources) {
		control_fail(call, CONTROL_FAILED, "out of memory");
		return NULL;
	}
	n = reins_sources_add(operators_wall(call)->reins, text, sources);
	if (n > 0)
		return sources;
	free(sources);
	if (n == -EINVAL)
		control_fail(call, CONTROL_USAGE,
			"\"%s\" is not a source; write an address, a network, "
			"INSTANCE:NAME, or INSTANCE:crowd, as \"who\" does",
			text);
	else if (n < 0)
		verb_fail(call, (int)n);
	else
		control_fail(call, CONTROL_UNKNOWN,
			"nobody of that name has painted; \"who\" says whose a pixel is");
	return NULL;
}

/* ------------------------------------------------------------------ who */

static json_t *
who_json(const struct reins_who *who)
{
	char when[VALUE_TIME_MAX];
	json_t *is =
		json_pack("{s:s, s:o}", "source", *who->source ? who->source : "nobody",
			"colour", json_sprintf("#%06x", who->argb & 0xffffff));

	if (*who->instance)
		(void)json_object_set_new(is, "protocol", json_string(who->instance));
	if (who->when_s == 0)
		return is;
	value_time_text((struct timespec){ .tv_sec = (time_t)who->when_s }, when);
	(void)json_object_set_new(is, who->before ? "before" : "when", json_string(when));
	(void)json_object_set_new(is, "forgeable", json_boolean(who->forgeable));
	return is;
}

void
verb_who(struct control_call *call)
{
	struct mural_point point = { 0 };
	struct reins_who who;
	int ret = -ERANGE;

	control_point(call, "point", &point);
	if (point.x >= 0 && point.y >= 0)
		ret = reins_who(operators_wall(call)->reins, (uint32_t)point.x,
			(uint32_t)point.y, &who);
	if (ret < 0)
		verb_fail(call, ret);
	else
		control_done(call, who_json(&who));
}

/* ------------------------------------------------------------------ undo */

static void
on_undone(void *arg, const struct reins_done *done)
{
	struct control_call *call = arg;

	if (done->error < 0)
		verb_fail(call, done->error);
	else
		verb_painted(call, done,
			json_pack("{s:I}", "unknown", (json_int_t)done->unknown));
}

static int
draw_past(void *arg, uint64_t at_s, const struct mural_rect *rect, uint32_t *pixels)
{
	const struct wall *wall = operators_wall(arg);
	struct past past = { .file = wall->initial->config.record.file,
		.at_ms = (int64_t)at_s * 1000,
		.background = wall->canvas.background };

	int ret = past_open(&past, rect);

	if (ret < 0)
		return ret;
	for (uint32_t y = 0; y < rect->height; y++, pixels += rect->width)
		memcpy(pixels, past_row(&past, y), rect->width * sizeof(*pixels));
	past_close(&past);
	return 0;
}

static void
undo_source(struct control_call *call)
{
	struct reins_sources *sources = find_sources(call);
	struct timespec since = { 0 };
	struct reins_undo undo = { .behind = draw_past };
	struct mural_rect rect;
	int ret;

	if (!sources)
		return;
	undo.sources = *sources;
	free(sources);
	undo.count_only = control_flag(call, "count");
	undo.rect = verb_rect(call, &rect);
	if (control_time(call, "since", &since))
		undo.since_s = (uint64_t)MAX(since.tv_sec, 1);
	ret = reins_undo(operators_wall(call)->reins, &undo, on_undone, call);
	if (ret < 0)
		verb_fail(call, ret);
}

static void
take_back(struct control_call *call)
{
	uint64_t number = 0;
	int ret;

	control_number(call, "number", &number);
	ret = reins_take_back(operators_wall(call)->reins, number, verb_on_painted, call);
	if (ret < 0)
		verb_fail(call, ret);
}

void
verb_undo(struct control_call *call)
{
	const json_t *with = call->with;

	if (json_object_get(with, "source") && !json_object_get(with, "number"))
		undo_source(call);
	else if (json_object_get(with, "number") && json_object_size(with) == 1)
		take_back(call);
	else
		control_fail(call, CONTROL_USAGE,
			"undo needs a source, or nothing but the \"number\" that the "
			"answer to the last act had");
}

/* ------------------------------------------------------------------ highlight */

static void
on_highlight_over(uv_timer_t *timer)
{
	struct wall *wall = container_of(timer, struct wall, operators.highlight_over);

	(void)reins_highlight(wall->reins, NULL);
}

static void
highlight(struct control_call *call, const struct reins_sources *sources)
{
	struct wall *wall = operators_wall(call);
	uint64_t ms = HIGHLIGHT_MS;
	int ret = reins_highlight(wall->reins, sources);

	control_duration(call, "for", &ms);
	ms = MIN(ms, HIGHLIGHT_MS_MAX);
	if (ret < 0) {
		verb_fail(call, ret);
		return;
	}
	uv_timer_stop(&wall->operators.highlight_over);
	if (sources)
		uv_timer_start(&wall->operators.highlight_over, on_highlight_over, ms, 0);
	control_done(call,
		sources ? json_pack("{s:s, s:I}", "highlighted",
				  control_text(call, "source"), "for_ms", (json_int_t)ms)
			: json_object());
}

void
verb_highlight(struct control_call *call)
{
	struct reins_sources *sources = NULL;

	if (control_text(call, "source") && !(sources = find_sources(call)))
		return;
	highlight(call, sources);
	free(sources);
}
