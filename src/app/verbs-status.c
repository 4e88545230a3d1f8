/* SPDX-License-Identifier: MIT */
/* The operator's verbs that tell how the wall is: status, acts, verbs. */
#include "app/operators.h"
#include "app/wall.h"
#include "base/counters.h"
#include "control/values.h"

static json_t *
instance_json(const struct ingest *ingest, struct instance *instance)
{
	struct counters sum;
	char state[MURAL_STATE_MAX];

	ingest_counters(ingest, instance, &sum);
	said_copy_state(&instance->said, state);
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:s}", "name", instance->host.name,
		"plugin", instance->plugin->name, "open", instance->is_open, "painted",
		(json_int_t)sum.painted, "connections",
		(json_int_t)sum.counts.connections, "state", state);
}

static json_t *
instances_json(const struct ingest *ingest)
{
	json_t *all = json_array();

	for (struct instance *i = ingest->plugins->instances; i; i = i->next)
		(void)json_array_append_new(all, instance_json(ingest, i));
	return all;
}

static json_t *
display_json(struct wall *wall)
{
	struct display *display = &wall->display;
	char text[256];

	if (!display_wanted(display))
		return json_string("headless");
	display_describe(display, text, sizeof(text));
	return json_pack("{s:s, s:b, s:b, s:b, s:I, s:I}", "screen", text, "enabled",
		counter_load(&display->counters.enabled) > 0, "blanked",
		counter_load(&display->counters.blanked) > 0, "blank",
		wall->operators.blank, "frames",
		(json_int_t)counter_load(&display->counters.frames), "late_frames",
		(json_int_t)counter_load(&display->counters.late_frames));
}

static json_t *
frozen_json(const struct operators *operators)
{
	char since[VALUE_TIME_MAX];

	if (operators->frozen_since.tv_sec == 0)
		return json_null();
	value_time_text(operators->frozen_since, since);
	return json_string(since);
}

void
verb_status(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	const struct mural_view *view = &wall->canvas.view;
	const struct operators *operators = &wall->operators;

	control_done(call,
		json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:o}", "version",
			VERSION, "uptime_s",
			(json_int_t)((uv_hrtime() - operators->started_ns) / 1000000000),
			"canvas", json_sprintf("%ux%u", view->width, view->height),
			"display", display_json(wall), "frozen_since",
			frozen_json(operators), "frozen",
			closed_json(wall, REINS_FROZEN, "rect", SIZE_MAX), "bans",
			(json_int_t)operators->bans.n, "notice",
			notice_json(&operators->notice), "acts",
			(json_int_t)operators->control.log.written, "plugins",
			instances_json(&wall->ingest)));
}

void
verb_acts(struct control_call *call)
{
	const struct control_log *log = &operators_wall(call)->operators.control.log;

	control_done(call, json_pack("{s:O}", "acts", log->recent));
}

void
verb_verbs(struct control_call *call)
{
	json_t *all = json_array();

	for (const struct wall_verb *verb = wall_verbs; verb->name; verb++)
		(void)json_array_append_new(
			all, json_pack("{s:s, s:s, s:b, s:s}", "verb", verb->name, "args",
				     verb->args, "changes", verb->changes, "help",
				     verb->help));
	control_done(call, json_pack("{s:o}", "verbs", all));
}
