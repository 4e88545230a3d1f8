/* SPDX-License-Identifier: MIT */
/* Writes down what operators have put in force, a JSON object a line, and reads it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/mask-lines.h"
#include "app/operators.h"
#include "app/wall.h"
#include "base/log.h"
#include "control/values.h"

#define WAITING_MS 1000

/* ------------------------------------------------------------------ writing */

static json_t *
frozen_json(struct wall *wall)
{
	if (canvas_is_frozen(&wall->canvas))
		return json_pack("[{s:s}]", "frozen", "all");
	return closed_json(wall, REINS_FROZEN, "frozen", SIZE_MAX);
}

/* A mask instead of many rectangles, in bands. */
static json_t *
protected_json(struct wall *wall)
{
	json_t *rects = closed_json(wall, REINS_PROTECTED, "protected", CLOSED_MAX + 1);

	if (json_array_size(rects) <= CLOSED_MAX)
		return rects;
	json_decref(rects);
	return mask_lines(wall, "protected", REINS_PROTECTED);
}

/* Each line has one thing, by the name of its first member. */
static json_t *
compose(void *context)
{
	struct wall *wall = context;
	struct operators *operators = &wall->operators;
	json_t *lines = json_array();
	json_t *frozen = frozen_json(wall);
	json_t *protected = protected_json(wall);
	char since[VALUE_TIME_MAX];
	const char *name;
	json_t *line;
	size_t i;

	value_time_text(operators->frozen_since, since);
	json_array_foreach(frozen, i, line)
	{
		(void)json_object_set_new(line, "since", json_string(since));
	}
	(void)json_array_extend(lines, frozen);
	(void)json_array_extend(lines, protected);
	for (i = 0; i < operators->bans.n; i++)
		(void)json_array_append_new(lines,
			json_pack("{s:o}", "ban", ban_json(&operators->bans.all[i])));
	json_object_foreach(operators->off, name, line)
	{
		(void)json_array_append_new(lines, json_pack("{s:s}", "off", name));
	}
	if (operators->blank)
		(void)json_array_append_new(lines, json_pack("{s:b}", "blank", 1));
	if (*operators->notice.text)
		(void)json_array_append_new(lines,
			json_pack("{s:o}", "notice", notice_json(&operators->notice)));
	json_decref(frozen);
	json_decref(protected);
	return lines;
}

static void
on_kept(void *arg, int ret)
{
	struct control_call *call = arg;
	json_t *is = call->data;

	if (ret == 0) {
		control_done(call, is);
		return;
	}
	json_decref(is);
	control_fail(call, CONTROL_FAILED,
		"it is in force, but cannot be written to control.state, so a "
		"restart will forget it: %s",
		strerror(-ret));
}

void
operators_keep(struct control_call *call, json_t *is)
{
	call->data = is;
	control_state_save(&operators_wall(call)->operators.state, on_kept, call);
}

/* ------------------------------------------------------------------ reading */

static void
on_restored(void *arg, const struct reins_done *done)
{
	struct wall *wall = arg;

	if (done->error < 0)
		log_error("control: cannot restore what was in force: %s",
			strerror(-done->error));
	wall->operators.restoring--;
}

static void
restored(struct wall *wall, int ret)
{
	if (ret < 0 && ret != -ERANGE) /* the canvas has become smaller */
		on_restored(wall, &(struct reins_done){ .error = ret });
	else if (ret == -ERANGE)
		wall->operators.restoring--;
}

static bool
read_rect(const json_t *line, const char *name, struct mural_rect *rect)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text && value_rect(text, rect);
}

/* "all" is the canvas, whatever its size is now. */
static void
load_frozen(struct wall *wall, const json_t *line, const struct mural_rect *rect)
{
	const char *since = json_string_value(json_object_get(line, "since"));
	int ret = reins_freeze(wall->reins, rect, on_restored, wall);
	struct timespec now;

	wall->operators.restoring++;
	restored(wall, ret);
	if (ret < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!since || !value_time(since, now, &wall->operators.frozen_since))
		wall->operators.frozen_since = now;
}

static void
load_protected(struct wall *wall, const json_t *line, const struct mural_rect *rect)
{
	const char *text = json_string_value(json_object_get(line, "mask"));
	uint8_t *mask = text ? mask_read(rect, text) : NULL;

	if (!text || mask) {
		wall->operators.restoring++;
		restored(wall, reins_protect(wall->reins, rect, mask, on_restored, wall));
	} else {
		log_error("control: cannot read which pixels of an area were protected; "
			  "protect it again");
	}
	free(mask);
}

static bool
is_all(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text && strcmp(text, "all") == 0;
}

static void
load_line(void *context, const json_t *line)
{
	struct wall *wall = context;
	struct mural_rect rect;

	if (read_rect(line, "frozen", &rect)) {
		load_frozen(wall, line, &rect);
	} else if (is_all(line, "frozen")) {
		load_frozen(wall, line, NULL);
	} else if (read_rect(line, "protected", &rect)) {
		load_protected(wall, line, &rect);
	} else if (json_object_get(line, "ban")) {
		(void)ban_from_json(&wall->operators, json_object_get(line, "ban"));
	} else if (json_is_true(json_object_get(line, "blank"))) {
		wall->operators.blank = true;
		display_blank(&wall->display, true);
	} else if (json_is_string(json_object_get(line, "off"))) {
		plugin_set_off(
			wall, json_string_value(json_object_get(line, "off")), true);
	} else if (json_object_get(line, "notice")) {
		(void)notice_from_json(
			&wall->operators.notice, json_object_get(line, "notice"));
	}
}

static void
on_waiting(uv_timer_t *timer)
{
	(void)timer;
}

static void
log_what_holds(const struct operators *operators)
{
	char since[VALUE_TIME_MAX];

	value_time_text(operators->frozen_since, since);
	if (operators->frozen_since.tv_sec > 0)
		log_warn("control: frozen since %s; muralctl wall thaw ends that", since);
	if (operators->bans.n > 0)
		log_info("control: %zu ban%s in force", operators->bans.n,
			operators->bans.n == 1 ? "" : "s");
}

void
operators_restore(struct wall *wall)
{
	struct operators *operators = &wall->operators;
	int ret;

	control_state_start(&operators->state, wall->initial->config.control.state,
		&wall->loop, compose, wall);
	uv_timer_init(&wall->loop, &operators->bans_over);
	uv_timer_init(&wall->loop, &operators->highlight_over);
	uv_timer_init(&wall->loop, &operators->notice_over);
	uploads_start(wall);
	ret = control_state_load(&operators->state, load_line);
	if (ret == -ENOENT)
		return;
	plugins_keep_off(wall, &wall->now->plugins);
	if (operators->bans.n > 0) {
		operators->restoring++;
		restored(wall, bans_apply(wall, on_restored, wall));
	}
	/* a loop without any does not turn */
	uv_timer_start(&operators->bans_over, on_waiting, WAITING_MS, WAITING_MS);
	while (operators->restoring > 0)
		uv_run(&wall->loop, UV_RUN_ONCE);
	uv_timer_stop(&operators->bans_over);
	if (ret < 0)
		control_state_save(&operators->state, NULL, NULL);
	log_what_holds(operators);
}
