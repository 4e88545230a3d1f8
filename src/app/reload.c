/* SPDX-License-Identifier: MIT */
/*
 * Replaces the running config: closes what is gone or changed, waits on the loop until
 * its services have stopped, then opens what is new or changed, which finds its port
 * free.
 */
#include "app/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/privileges.h"
#include "app/wall.h"
#include "base/log.h"
#include "base/util.h"
#include "config/option.h"
#include "ingest/hint.h"
#include "ingest/instance.h"
#include "ingest/retry.h"
#include "ingest/service.h"
#include "plugin/sysctl.h"

/* ------------------------------------------------------------------ core sections */

/* The keys that can change at run time; the display itself logs what it cannot do. */
static const struct {
	const char *section;
	const char *keys; /* NULL: all */
} reloadable[] = {
	{ "canvas", " snapshot snapshot_interval " },
	{ "display", NULL },
	{ "server", " plugin_path pixels_per_source bytes_per_source "
		    "connections_per_source allow deny public_url "
		    "public_address " },
};

static bool
is_reloadable(const char *section, const char *key)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", key);
	for (size_t i = 0; i < ARRAY_LEN(reloadable); i++)
		if (strcmp(reloadable[i].section, section) == 0)
			return !reloadable[i].keys || strstr(reloadable[i].keys, word);
	return false;
}

static void
defer_key(struct reload *reload, const char *section, const char *key)
{
	json_t *option = json_sprintf("%s.%s", section, key);

	(void)json_array_append_new(
		reload->deferred, json_pack("{s:o}", "option", option));
}

/* Lists each key that differs from what runs, and logs those that changed since the last
 * load. */
static void
defer_keys(struct wall *wall)
{
	json_decref(wall->reload.deferred);
	wall->reload.deferred = json_array();
	for (const struct core_section *core = core_sections; core->name; core++) {
		const char *first = (const char *)&wall->initial->config + core->offset;
		const char *old = (const char *)&wall->now->config + core->offset;
		const char *new = (const char *)&wall->next->config + core->offset;

		for (const struct mural_option *o = core->options; o->name; o++) {
			char text[64];
			const char *key = option_key(o, text, sizeof(text));

			if (is_reloadable(core->name, o->name) ||
				option_same(o, first, new))
				continue;
			defer_key(&wall->reload, core->name, key);
			if (!option_same(o, old, new))
				log_warn("reload: %s.%s takes effect at the next start",
					core->name, key);
		}
	}
}

static void
reconfigure_core(struct wall *wall)
{
	const struct config *config = &wall->next->config;

	defer_keys(wall);
	if (ratelimit_configure(&wall->ingest.ratelimit, config) < 0)
		log_error(
			"reload: out of memory; limits server.*-per-source stay as they "
			"were; reload again when there is some");
	snapshot_reconfigure(&wall->snapshot, &config->canvas);
	hud_status_dress(&wall->hud_status, wall->hud, &config->display);
	hud_status_refresh(&wall->hud_status);
	display_reconfigure(&wall->display, &config->display);
}

/* ------------------------------------------------------------------ the end */

static void
reload_done(struct wall *wall, bool in_force)
{
	sd_notify_reloaded();
	if (!wall->reload.pending)
		operators_reloaded(wall, in_force);
	if (wall->reload.pending)
		reload_begin(wall);
}

static void
drop_next(struct wall *wall)
{
	wall_free_generation(wall, wall->next);
	wall->next = NULL;
	plugins_unload_unused(&wall->now->plugins);
}

/* The new config is in force; nothing borrows from the old one any more. */
static void
reload_finish(struct wall *wall)
{
	const struct reload *reload = &wall->reload;
	struct generation *old = wall->now;

	wall->now = wall->next;
	wall->next = old;
	drop_next(wall);
	sysctl_defer_restore(false);
	retry_resume(&wall->ingest);
	share_choose(&wall->ingest.share);
	instances_end_denied(&wall->ingest, wall->now->plugins.instances);
	log_info("reload: %u closed, %u opened, %u failed, %u unchanged", reload->closed,
		reload->opened, reload->failed, reload->unchanged);
	reload_done(wall, true);
}

/* ------------------------------------------------------------------ opening */

static void
open_new(struct wall *wall, struct instance *instance)
{
	if (retry_open(&wall->ingest, instance, false) == 0) {
		wall->reload.opened++;
		hint_log(instance);
		return;
	}
	log_warn("%s: could not be opened%s", instance->name,
		privileges_suffice(instance)
			? "; continuing without it, and trying again every second"
			: ": it needs privileges that murald dropped and regains only by "
			  "a restart; continuing without it");
	wall->reload.failed++;
}

/* Takes the instance of that name out of the list, if it keeps running. */
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

static void
swap_texts(const char **a, const char **b)
{
	const char *text = *a;

	*a = *b;
	*b = text;
}

/* Moves what outlives the old config to the new one: the modules, and the instances that
 * keep running, each to its place in the new list. */
static void
take_over(struct wall *wall)
{
	struct plugins *now = &wall->now->plugins, *next = &wall->next->plugins;

	for (struct instance **link = &next->instances; *link; link = &(*link)->next) {
		struct instance *new = *link;
		struct instance *kept = take_unchanged(&now->instances, new->name);

		if (!kept)
			continue;
		kept->section = new->section;
		kept->common.required = new->common.required;
		swap_texts(&kept->common.advertise, &new->common.advertise);
		instance_take_secrets(kept, new);
		kept->next = new->next;
		*link = kept;
		instance_free(new);
	}
	for (struct instance *i = now->instances; i; i = i->next)
		instance_clear(&wall->ingest, i);
	next->modules = now->modules;
	next->abandoned = now->abandoned;
	now->modules = NULL;
	now->abandoned = NULL;
	wall->ingest.plugins = next;
}

static void
open_all(struct wall *wall)
{
	take_over(wall);
	plugins_keep_off(wall, wall->ingest.plugins);
	/* before hints are logged, which name its public address */
	wall->ingest.server = &wall->next->config.server;
	wall->ingest.display = &wall->next->config.display;
	ingest_warn_if_empty(&wall->ingest);
	for (struct instance *i = wall->ingest.plugins->instances; i; i = i->next) {
		if (i->unchanged)
			instance_reload(&wall->ingest, i);
		else if (!i->is_off)
			open_new(wall, i);
		wall->reload.unchanged += i->unchanged;
	}
	reconfigure_core(wall);
	reload_finish(wall);
}

/* ------------------------------------------------------------------ waiting */

/* An instance that did not stop keeps everything it may touch for as long as murald
 * runs. */
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
		service_log_timeout(instance);
		*link = instance->next;
		instance->next = plugins->abandoned;
		plugins->abandoned = instance;
	}
}

static void
on_services_stopped(uv_timer_t *timer)
{
	struct wall *wall = container_of(timer, struct wall, reload.timer);
	struct plugins *plugins = &wall->now->plugins;
	uint64_t now = uv_now(&wall->loop), deadline = wall->reload.deadline_ms;

	if (service_find_stopping(plugins->instances) && now < deadline) {
		uv_timer_start(timer, on_services_stopped,
			MIN(deadline - now, SERVICE_STOP_POLL_MS), 0);
		return;
	}
	abandon_services(plugins);
	open_all(wall);
}

static void
on_stopped(struct instance *instance)
{
	struct wall *wall = container_of(instance->ingest, struct wall, ingest);

	if (wall->next)
		uv_timer_start(&wall->reload.timer, on_services_stopped, 0, 0);
}

/* ------------------------------------------------------------------ closing */

/* One that is not open is changed, too: opening it may succeed now. */
static bool
is_unchanged(const struct instance *instance, const struct instance *next)
{
	while (next && strcmp(next->name, instance->name) != 0)
		next = next->next;
	return instance->is_open && next && instance_same(instance, next);
}

static void
close_old(struct wall *wall)
{
	for (struct instance *i = wall->now->plugins.instances; i; i = i->next) {
		i->unchanged = is_unchanged(i, wall->next->plugins.instances);
		if (i->unchanged)
			continue;
		wall->reload.closed += i->is_open;
		i->on_stopped = on_stopped;
		instance_close(&wall->ingest, i);
	}
}

static void
replace_instances(struct wall *wall)
{
	struct reload *reload = &wall->reload;
	bool stopping;

	reload->closed = reload->opened = reload->failed = reload->unchanged = 0;
	sysctl_defer_restore(true);
	retry_pause(&wall->ingest);
	close_old(wall);
	uv_update_time(&wall->loop);
	reload->deadline_ms = uv_now(&wall->loop) + SERVICE_STOP_TIMEOUT_MS;
	stopping = service_find_stopping(wall->now->plugins.instances);
	/* at least one turn, in which the loop lets go of the handles closed on it */
	uv_timer_start(&reload->timer, on_services_stopped,
		stopping ? SERVICE_STOP_POLL_MS : 0, 0);
}

/* ------------------------------------------------------------------ loading */

/* A file that an editor has just truncated is no request to close everything.  A file
 * that could not be read has been logged already. */
static void
check_not_empty(const struct config *now, struct config *next)
{
	if (now->has_content && !next->has_content && next->errors == 0)
		config_error(next, NULL, 0, NULL, NULL,
			"nothing is left in the config; to close all plugins, keep an "
			"empty section such as [canvas]");
}

static bool
load_next(struct wall *wall)
{
	struct generation *next = calloc(1, sizeof(*next));

	wall->next = next;
	if (!next)
		return false;
	next->config.log_errors = true;
	if (config_load(&next->config, wall->argc, wall->argv) >= 0)
		return false;
	check_not_empty(&wall->now->config, &next->config);
	if (plugins_load_next(&next->plugins, &wall->now->plugins, &next->config) < 0)
		return false;
	return next->config.errors == 0;
}

static void
reload_refuse(struct wall *wall)
{
	char *why = NULL;

	log_error("reload: %s; the old config stays in force",
		wall->next ? "the new config is wrong" : "out of memory");
	wall->reload.errors = 0;
	if (wall->next) {
		why = wall->next->config.first_error;
		wall->next->config.first_error = NULL;
		wall->reload.errors = wall->next->config.errors;
	}
	drop_next(wall);
	wall->reload.why = why;
	reload_done(wall, false);
	wall->reload.why = NULL;
	free(why);
}

void
reload_begin(struct wall *wall)
{
	wall->reload.pending = wall->next;
	if (wall->next)
		return;
	sd_notify_reloading();
	log_info("reload: reading the config");
	if (load_next(wall)) {
		replace_instances(wall);
		return;
	}
	reload_refuse(wall);
}

void
reload_start(struct wall *wall)
{
	uv_timer_init(&wall->loop, &wall->reload.timer);
}

void
reload_stop(struct wall *wall)
{
	if (wall->next) {
		sysctl_defer_restore(false);
		drop_next(wall);
	}
	json_decref(wall->reload.deferred);
	wall->reload.deferred = NULL;
	uv_close((uv_handle_t *)&wall->reload.timer, NULL);
}
