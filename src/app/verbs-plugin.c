/* SPDX-License-Identifier: MIT */
/* The operator's verb plugin: switches an instance off and on.  What is off is kept, over
 * a reload and a restart. */
#include <stdlib.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "base/log.h"
#include "ingest/service.h"
#include "ingest/switch.h"

#define TURN_MS 10

/* An instance that is being switched, one at a time. */
struct operators_switch {
	uv_timer_t timer;
	struct wall *wall;
	struct control_call *call; /* NULL: answered */
	uint64_t deadline_ms;
	bool on;
	char name[];
};

static struct instance *
find(const struct wall *wall, const char *name)
{
	struct instance *instance = wall->ingest.plugins->instances;

	while (instance && strcmp(instance->name, name) != 0)
		instance = instance->next;
	return instance;
}

/* ------------------------------------------------------------------ what is off */

static bool
is_off(const struct wall *wall, const char *name)
{
	return json_object_get(wall->operators.off, name);
}

void
plugin_set_off(struct wall *wall, const char *name, bool off)
{
	struct operators *operators = &wall->operators;

	if (!operators->off)
		operators->off = json_object();
	if (off)
		(void)json_object_set_new(operators->off, name, json_true());
	else
		(void)json_object_del(operators->off, name);
}

void
plugins_keep_off(struct wall *wall, struct plugins *plugins)
{
	for (struct instance *i = plugins->instances; i; i = i->next)
		if (is_off(wall, i->name)) {
			log_warn("control: %s: is off; muralctl wall plugin %s on opens "
				 "it",
				i->name, i->name);
			switch_keep_off(i);
		}
}

/* ------------------------------------------------------------------ switching */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct operators_switch, timer));
}

static void
end(struct operators_switch *sw)
{
	sw->wall->operators.switching = NULL;
	uv_close((uv_handle_t *)&sw->timer, on_timer_closed);
}

static void
answer(struct operators_switch *sw, struct instance *instance)
{
	struct control_call *call = sw->call;
	int ret = 0;

	if (sw->on && !instance->is_open)
		ret = switch_on(&sw->wall->ingest, instance);
	plugin_set_off(sw->wall, instance->name, !sw->on);
	if (ret < 0) {
		control_state_save(&sw->wall->operators.state, NULL, NULL);
		control_fail(call, CONTROL_FAILED,
			"%s: cannot be opened, and is tried again every second: %s",
			instance->name, instance->tries.error);
	} else {
		operators_keep(call,
			json_pack("{s:s, s:b}", "plugin", instance->name, "on", sw->on));
	}
	end(sw);
}

static void
on_turn(uv_timer_t *timer)
{
	struct operators_switch *sw = timer->data;
	struct wall *wall = sw->wall;
	struct instance *instance = find(wall, sw->name);

	if (instance && !wall->next && switch_is_settled(instance)) {
		answer(sw, instance);
		return;
	}
	if (instance && uv_now(&wall->loop) < sw->deadline_ms) {
		uv_timer_start(timer, on_turn, TURN_MS, 0);
		return;
	}
	control_state_save(&wall->operators.state, NULL, NULL);
	control_fail(sw->call, instance ? CONTROL_BUSY : CONTROL_UNKNOWN, "%s: %s",
		sw->name,
		instance ? "has not stopped yet" : "is no longer in the config");
	end(sw);
}

void
plugin_switch_stop(struct wall *wall)
{
	struct operators_switch *sw = wall->operators.switching;

	if (!sw)
		return;
	control_fail_stopping(sw->call);
	end(sw);
}

/* The answer comes in a later turn of the loop, which has let go of what was closed. */
static void
begin(struct control_call *call, struct instance *instance, bool on)
{
	struct wall *wall = operators_wall(call);
	const size_t len = strlen(instance->name) + 1;
	struct operators_switch *sw = malloc(sizeof(*sw) + len);

	if (!sw) {
		control_fail(call, CONTROL_FAILED, "out of memory");
		return;
	}
	sw->wall = wall;
	sw->call = call;
	sw->on = on;
	memcpy(sw->name, instance->name, len);
	wall->operators.switching = sw;
	uv_timer_init(&wall->loop, &sw->timer);
	sw->timer.data = sw;
	sw->deadline_ms = uv_now(&wall->loop) + SERVICE_STOP_TIMEOUT_MS;
	/* a reload before it has stopped is not to open it again */
	if (!on)
		plugin_set_off(wall, instance->name, true);
	if (!on && !instance->is_off)
		switch_off(&wall->ingest, instance);
	uv_timer_start(&sw->timer, on_turn, 0, 0);
}

/* Through which the operator asks. */
static bool
is_asked_through(const struct control_call *call, const char *name)
{
	const size_t len = strlen(name);

	return strncmp(call->who, name, len) == 0 && call->who[len] == ':';
}

void
verb_plugin(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	const char *name = control_text(call, "name");
	struct instance *instance = find(wall, name);
	bool on = false;

	control_switch(call, "switch", &on);
	if (!instance)
		control_fail(call, CONTROL_UNKNOWN,
			"no plugin of that name runs; \"status\" lists them");
	else if (wall->operators.switching || wall->next)
		control_fail(call, CONTROL_BUSY,
			"another plugin is being switched, or the config reloaded");
	else if (!on && is_asked_through(call, name) && !control_flag(call, "really"))
		control_refuse(call, "this request came through that plugin; confirm it");
	else
		begin(call, instance, on);
}
