/* SPDX-License-Identifier: MIT */
/* Samples what each instance painted, and computes pixels per second. */
#include "http/viewers/pps.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "http/web/notice.h"

struct pps_scan {
	struct pps *pps;
	struct pps_sample *now;
	size_t n, size;
	uint64_t ms; /* since the last update */
	json_t *plugins;
};

static uint64_t
painted_before(const struct pps *pps, const void *instance, uint64_t otherwise)
{
	for (size_t i = 0; i < pps->n; i++)
		if (pps->last[i].instance == instance)
			return pps->last[i].painted;
	return otherwise;
}

static void
pps_remember(struct pps_scan *scan, const struct mural_instance *instance)
{
	if (scan->n == scan->size) {
		size_t size = 2 * scan->size + 8;
		struct pps_sample *now = realloc(scan->now, size * sizeof(*now));

		if (!now)
			return; /* its next rate will be 0 */
		scan->now = now;
		scan->size = size;
	}
	scan->now[scan->n++] = (struct pps_sample){ .instance = instance->host,
		.painted = instance->painted };
}

static void
pps_add_instance(const struct mural_instance *instance, void *arg)
{
	struct pps_scan *scan = arg;
	struct pps *pps = scan->pps;
	uint64_t before = painted_before(pps, instance->host, instance->painted);
	/* less: another instance was allocated at the same address */
	uint64_t painted = instance->painted > before ? instance->painted - before : 0;
	uint64_t per_second = scan->ms > 0 ? painted * 1000 / scan->ms : 0;

	pps_remember(scan, instance);
	pps->painted += instance->painted;
	pps->per_second += per_second;
	pps->viewers += instance->counts->viewers;
	(void)json_array_append_new(scan->plugins,
		json_pack("{sssssssbsIsIsI}", "name", instance->host->name, "module",
			instance->plugin->name, "state", instance->state, "open",
			instance->is_open, "pixels", (json_int_t)instance->painted,
			"pixels_per_second", (json_int_t)per_second, "connections",
			(json_int_t)instance->counts->connections));
}

uint64_t
pps_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

void
pps_update(struct pps *pps, struct mural_host *host, uint64_t now_ms, uint32_t frame,
	char **live)
{
	struct pps_scan scan = { .pps = pps, .ms = now_ms - pps->updated_ms };
	json_t *all;

	pps->painted = pps->per_second = pps->viewers = 0;
	scan.plugins = live ? json_array() : NULL;
	mural_each_instance(host, pps_add_instance, &scan);
	free(pps->last);
	pps->last = scan.now;
	pps->n = scan.n;
	pps->updated_ms = now_ms;
	if (!live)
		return;
	all = json_pack("{sssfsisisIsIsIsIsoso}", "type", "figures", "time",
		pps_clock_ms() / 1000.0, "width", (int)host->canvas_width, "height",
		(int)host->canvas_height, "viewers", (json_int_t)pps->viewers, "frame",
		(json_int_t)frame, "pixels", (json_int_t)pps->painted,
		"pixels_per_second", (json_int_t)pps->per_second, "plugins", scan.plugins,
		"notice", notice_json(host));
	*live = all ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(13)) : NULL;
	json_decref(all);
}

void
pps_finish(struct pps *pps)
{
	free(pps->last);
	*pps = (struct pps){ 0 };
}
