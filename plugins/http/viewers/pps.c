/* SPDX-License-Identifier: MIT */
/* Counts pixels a second. */
#include "http/viewers/pps.h"

#include <jansson.h>
#include <stdlib.h>

struct look {
	struct figures *figures;
	struct figure *now;
	size_t n, size;
	uint64_t ms; /* since the last look */
	json_t *plugins;
};

static uint64_t
painted_before(const struct figures *figures, const void *instance, uint64_t otherwise)
{
	for (size_t i = 0; i < figures->n; i++)
		if (figures->last[i].instance == instance)
			return figures->last[i].painted;
	return otherwise;
}

static void
remember(struct look *look, const struct mural_instance *instance)
{
	if (look->n == look->size) {
		size_t size = 2 * look->size + 8;
		struct figure *now = realloc(look->now, size * sizeof(*now));

		if (!now)
			return; /* then it paints nothing in the next second */
		look->now = now;
		look->size = size;
	}
	look->now[look->n++] = (struct figure){ .instance = instance->host,
		.painted = instance->painted };
}

static void
look_at(const struct mural_instance *instance, void *arg)
{
	struct look *look = arg;
	struct figures *figures = look->figures;
	uint64_t before = painted_before(figures, instance->host, instance->painted);
	/* another instance may have taken a place that was free */
	uint64_t painted = instance->painted > before ? instance->painted - before : 0;
	uint64_t per_second = look->ms > 0 ? painted * 1000 / look->ms : 0;

	remember(look, instance);
	figures->painted += instance->painted;
	figures->per_second += per_second;
	figures->viewers += instance->counts.viewers;
	(void)json_array_append_new(look->plugins,
		json_pack("{sssssbsIsIsI}", "name", instance->host->name, "module",
			instance->plugin->name, "open", instance->is_open, "pixels",
			(json_int_t)instance->painted, "pixels_per_second",
			(json_int_t)per_second, "connections",
			(json_int_t)instance->counts.connections));
}

void
figures_look(struct figures *figures, struct mural_host *host, uint64_t now_ms,
	uint32_t frame, char **live)
{
	struct look look = { .figures = figures, .ms = now_ms - figures->looked_ms };
	json_t *all;

	figures->painted = figures->per_second = figures->viewers = 0;
	look.plugins = live ? json_array() : NULL;
	mural_each_instance(host, look_at, &look);
	free(figures->last);
	figures->last = look.now;
	figures->n = look.n;
	figures->looked_ms = now_ms;
	if (!live)
		return;
	all = json_pack("{sssisisIsIsIsIso}", "type", "figures", "width",
		(int)host->canvas_width, "height", (int)host->canvas_height, "viewers",
		(json_int_t)figures->viewers, "frame", (json_int_t)frame, "pixels",
		(json_int_t)figures->painted, "pixels_per_second",
		(json_int_t)figures->per_second, "plugins", look.plugins);
	*live = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
}

void
figures_finish(struct figures *figures)
{
	free(figures->last);
	*figures = (struct figures){ 0 };
}
