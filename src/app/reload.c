/* SPDX-License-Identifier: MIT */
/* Reads the config again and has each part take what it can of it. */
#include "app/reload.h"

#include <string.h>

#include "base/log.h"
#include "config/option.h"

/* What a running wall takes from a new config; the display says itself what it can do. */
static const struct {
	const char *section;
	const char *keys; /* NULL: all */
} reloadable[] = {
	{ "canvas", " snapshot snapshot_interval " },
	{ "display", NULL },
	{ "server",
		" plugin_path pixels_per_source bytes_per_source connections_per_source "
		"allow deny " },
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

/* Each key is named when it changes to something that is not what runs. */
static void
log_deferred_keys(const struct reload *reload)
{
	const struct config *before = reload->current, *next = reload->next;

	for (const struct core_section *core = core_sections; core->name; core++) {
		const void *then = (const char *)reload->initial + core->offset;
		const void *old = (const char *)before + core->offset;
		const void *new = (const char *)next + core->offset;
		char key[64];

		for (const struct mural_option *o = core->options; o->name; o++)
			if (!is_reloadable(core->name, o->name) &&
				!option_same(o, old, new) && !option_same(o, then, new))
				log_warn("reload: %s.%s takes effect at the next start",
					core->name, option_key(o, key, sizeof(key)));
	}
}

static void
reload_done(struct reload *reload)
{
	reload->busy = false;
	sd_notify_reloaded(reload->notify);
	if (reload->pending) {
		reload->pending = false;
		reload_begin(reload);
	}
}

static void
drop_next(struct reload *reload)
{
	plugins_unload(&reload->next_plugins);
	plugins_unload_unused(reload->plugins);
	config_finish(reload->next);
}

/* The instances are those of the new config: now it is in force, and the old one goes. */
static void
on_changed(void *arg, const struct ingest_changes *changes)
{
	struct reload *reload = arg;

	log_deferred_keys(reload);
	if (ingest_set_limits(reload->ingest, reload->next) < 0)
		log_error("reload: out of memory; server.*-per-source are off");
	snapshot_reconfigure(reload->snapshot, &reload->next->canvas);
	hud_status_refresh(reload->hud_status);
	display_reconfigure(reload->display, &reload->next->display);
	plugins_unload(&reload->next_plugins);
	if (reload->current != reload->initial)
		config_finish(&reload->configs[reload->current - reload->configs]);
	reload->current = reload->next;
	log_info("reload: %u closed, %u opened, %u not opened, %u left as they are",
		changes->closed, changes->opened, changes->failed, changes->unchanged);
	reload_done(reload);
}

/* A file that an editor has just emptied, or has not filled yet, is no wish to close all
 * that runs.  One that could not be read said so already. */
static void
check_not_empty(const struct reload *reload)
{
	if (reload->current->has_content && !reload->next->has_content &&
		reload->next->errors == 0)
		config_error(reload->next, NULL, 0, NULL, NULL,
			"nothing is left in the config; to close all plugins, leave a "
			"section that is none, such as [canvas]");
}

static bool
load_next(struct reload *reload)
{
	struct config *next = &reload->configs[reload->current == reload->configs];

	reload->next = next;
	if (config_load(next, reload->argc, reload->argv) >= 0)
		return false;
	check_not_empty(reload);
	return plugins_load_next(&reload->next_plugins, reload->plugins, next) == 0 &&
	       next->errors == 0;
}

void
reload_begin(struct reload *reload)
{
	reload->pending = reload->busy;
	if (reload->busy)
		return;
	reload->busy = true;
	sd_notify_reloading(reload->notify);
	log_info("reload: reading the config");
	if (!load_next(reload)) {
		log_error("reload: the new config is wrong and changes nothing; the old "
			  "one goes on");
	} else if (ingest_reconfigure(reload->ingest, &reload->next_plugins, on_changed,
			   reload) < 0) {
		log_error("reload: out of memory; the old config goes on");
	} else {
		return;
	}
	drop_next(reload);
	reload_done(reload);
}

void
reload_finish(struct reload *reload)
{
	plugins_unload(&reload->next_plugins);
	config_finish(&reload->configs[0]);
	config_finish(&reload->configs[1]);
}
