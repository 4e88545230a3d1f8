/* SPDX-License-Identifier: MIT */
/*
 * From the running instances to those of another config: what is gone or changed is
 * closed, then what is new or changed is opened, so that it finds its port free.  Between
 * the two, residents take their time to stop, and the main loop turns.
 */
#include "ingest/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/privileges.h"
#include "base/log.h"
#include "ingest/hint.h"
#include "ingest/instance.h"
#include "ingest/service.h"
#include "plugin/sysctl.h"

struct reconfigure {
	struct ingest *ingest;
	struct plugins *next;
	uv_timer_t timer;
	uint64_t deadline_ms; /* of the patience with residents, by uv_now() */
	struct ingest_changes changes;
	void (*done)(void *arg, const struct ingest_changes *changes);
	void *arg;
};

static struct instance *
instance_find(struct instance *instance, const char *name)
{
	while (instance && strcmp(instance->name, name) != 0)
		instance = instance->next;
	return instance;
}

/* ------------------------------------------------------------------ the end */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct reconfigure, timer));
}

void
reconfigure_abandon(struct ingest *ingest)
{
	struct reconfigure *reconfigure = ingest->reconfigure;

	if (!reconfigure)
		return;
	ingest->reconfigure = NULL;
	sysctl_defer_restore(false);
	uv_close((uv_handle_t *)&reconfigure->timer, on_timer_closed);
}

static void
reconfigure_finish(struct reconfigure *reconfigure)
{
	struct ingest *ingest = reconfigure->ingest;

	for (const struct instance *i = ingest->plugins->instances; i; i = i->next)
		reconfigure->changes.unchanged += i->unchanged;
	plugins_unload_unused(ingest->plugins);
	reconfigure_abandon(ingest);
	reconfigure->done(reconfigure->arg, &reconfigure->changes);
}

/* ------------------------------------------------------------------ opening */

static void
open_new(struct reconfigure *reconfigure, struct instance *instance)
{
	struct ingest *ingest = reconfigure->ingest;

	if (instance_open(ingest, instance) == 0) {
		reconfigure->changes.opened++;
		hint_log(instance);
		return;
	}
	log_warn("%s: not opened%s; the others go on without it", instance->name,
		privileges_suffice(instance)
			? ""
			: ": murald gave up at its start the rights that it "
			  "needs, and has them again after a restart");
	instance_close(ingest, instance);
	reconfigure->changes.failed++;
}

/* Takes the one of that name out of the list, if it goes on as it is. */
static struct instance *
take_unchanged(struct instance **link, const char *name)
{
	struct instance *instance;

	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	instance = *link;
	if (!instance || !instance->unchanged)
		return NULL;
	*link = instance->next;
	return instance;
}

/* The list that is in force from now on: the new config's, with the instances that go on
 * in their place in it. */
static void
swap_lists(struct reconfigure *reconfigure)
{
	struct plugins *plugins = reconfigure->ingest->plugins, *next = reconfigure->next;
	struct instance *old = plugins->instances, **end = &plugins->instances, *new;

	plugins->instances = NULL;
	while ((new = next->instances)) {
		struct instance *kept = take_unchanged(&old, new->name);

		next->instances = new->next;
		if (kept) {
			kept->section = new->section;
			kept->common.required = new->common.required;
			instance_free(new);
			new = kept;
		}
		new->next = NULL;
		*end = new;
		end = &new->next;
	}
	while ((new = old)) {
		old = new->next;
		instance_clear(reconfigure->ingest, new);
		instance_free(new);
	}
	free(plugins->claims);
	plugins->claims = next->claims;
	plugins->n_claims = next->n_claims;
	next->claims = NULL;
}

/* ------------------------------------------------------------------ waiting */

static bool
is_any_stopping(const struct instance *instance)
{
	while (instance && instance->service_state != SERVICE_STOPPING)
		instance = instance->next;
	return instance;
}

/* What did not stop keeps all it may touch, for as long as murald runs. */
static void
abandon_services(struct plugins *plugins)
{
	struct instance **link = &plugins->instances;

	while (*link) {
		struct instance *instance = *link;

		if (instance->service_state != SERVICE_STOPPING) {
			link = &instance->next;
			continue;
		}
		log_error("%s: did not stop; leaving it", instance->name);
		*link = instance->next;
		instance->next = plugins->abandoned;
		plugins->abandoned = instance;
	}
}

static void
on_services_stopped(uv_timer_t *timer)
{
	struct reconfigure *reconfigure = container_of(timer, struct reconfigure, timer);
	struct ingest *ingest = reconfigure->ingest;
	struct plugins *plugins = ingest->plugins;
	uint64_t now = uv_now(ingest->loop);

	if (is_any_stopping(plugins->instances) && now < reconfigure->deadline_ms) {
		uv_timer_start(
			timer, on_services_stopped, reconfigure->deadline_ms - now, 0);
		return;
	}
	abandon_services(plugins);
	swap_lists(reconfigure);
	ingest_warn_if_empty(ingest);
	for (struct instance *i = plugins->instances; i; i = i->next)
		if (i->unchanged)
			instance_reload(ingest, i);
		else
			open_new(reconfigure, i);
	reconfigure_finish(reconfigure);
}

static void
on_stopped(struct instance *instance)
{
	struct reconfigure *reconfigure = instance->ingest->reconfigure;

	if (reconfigure)
		uv_timer_start(&reconfigure->timer, on_services_stopped, 0, 0);
}

/* ------------------------------------------------------------------ closing */

/* Also one that could not open before: it may do so now. */
static bool
is_unchanged(const struct instance *instance, struct instance *next)
{
	const struct instance *new = instance_find(next, instance->name);

	return instance->is_open && new &&instance_same(instance, new);
}

static void
close_old(struct reconfigure *reconfigure)
{
	struct ingest *ingest = reconfigure->ingest;

	for (struct instance *i = ingest->plugins->instances; i; i = i->next) {
		i->unchanged = is_unchanged(i, reconfigure->next->instances);
		if (i->unchanged)
			continue;
		reconfigure->changes.closed += i->is_open;
		i->on_stopped = on_stopped;
		instance_close(ingest, i);
	}
}

int
ingest_reconfigure(struct ingest *ingest, struct plugins *next,
	void (*done)(void *arg, const struct ingest_changes *changes), void *arg)
{
	struct reconfigure *reconfigure = calloc(1, sizeof(*reconfigure));
	bool stopping;

	if (!reconfigure)
		return -ENOMEM;
	reconfigure->ingest = ingest;
	reconfigure->next = next;
	reconfigure->done = done;
	reconfigure->arg = arg;
	uv_timer_init(ingest->loop, &reconfigure->timer);
	uv_update_time(ingest->loop);
	ingest->reconfigure = reconfigure;
	sysctl_defer_restore(true);
	close_old(reconfigure);
	stopping = is_any_stopping(ingest->plugins->instances);
	reconfigure->deadline_ms = uv_now(ingest->loop) + SERVICE_STOP_TIMEOUT_MS;
	/* at least one turn, in which the loop lets go of what was closed on it */
	uv_timer_start(&reconfigure->timer, on_services_stopped,
		stopping ? SERVICE_STOP_TIMEOUT_MS : 0, 0);
	return 0;
}
