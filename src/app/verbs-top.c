/* SPDX-License-Identifier: MIT */
/* The operator's verb top: who paints most. */
#include "app/operators.h"
#include "app/wall.h"

/* Nobody reads longer lists. */
#define SOURCES_MAX 100

/* How long threads go on counting after they were last asked for it. */
#define IDLE_SECONDS 5

static json_t *
source_json(const struct top_entry *entry)
{
	json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I}", "source", entry->source,
		"protocol", entry->instance, "pixels", (json_int_t)entry->pixels, "bytes",
		(json_int_t)entry->bytes, "connections", (json_int_t)entry->connections);

	if (entry->at_least)
		(void)json_object_set_new(json, "at_least", json_true());
	return json;
}

static void
answer(struct control_call *call, json_t *sources)
{
	control_done(call, json_pack("{s:O}", "sources", sources));
}

static void
on_top(struct top_watch *watch, const struct top_entry *entries, size_t n)
{
	struct operators_top *top = container_of(watch, struct operators_top, watch);
	struct control_call *call = top->waiting;

	json_decref(top->sources);
	top->sources = json_array();
	for (size_t i = 0; i < n && i < SOURCES_MAX; i++)
		(void)json_array_append_new(top->sources, source_json(&entries[i]));
	top->waiting = NULL;
	while (call) {
		struct control_call *next = call->data;

		answer(call, top->sources);
		call = next;
	}
	if (++top->idle > IDLE_SECONDS)
		top_stop(container_of(top, struct wall, operators.top));
}

void
verb_top(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	struct operators_top *top = &wall->operators.top;

	top->idle = 0;
	if (!top->watch.top) {
		top->watch.top = on_top;
		if (top_watch(&wall->ingest, &top->watch) < 0) {
			top->watch.top = NULL;
			control_fail(call, CONTROL_FAILED, "out of memory");
			return;
		}
	}
	if (top->sources) {
		answer(call, top->sources);
		return;
	}
	call->data = top->waiting;
	top->waiting = call;
}

void
top_stop(struct wall *wall)
{
	struct operators_top *top = &wall->operators.top;
	struct control_call *waiting = top->waiting;

	if (top->watch.top)
		top_unwatch(&wall->ingest, &top->watch);
	json_decref(top->sources);
	*top = (struct operators_top){ 0 };
	verbs_fail_stopping(&waiting);
}
