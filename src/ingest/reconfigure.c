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

struct change {
	struct ingest *ingest;
	struct plugins *next;
	uv_timer_t timer;
	uint64_t end_ms; /* of the patience with residents, by uv_now() */
	struct ingest_changes changes;
	void (*done)(void *arg, const struct ingest_changes *changes);
	void *arg;
};

static struct instance *
find(struct instance *instance, const char *name)
{
	while (instance && strcmp(instance->name, name) != 0)
		instance = instance->next;
	return instance;
}

/* ------------------------------------------------------------------ the end */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct change, timer));
}

void
change_abandon(struct ingest *ingest)
{
	struct change *change = ingest->change;

	if (!change)
		return;
	ingest->change = NULL;
	switches_keep(false);
	uv_close((uv_handle_t *)&change->timer, on_timer_closed);
}

static void
finish(struct change *change)
{
	struct ingest *ingest = change->ingest;

	for (const struct instance *i = ingest->plugins->instances; i; i = i->next)
		change->changes.stayed += i->stays;
	plugins_sweep(ingest->plugins);
	change_abandon(ingest);
	change->done(change->arg, &change->changes);
}

/* ------------------------------------------------------------------ opening */

static void
open_new(struct change *change, struct instance *instance)
{
	struct ingest *ingest = change->ingest;

	if (instance_open(ingest, instance) == 0) {
		change->changes.opened++;
		invite_log(instance);
		return;
	}
	log_warn("%s: not opened%s; the others go on without it", instance->name,
		rights_suffice(instance)
			? ""
			: ": murald gave up at its start the rights that it "
			  "needs, and has them again after a restart");
	instance_close(ingest, instance);
	change->changes.failed++;
}

/* Takes the one of that name out of the list, if it goes on as it is. */
static struct instance *
take_staying(struct instance **link, const char *name)
{
	struct instance *instance;

	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	instance = *link;
	if (!instance || !instance->stays)
		return NULL;
	*link = instance->next;
	return instance;
}

/* The list that is in force from now on: the new config's, with the instances that go on
 * in their place in it. */
static void
swap_lists(struct change *change)
{
	struct plugins *plugins = change->ingest->plugins, *next = change->next;
	struct instance *old = plugins->instances, **end = &plugins->instances, *new;

	plugins->instances = NULL;
	while ((new = next->instances)) {
		struct instance *stays = take_staying(&old, new->name);

		next->instances = new->next;
		if (stays) {
			stays->section = new->section;
			stays->common.required = new->common.required;
			instance_free(new);
			new = stays;
		}
		new->next = NULL;
		*end = new;
		end = &new->next;
	}
	while ((new = old)) {
		old = new->next;
		instance_clear(change->ingest, new);
		instance_free(new);
	}
	free(plugins->claims);
	plugins->claims = next->claims;
	plugins->n_claims = next->n_claims;
	next->claims = NULL;
}

/* ------------------------------------------------------------------ waiting */

static bool
is_anybody_going(const struct instance *instance)
{
	while (instance && instance->residence != RESIDENT_GOING)
		instance = instance->next;
	return instance;
}

/* What did not stop keeps all it may touch, for as long as murald runs. */
static void
leave_residents(struct plugins *plugins)
{
	struct instance **link = &plugins->instances;

	while (*link) {
		struct instance *instance = *link;

		if (instance->residence != RESIDENT_GOING) {
			link = &instance->next;
			continue;
		}
		log_error("%s: did not stop; leaving it", instance->name);
		*link = instance->next;
		instance->next = plugins->left;
		plugins->left = instance;
	}
}

static void
on_turn(uv_timer_t *timer)
{
	struct change *change = container_of(timer, struct change, timer);
	struct ingest *ingest = change->ingest;
	struct plugins *plugins = ingest->plugins;
	uint64_t now = uv_now(ingest->loop);

	if (is_anybody_going(plugins->instances) && now < change->end_ms) {
		uv_timer_start(timer, on_turn, change->end_ms - now, 0);
		return;
	}
	leave_residents(plugins);
	swap_lists(change);
	ingest_warn_if_empty(ingest);
	for (struct instance *i = plugins->instances; i; i = i->next)
		if (i->stays)
			instance_reload(ingest, i);
		else
			open_new(change, i);
	finish(change);
}

static void
on_stopped(struct instance *instance)
{
	struct change *change = instance->ingest->change;

	if (change)
		uv_timer_start(&change->timer, on_turn, 0, 0);
}

/* ------------------------------------------------------------------ closing */

/* Also one that could not open before: it may do so now. */
static bool
is_to_stay(const struct instance *instance, struct instance *next)
{
	const struct instance *new = find(next, instance->name);

	return instance->is_open && new &&instance_same(instance, new);
}

static void
close_old(struct change *change)
{
	struct ingest *ingest = change->ingest;

	for (struct instance *i = ingest->plugins->instances; i; i = i->next) {
		i->stays = is_to_stay(i, change->next->instances);
		if (i->stays)
			continue;
		change->changes.closed += i->is_open;
		i->on_stopped = on_stopped;
		instance_close(ingest, i);
	}
}

int
ingest_change(struct ingest *ingest, struct plugins *next,
	void (*done)(void *arg, const struct ingest_changes *changes), void *arg)
{
	struct change *change = calloc(1, sizeof(*change));
	bool going;

	if (!change)
		return -ENOMEM;
	change->ingest = ingest;
	change->next = next;
	change->done = done;
	change->arg = arg;
	uv_timer_init(ingest->loop, &change->timer);
	uv_update_time(ingest->loop);
	ingest->change = change;
	switches_keep(true);
	close_old(change);
	going = is_anybody_going(ingest->plugins->instances);
	change->end_ms = uv_now(ingest->loop) + RESIDENT_PATIENCE_MS;
	/* at least one turn, in which the loop lets go of what was closed on it */
	uv_timer_start(&change->timer, on_turn, going ? RESIDENT_PATIENCE_MS : 0, 0);
	return 0;
}
