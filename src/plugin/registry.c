/* SPDX-License-Identifier: MIT */
/* Binds the config's plugin sections to their plugins and creates the instances. */
#include "plugin/registry.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "config/option.h"
#include "plugin/loader.h"
#include "plugin/metrics.h"

#define WHY_BYTES 1024

/* What mural_reject() reports about. */
struct mural_check {
	struct config *config;
	const struct section *section;
	const char *listen;
};

const struct mural_option *
plugin_common_options(const struct mural_plugin *plugin)
{
	return container_of(plugin, const struct module, plugin)->common;
}

/* ------------------------------------------------------------------ checking */

/* Reports an error in the line that set the option, or else, as without an option, in
 * that of the section. */
static void
option_reject(struct config *config, const struct section *section, const char *option,
	const char *text)
{
	const struct setting *setting = option ? section_find(section, option) : NULL;
	struct mural_option named = { .name = option };
	char key[64];

	config_error(config, setting ? setting->file : section->file,
		setting ? setting->line : section->line, section->title,
		option ? option_key(&named, key, sizeof(key)) : NULL, "%s", text);
}

void
mural_reject(struct mural_check *check, const char *option, const char *format, ...)
{
	char text[WHY_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	option_reject(check->config, check->section, option, text);
}

const char *
mural_check_listen(const struct mural_check *check)
{
	return check->listen;
}

static void
check_instance(const struct instance *instance, struct config *config)
{
	const struct mural_plugin *plugin = instance->plugin;
	const struct instance_config *common = &instance->common;
	struct mural_check check = { config, instance->section, common->listen };
	uint32_t own = plugin->transports & (MURAL_POLLER | MURAL_SERVICE);

	if (common->offset.x < 0 || common->offset.y < 0)
		option_reject(config, instance->section, "offset",
			"lies outside the canvas; write X,Y from 0,0");
	if (plugin->check)
		plugin->check(instance->config, &check);
	if (common->enabled && !own && !*common->listen && !*common->listen_udp)
		log_warn("%s: nobody can reach it: set %s", instance->section->title,
			plugin->transports & MURAL_STREAM ? "listen" : "listen-udp");
}

/* ------------------------------------------------------------------ binding */

void
instance_free(struct instance *instance)
{
	if (instance->config)
		options_finish(instance->plugin->options, instance->config);
	options_finish(all_common_options, &instance->common);
	free(instance->config);
	said_finish(&instance->said);
	free(instance->claims);
	free(instance->name);
	free(instance);
}

static int
bind_setting(
	struct instance *instance, const struct setting *setting, struct config *config)
{
	const struct mural_plugin *plugin = instance->plugin;
	const struct section *section = instance->section;
	const struct mural_option *common = plugin_common_options(plugin);
	const struct mural_option *option = option_find(common, setting->key);
	void *fields = option ? (void *)&instance->common : instance->config;
	char why[256], key[64];
	int ret;

	if (!option)
		option = option_find(plugin->options, setting->key);
	if (!option) {
		config_unknown_key(config, section, setting, plugin->options, common);
		return 0;
	}
	ret = option_set(option, fields, setting->value, why, sizeof(why));
	if (ret == -EINVAL)
		config_error(config, setting->file, setting->line, section->title,
			option_key(option, key, sizeof(key)), "\"%s\" %s",
			option_shown(option, setting->value), why);
	return ret == -ENOMEM ? ret : 0;
}

static int
instance_new(struct instance **out, const struct module *module,
	const struct section *section, struct config *config)
{
	struct instance *instance = calloc(1, sizeof(*instance));
	char why[256];
	int ret;

	if (!instance)
		return -ENOMEM;
	instance->plugin = &module->plugin;
	instance->section = section;
	instance->config = calloc(1, module->plugin.config_size + 1);
	instance->name = strdup(section->name);
	ret = instance->config && instance->name ? 0 : -ENOMEM;
	if (ret == 0)
		ret = said_init(&instance->said, module->plugin.metrics);
	/* the defaults parsed when the module was opened: only -ENOMEM is left */
	if (ret == 0)
		ret = options_init(
			all_common_options, &instance->common, why, sizeof(why));
	if (ret == 0)
		ret = options_init(module->common, &instance->common, why, sizeof(why));
	if (ret == 0)
		ret = options_init(
			module->plugin.options, instance->config, why, sizeof(why));
	for (const struct setting *s = section->settings; ret == 0 && s; s = s->next)
		ret = bind_setting(instance, s, config);
	if (ret < 0) {
		instance_free(instance);
		return ret;
	}
	instance->host.size = sizeof(instance->host);
	instance->host.counts = &instance->counts;
	instance->counts.size = sizeof(instance->counts);
	instance->host.name = instance->name;
	instance->host.config = instance->config;
	*out = instance;
	return 0;
}

/* ------------------------------------------------------------------ loading */

/* False with `enabled = no` or `required = no`; works without the plugin. */
static bool
section_is_required(const struct section *section)
{
	struct instance_config common = { .enabled = true, .required = true };
	char why[256];

	for (const struct setting *s = section->settings; s; s = s->next) {
		const struct mural_option *option =
			option_find(all_common_options, s->key);

		if (option && option->type == MURAL_TYPE_BOOL)
			(void)option_set(option, &common, s->value, why, sizeof(why));
	}
	return common.enabled && common.required;
}

/* The module of that name, loaded once; *out is NULL, with `why`, if it cannot be. */
static int
get_module(struct plugins *plugins, const char *path, const char *name,
	struct module **out, char *why, size_t len)
{
	struct module **end = &plugins->modules;
	char file[PATH_MAX];
	int ret;

	*out = NULL;
	if (module_find(path, name, file, sizeof(file), why, len) < 0)
		return 0;
	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->path, file) == 0) {
			if (module_was_replaced(*end))
				log_warn("plugins: %s was replaced; what was loaded "
					 "before runs on until the next start",
					file);
			*out = *end;
			return 0;
		}
	ret = module_open(file, name, end, why, len);
	if (ret == 0 && metrics_clash(plugins->modules, *end, why, len)) {
		module_close(*end);
		*end = NULL;
		ret = -EINVAL;
	}
	if (ret == 0)
		*out = *end;
	return ret == -ENOMEM ? ret : 0;
}

static int
load_section(
	struct plugins *plugins, struct config *config, const struct section *section)
{
	struct instance **end = &plugins->instances, *instance;
	struct module *module;
	char why[WHY_BYTES];
	int ret;

	ret = get_module(plugins, config->server.plugin_path, section->module, &module,
		why, sizeof(why));
	if (ret < 0)
		return ret;
	if (!module && section_is_required(section))
		config_error(config, section->file, section->line, section->title, NULL,
			"%s", why);
	else if (!module)
		log_warn("%s: %s: continuing without it", section->title, why);
	if (!module)
		return 0;
	ret = instance_new(&instance, module, section, config);
	if (ret < 0)
		return ret;
	check_instance(instance, config);
	if (!instance->common.enabled) {
		instance_free(instance);
		return 0;
	}
	while (*end)
		end = &(*end)->next;
	*end = instance;
	return 0;
}

static void
check_path(struct config *config)
{
	const struct setting *setting = config_setting(config, "server", "plugin-path");
	const char *path = config->server.plugin_path;
	char folder[PATH_MAX], why[256];

	while (folder_next(&path, folder, sizeof(folder)))
		if (!folder_is_safe(folder, why, sizeof(why)))
			config_error(config, setting ? setting->file : NULL,
				setting ? setting->line : 0, "server", "plugin-path",
				"\"%s\" %s", folder, why);
}

/* Instances are told apart by their names, in the log and in the metrics. */
static void
check_names(struct config *config)
{
	for (const struct section *s = config->sections; s; s = s->next)
		for (const struct section *e = config->sections; e != s; e = e->next)
			if (strcmp(s->name, e->name) == 0) {
				config_error(config, s->file, s->line, s->title, NULL,
					"[%s] has that name already; give it another: "
					"[plugin %s NAME]",
					e->title, s->module);
				break;
			}
}

/* Each instance has a copy, because the claims it was opened with must not change. */
static int
copy_claims(const struct plugins *plugins, struct instance *instance)
{
	instance->claims = calloc(plugins->n_claims + 1, sizeof(*instance->claims));
	if (!instance->claims)
		return -ENOMEM;
	memcpy(instance->claims, plugins->claims,
		plugins->n_claims * sizeof(*instance->claims));
	instance->host.claims = instance->claims;
	instance->host.n_claims = plugins->n_claims;
	return 0;
}

static int
collect_claims(struct plugins *plugins)
{
	size_t most = 0;

	for (const struct instance *i = plugins->instances; i; i = i->next)
		most += i->plugin->claim != NULL;
	plugins->claims = calloc(most + 1, sizeof(*plugins->claims));
	if (!plugins->claims)
		return -ENOMEM;
	for (const struct instance *i = plugins->instances; i; i = i->next)
		if (i->plugin->claim &&
			i->plugin->claim(i->config, &plugins->claims[plugins->n_claims]))
			plugins->n_claims++;
	for (struct instance *i = plugins->instances; i; i = i->next)
		if (copy_claims(plugins, i) < 0)
			return -ENOMEM;
	return 0;
}

static int
load_all(struct plugins *plugins, struct config *config)
{
	int ret = 0;

	check_path(config);
	check_names(config);
	for (const struct section *s = config->sections; ret == 0 && s; s = s->next)
		ret = load_section(plugins, config, s);
	if (ret == 0)
		ret = collect_claims(plugins);
	if (ret < 0)
		log_error("plugins: out of memory");
	return ret;
}

int
plugins_load(struct plugins *plugins, struct config *config)
{
	int ret;

	*plugins = (struct plugins){ 0 };
	ret = load_all(plugins, config);
	if (ret < 0)
		plugins_unload(plugins);
	return ret;
}

void
plugins_prepare(const struct plugins *plugins)
{
	for (const struct instance *i = plugins->instances; i; i = i->next)
		if (i->plugin->prepare)
			i->plugin->prepare(i->config);
}

int
plugins_load_next(struct plugins *next, struct plugins *running, struct config *config)
{
	int ret;

	*next = (struct plugins){ .modules = running->modules };
	ret = load_all(next, config);
	running->modules = next->modules;
	next->modules = NULL;
	if (ret < 0)
		plugins_unload(next);
	return ret;
}

/* ------------------------------------------------------------------ comparing */

static bool
has_claim(const struct instance *instance, const struct mural_claim *claim)
{
	for (size_t i = 0; i < instance->host.n_claims; i++)
		if (memcmp(&instance->claims[i], claim, sizeof(*claim)) == 0)
			return true;
	return false;
}

/* In any order, since it is that of the file. */
static bool
same_claims(const struct instance *a, const struct instance *b)
{
	if (a->host.n_claims != b->host.n_claims)
		return false;
	for (size_t i = 0; i < a->host.n_claims; i++)
		if (!has_claim(b, &a->claims[i]) || !has_claim(a, &b->claims[i]))
			return false;
	return true;
}

/* It changes nothing of an instance that is open. */
static bool
is_only_said(const struct mural_option *option)
{
	return strcmp(option->name, "required") == 0 ||
	       strcmp(option->name, "advertise") == 0;
}

/* While it is open: nothing of it runs on other threads, and it can learn of them. */
static bool
plugin_takes_secrets(const struct mural_plugin *plugin)
{
	return plugin->transports == MURAL_SERVICE && plugin->reload;
}

void
instance_take_secrets(struct instance *instance, struct instance *next)
{
	if (plugin_takes_secrets(instance->plugin))
		options_swap_secrets(
			instance->plugin->options, instance->config, next->config);
}

bool
instance_same(const struct instance *a, const struct instance *b)
{
	const struct mural_option *common = plugin_common_options(a->plugin);

	if (a->plugin != b->plugin || strcmp(a->name, b->name) != 0)
		return false;
	for (const struct mural_option *o = common; o->name; o++)
		if (!is_only_said(o) && !option_same(o, &a->common, &b->common))
			return false;
	if (!(plugin_takes_secrets(a->plugin) ? options_same_but_secrets : options_same)(
		    a->plugin->options, a->config, b->config))
		return false;
	return !(a->plugin->transports & MURAL_POLLER) || same_claims(a, b);
}

/* ------------------------------------------------------------------ unloading */

static bool
is_used(const struct instance *instance, const struct module *module)
{
	while (instance && instance->plugin != &module->plugin)
		instance = instance->next;
	return instance;
}

void
plugins_unload_unused(struct plugins *plugins)
{
	struct module **link = &plugins->modules;

	while (*link) {
		struct module *module = *link;

		if (is_used(plugins->instances, module) ||
			is_used(plugins->abandoned, module)) {
			link = &module->next;
			continue;
		}
		*link = module->next;
		log_debug("plugins: unloading %s", module->path);
		module_close(module);
	}
}

static void
free_instances(struct instance *instance)
{
	struct instance *next;

	for (; instance; instance = next) {
		next = instance->next;
		instance_free(instance);
	}
}

void
plugins_unload(struct plugins *plugins)
{
	free_instances(plugins->instances);
	free_instances(plugins->abandoned);
	while (plugins->modules) {
		struct module *module = plugins->modules;

		plugins->modules = module->next;
		module_close(module);
	}
	free(plugins->claims);
	*plugins = (struct plugins){ 0 };
}
