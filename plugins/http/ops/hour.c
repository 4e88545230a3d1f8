/* SPDX-License-Identifier: MIT */
/* Keeps the last hour's rates in a ring. */
#include "http/ops/hour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "http/ops/ops.h"

#define STEP_MS (HOUR_STEP_S * UINT64_C(1000))

struct hour_scan {
	struct hour *hour;
	uint64_t ms; /* since the last step */
};

/* The one of that name; else one that is not used, or whose instance is gone for an hour.
 */
static struct hour_way *
find_way(struct hour *hour, const char *name)
{
	struct hour_way *unused = NULL;

	for (size_t i = 0; i < HOUR_WAYS; i++) {
		struct hour_way *way = &hour->ways[i];

		if (strncmp(way->name, name, HOUR_NAME_MAX - 1) == 0)
			return way;
		if (!unused && (!*way->name || way->gone > HOUR_STEPS))
			unused = way;
	}
	if (unused) {
		*unused = (struct hour_way){ 0 };
		snprintf(unused->name, sizeof(unused->name), "%s", name);
	}
	return unused;
}

static void
take_instance(const struct mural_instance *instance, void *arg)
{
	const struct hour_scan *scan = arg;
	struct hour_way *way = find_way(scan->hour, instance->host->name);
	uint64_t rate = 0;

	if (!way)
		return;
	/* less: it was opened anew */
	if (*way->module && scan->ms > 0 && instance->painted > way->painted)
		rate = (instance->painted - way->painted) * 1000 / scan->ms;
	way->rates[scan->hour->at] = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
	way->painted = instance->painted;
	snprintf(way->module, sizeof(way->module), "%s", instance->plugin->name);
	way->gone = 0;
}

static void
on_step(uv_timer_t *timer)
{
	struct hour *hour = timer->data;
	uint64_t now = uv_now(timer->loop);
	struct hour_scan scan = { hour, now - hour->updated_ms };

	mural_publish(hour->web->host);
	for (size_t i = 0; i < HOUR_WAYS; i++) {
		hour->ways[i].rates[hour->at] = 0;
		hour->ways[i].gone++;
	}
	mural_each_instance(hour->web->host, take_instance, &scan);
	hour->updated_ms = now;
	hour->to = (int64_t)time(NULL);
	hour->at = (hour->at + 1) % HOUR_STEPS;
	if (hour->n < HOUR_STEPS)
		hour->n++;
	response_release(&hour->answer);
}

static json_t *
way_json(const struct hour *hour, const struct hour_way *way)
{
	json_t *rates = json_array();

	for (unsigned i = HOUR_STEPS - hour->n; i < HOUR_STEPS; i++)
		(void)json_array_append_new(
			rates, json_integer(way->rates[(hour->at + i) % HOUR_STEPS]));
	return json_pack("{ssssso}", "name", way->name, "module", way->module,
		"pixels_per_second", rates);
}

/* NULL: out of memory. */
static char *
make_text(const struct hour *hour)
{
	json_t *ways = json_array(), *all;
	char *text;

	for (size_t i = 0; i < HOUR_WAYS; i++)
		if (*hour->ways[i].module && hour->ways[i].gone <= hour->n)
			(void)json_array_append_new(ways, way_json(hour, &hour->ways[i]));
	all = json_pack("{sisIso}", "step", HOUR_STEP_S, "to", (json_int_t)hour->to,
		"ways", ways);
	text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	return text;
}

enum MHD_Result
hour_answer(struct request *request)
{
	struct ops *ops = request->subject;
	struct hour *hour = &ops->hour;

	if (!hour->answer) {
		hour->text = make_text(hour);
		hour->len = hour->text ? strlen(hour->text) : 0;
		hour->answer = response_new(
			hour->text, hour->len, MHD_RESPMEM_MUST_FREE, "application/json");
		if (!hour->answer)
			return reply_no_memory(request);
	}
	return reply_shared_json(request, hour->answer, hour->text, hour->len);
}

void
hour_start(struct hour *hour, struct web *web)
{
	hour->web = web;
	uv_timer_init(web->host->loop, &hour->timer);
	hour->timer.data = hour;
	web_hold(web);
	on_step(&hour->timer);
	hour->n = hour->at = 0; /* only what was painted before */
	uv_timer_start(&hour->timer, on_step, STEP_MS, STEP_MS);
}

void
hour_stop(struct hour *hour)
{
	if (!hour->web)
		return;
	response_release(&hour->answer);
	web_close_handle(hour->web, (uv_handle_t *)&hour->timer);
	hour->web = NULL;
}
