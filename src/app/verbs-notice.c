/* SPDX-License-Identifier: MIT */
/* The operator's verb that tells everybody something: notice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "base/log.h"
#include "ingest/service.h"
#include "lib/utf8.h"

/* ------------------------------------------------------------------ as JSON */

json_t *
notice_json(const struct notice *notice)
{
	json_t *json;

	if (!*notice->text)
		return json_null();
	json = json_pack("{s:s}", "text", notice->text);
	json_set_time(json, "since", notice->since_s);
	if (notice->until_s > 0)
		json_set_time(json, "until", notice->until_s);
	(void)json_object_set_new(json, "who", json_string(notice->who));
	return json;
}

bool
notice_from_json(struct notice *notice, const json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "text"));
	const char *who = json_string_value(json_object_get(line, "who"));
	int64_t until_s = json_get_time(line, "until");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!text || !*text || strlen(text) >= sizeof(notice->text) ||
		(until_s > 0 && until_s <= now.tv_sec))
		return false;
	*notice = (struct notice){ .since_s = json_get_time(line, "since"),
		.until_s = until_s };
	snprintf(notice->text, sizeof(notice->text), "%s", text);
	snprintf(notice->who, sizeof(notice->who), "%s", who ? who : "");
	return true;
}

/* ------------------------------------------------------------------ in sight */

static void
on_notice_over(uv_timer_t *timer)
{
	struct wall *wall = container_of(timer, struct wall, operators.notice_over);

	notice_show(wall);
}

static bool
is_over(const struct notice *notice)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return *notice->text && notice->until_s > 0 && notice->until_s <= now.tv_sec;
}

void
notice_show(struct wall *wall)
{
	struct operators *operators = &wall->operators;

	if (is_over(&operators->notice)) {
		log_info("control: the notice is over");
		operators->notice = (struct notice){ 0 };
		control_state_save(&operators->state, NULL, NULL);
	}
	operators_wake_at(
		&operators->notice_over, on_notice_over, operators->notice.until_s);
	hud_status_notice(&wall->hud_status, operators->notice.text);
	services_notice(wall->ingest.plugins->instances);
}

/* On the screens. */
static void
show_frozen(struct wall *wall)
{
	struct mural_rect *parts = NULL;
	ssize_t n = reins_rects(wall->reins, REINS_FROZEN, SIZE_MAX, &parts);

	hud_status_frozen(&wall->hud_status, canvas_is_frozen(&wall->canvas), parts,
		(size_t)MAX(n, 0));
	free(parts);
}

void
notice_frozen(struct wall *wall)
{
	bool frozen = canvas_is_frozen(&wall->canvas);

	show_frozen(wall);
	/* what was asked before the end may hold after ingest_stop() */
	if (frozen == wall->operators.told_frozen || !wall->ingest.plugins)
		return;
	wall->operators.told_frozen = frozen;
	services_notice(wall->ingest.plugins->instances);
}

/* ------------------------------------------------------------------ the verb */

static const char *
what_is_wrong(const struct control_call *call, const char *text)
{
	uint64_t ms;

	if (strlen(text) >= HUD_NOTICE_MAX)
		return "the text is too long";
	if (utf8_has_control(text))
		return "the text has to be one line";
	if (!*text && control_duration(call, "for", &ms))
		return "there is no text to be shown for that long";
	return NULL;
}

void
verb_notice(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	struct notice *notice = &wall->operators.notice;
	const char *text = control_text(call, "text");
	const char *wrong = what_is_wrong(call, text ? text : "");
	struct timespec now;
	uint64_t ms;

	if (wrong) {
		control_fail(call, CONTROL_USAGE, "%s", wrong);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	*notice = (struct notice){ .since_s = now.tv_sec };
	snprintf(notice->text, sizeof(notice->text), "%s", text ? text : "");
	snprintf(notice->who, sizeof(notice->who), "%s", call->who);
	if (control_duration(call, "for", &ms) && ms > 0)
		notice->until_s = now.tv_sec + (int64_t)MIN((ms + 999) / 1000, INT32_MAX);
	notice_show(wall);
	operators_keep(call, json_pack("{s:o}", "notice", notice_json(notice)));
}
