/* SPDX-License-Identifier: MIT */
/* Answers /healthz: whether the plugins are open and the display shows new pixels, and
 * what plugins say of their state. */
#include <stdio.h>

#include "http/ops/ops.h"

/* The longest time from painting to a frame that shows it. */
#define FLIP_MS 3000

static void
add_reason(json_t *reasons, const char *text)
{
	(void)json_array_append_new(reasons, json_string(text));
}

struct health_check {
	json_t *reasons;
	json_t *states; /* what instances say, by their names */
	uint64_t painted;
};

static void
check_instance(const struct mural_instance *instance, void *arg)
{
	struct health_check *check = arg;
	char text[300];

	check->painted += instance->painted;
	if (*instance->state)
		(void)json_object_set_new(check->states, instance->host->name,
			json_string(instance->state));
	if (instance->is_open || !instance->required)
		return;
	snprintf(text, sizeof(text), "plugin %s is not open", instance->host->name);
	add_reason(check->reasons, text);
}

/* New pixels must be followed by a frame; an unchanged canvas is not shown again. */
static bool
is_flipping(struct health *health, uint64_t frames, uint64_t painted, uint64_t now_ms)
{
	if (frames != health->frames) {
		*health = (struct health){ .frames = frames, .painted = painted };
		return true;
	}
	if (painted == health->painted)
		return true;
	if (health->behind_ms == 0)
		health->behind_ms = now_ms;
	return now_ms - health->behind_ms < FLIP_MS;
}

static void
check_display(struct request *request, struct health_check *check)
{
	struct mural_host *host = request->web->host;
	struct ops *ops = request->subject;
	struct mural_display display = { .size = sizeof(display) };

	mural_display_counters(host, &display);
	if (!display.wanted || display.blanked)
		return;
	if (!display.enabled)
		add_reason(check->reasons, "display: the canvas is on no screen");
	else if (!is_flipping(&ops->health, display.frames, check->painted,
			 uv_now(host->loop)))
		add_reason(check->reasons, "display: it shows nothing new");
}

/* An answer at all proves that the loop runs. */
static enum MHD_Result
answer_health(struct request *request)
{
	struct health_check check = { .reasons = json_array(), .states = json_object() };
	json_t *answer;
	bool well;

	mural_each_instance(request->web->host, check_instance, &check);
	check_display(request, &check);
	well = check.reasons && json_array_size(check.reasons) == 0;
	answer = json_pack(
		"{ssso}", "status", well ? "ok" : "failing", "reasons", check.reasons);
	if (json_object_size(check.states) > 0)
		(void)json_object_set(answer, "states", check.states);
	json_decref(check.states);
	return reply_json(
		request, well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, answer);
}

const struct route ops_routes[] = {
	{ .method = "GET", .path = "/healthz", .answer = answer_health },
	{ .method = "GET", .path = "/metrics", .answer = metrics_answer },
	{ .method = "GET", .path = "/figures.json", .answer = hour_answer },
	{ .method = "GET", .path = "/invite", .answer = hints_answer },
	{ 0 },
};
