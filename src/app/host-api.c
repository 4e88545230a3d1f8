/* SPDX-License-Identifier: MIT */
/* Implements what the plugin API tells about the whole wall: every instance, the display,
 * the record's file, the version. */
#include <string.h>

#include <mural/plugin.h>

#include "app/wall.h"
#include "base/counters.h"
#include "base/util.h"

struct wall *
wall_of_host(struct mural_host *host, const char *function)
{
	const struct instance *instance = container_of(host, struct instance, host);

	worker_check(&instance->ingest->workers[0], host->name, function);
	return container_of(instance->ingest, struct wall, ingest);
}

void
mural_each_instance(struct mural_host *host,
	void (*each)(const struct mural_instance *instance, void *arg), void *arg)
{
	const struct ingest *ingest = &wall_of_host(host, __func__)->ingest;

	for (struct instance *i = ingest->plugins->instances; i; i = i->next) {
		struct mural_instance shown = {
			.size = sizeof(shown),
			.n_reasons = MURAL_REASONS,
			.plugin = i->plugin,
			.host = &i->host,
			.is_open = i->is_open,
			.required = i->common.required && !i->is_off,
		};
		struct counters sum;
		char state[MURAL_STATE_MAX];
		int64_t metrics[MURAL_METRICS_MAX];

		said_copy_state(&i->said, state);
		said_copy_metrics(&i->said, metrics);
		shown.state = state;
		shown.metrics = metrics;
		ingest_counters(ingest, i, &sum);
		shown.painted = sum.painted;
		shown.discarded = sum.discarded;
		sum.counts.size = sizeof(sum.counts);
		shown.counts = &sum.counts;
		each(&shown, arg);
	}
}

void
mural_display_counters(struct mural_host *host, struct mural_display *shown)
{
	const struct display *display = &wall_of_host(host, __func__)->display;
	const struct mural_display all = {
		.size = shown->size,
		.wanted = display_wanted(display),
		.enabled = counter_load(&display->counters.enabled) > 0,
		.frames = counter_load(&display->counters.frames),
		.late_frames = counter_load(&display->counters.late_frames),
		.blanked = counter_load(&display->counters.blanked) > 0,
	};

	memcpy(shown, &all, MIN(shown->size, sizeof(all)));
}

void
mural_current_notice(struct mural_host *host, struct mural_notice *notice)
{
	const struct wall *wall = wall_of_host(host, __func__);
	const struct mural_notice all = {
		.size = notice->size,
		.frozen = canvas_is_frozen(&wall->canvas),
		.text = wall->operators.notice.text,
		.until = wall->operators.notice.until_s,
	};

	memcpy(notice, &all, MIN(notice->size, sizeof(all)));
}

const char *
mural_version(void)
{
	return VERSION;
}

const char *
mural_record_file(struct mural_host *host)
{
	const char *file = wall_of_host(host, __func__)->initial->config.record.file;

	return *file ? file : NULL;
}
