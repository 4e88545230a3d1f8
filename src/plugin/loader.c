/* SPDX-License-Identifier: MIT */
/* Finds plugin objects, opens them with dlopen and checks their tables. */
#include "plugin/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/util.h"
#include "config/option.h"
#include "plugin/metrics.h"
#include "plugin/table.h"

const struct mural_option all_common_options[] = {
	MURAL_BOOL(struct instance_config, enabled, "yes",
		"no: as if the section were not there"),
	MURAL_BOOL(struct instance_config, required, "yes",
		"no: if it cannot be opened, log why and continue without it"),
	MURAL_POINT(struct instance_config, offset, "0,0",
		"the canvas pixel where this plugin's region begins"),
	MURAL_DIMENSIONS(struct instance_config, region, "all", "all",
		"how much of the canvas this plugin paints"),
	MURAL_TEXT(struct instance_config, advertise, "yes",
		"whether people are told how to paint with it; or what they are told"),
	MURAL_ADDRESSES(struct instance_config, listen, "",
		"where clients connect, one address or several; empty: nowhere"),
	MURAL_ADDRESSES(struct instance_config, listen_udp, "",
		"where datagrams arrive, one address or several; empty: nowhere"),
	{ 0 },
};

/* ------------------------------------------------------------------ finding */

bool
folder_next(const char **path, char *folder, size_t len)
{
	const char *p = *path;
	size_t n;

	if (!p)
		return false;
	n = strcspn(p, ":");
	snprintf(folder, len, "%.*s", (int)MIN(n, len - 1), p);
	*path = p[n] ? p + n + 1 : NULL;
	return true;
}

bool
folder_is_safe(const char *folder, char *why, size_t len)
{
	struct stat st;

	if (folder[0] != '/') {
		error_set(why, len, "is not absolute; write the folder's whole path");
		return false;
	}
	if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH)) {
		error_set(why, len,
			"is writable by everyone, who could then run code as murald; "
			"chmod o-w it");
		return false;
	}
	return true;
}

static int
is_object(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 3 &&
	       strcmp(entry->d_name + len - 3, ".so") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

size_t
module_names(const char *folder, char ***names)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_object, by_name);
	size_t count = 0;

	*names = NULL;
	if (n < 0)
		return 0;
	*names = calloc(n + 1, sizeof(**names));
	for (int i = 0; i < n; i++) {
		size_t len = strlen(entries[i]->d_name) - 3;

		if (*names && ((*names)[count] = strndup(entries[i]->d_name, len)))
			count++;
		free(entries[i]);
	}
	free(entries);
	return count;
}

static const char *
next_name(void *arg)
{
	char ***names = arg;

	return **names ? *(*names)++ : NULL;
}

/* The Debian packages that have some of murald's own plugins. */
static const struct {
	const char *module, *package;
} packages[] = {
	{ "http", "murald-http" },
	{ "p2", "murald-p2" },
	{ "link", "murald-link" },
};

/* What to append to "there is no X.so in PATH". */
static void
suggest_module(const char *path, const char *name, char *text, size_t len)
{
	char folder[PATH_MAX], why[256];
	bool found = false;

	snprintf(text, len, "; install it there, or set server.plugin-path");
	for (size_t i = 0; i < ARRAY_LEN(packages); i++)
		if (strcmp(packages[i].module, name) == 0) {
			snprintf(text, len,
				"; apt install %s, or install it there by hand, or set "
				"server.plugin-path",
				packages[i].package);
			return;
		}
	while (!found && folder_next(&path, folder, sizeof(folder))) {
		char **names = NULL, **next;
		const char *nearest;
		size_t n;

		if (!folder_is_safe(folder, why, sizeof(why))) {
			snprintf(text, len, ", part of which is not safe to load from");
			continue;
		}
		n = module_names(folder, &names);
		next = names;
		nearest = names ? suggest_word(name, next_name, &next) : NULL;
		if (nearest)
			snprintf(text, len, ", did you mean %s?", nearest);
		found = nearest;
		for (size_t i = 0; i < n; i++)
			free(names[i]);
		free(names);
	}
}

int
module_find(const char *path, const char *name, char *file, size_t file_len, char *why,
	size_t len)
{
	char folder[PATH_MAX], hint[320];
	const char *rest = path;
	struct stat st;

	while (folder_next(&rest, folder, sizeof(folder))) {
		if (!folder_is_safe(folder, why, len))
			continue;
		if ((size_t)snprintf(file, file_len, "%s/%s.so", folder, name) <
				file_len &&
			stat(file, &st) == 0)
			return 0;
	}
	suggest_module(path, name, hint, sizeof(hint));
	snprintf(why, len, "there is no %s.so in %s%s", name, path, hint);
	return -ENOENT;
}

/* ------------------------------------------------------------------ checking */

/* A key has lower-case letters, digits, and `_` where the file has a dash. */
static bool
is_key(const char *name)
{
	return *name && strlen(name) < 48 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* An option before this one that is bound to the same memory; all of them fit. */
static const struct mural_option *
find_overlapped(const struct mural_option *options, const struct mural_option *option)
{
	for (; options < option; options++)
		if (option_overlaps(options, option))
			return options;
	return NULL;
}

static int
check_option(const struct module *module, const struct mural_option *option, char *why,
	size_t len)
{
	const struct mural_option *options = module->plugin.options, *other;

	if (!is_key(option->name))
		return error_set(why, len,
			"option %s: a name is 1 to 47 of a-z, 0-9 and _", option->name);
	if (option_find(module->common, option->name))
		return error_set(why, len,
			"option %s: murald itself has one of that name", option->name);
	if (option_find(options, option->name) != option)
		return error_set(why, len, "option %s: is declared twice", option->name);
	if (!option->initial || !option->help)
		return error_set(
			why, len, "option %s: has no default or no help", option->name);
	if (option->type == MURAL_TYPE_CHOICE && !option->choices)
		return error_set(why, len, "option %s: has no choices", option->name);
	if (option->type == MURAL_TYPE_SECRET && *option->initial)
		return error_set(why, len,
			"option %s: is a secret with a default; leave it empty",
			option->name);
	if (option->least > option->most)
		return error_set(why, len, "option %s: has an empty range", option->name);
	if (!option_fits(option, module->plugin.config_size))
		return error_set(why, len,
			"option %s: has an unknown type, or lies outside the config of "
			"%zu bytes; declare it with a MURAL_ macro",
			option->name, module->plugin.config_size);
	other = find_overlapped(options, option);
	if (other)
		return error_set(why, len,
			"option %s: overlaps option %s in the config; name the same "
			"struct in both",
			option->name, other->name);
	return 0;
}

/* Checks each option, and whether all defaults parse. */
static int
check_options(const struct module *module, char *why, size_t len)
{
	const struct mural_plugin *plugin = &module->plugin;
	struct instance_config common = { 0 };
	void *config;
	int ret;

	for (const struct mural_option *o = plugin->options; o && o->name; o++)
		if ((ret = check_option(module, o, why, len)) < 0)
			return ret;
	config = calloc(1, plugin->config_size + 1);
	if (!config)
		return -ENOMEM;
	ret = options_init(plugin->options, config, why, len);
	if (ret == 0)
		ret = options_init(module->common, &common, why, len);
	options_finish(plugin->options, config);
	options_finish(module->common, &common);
	free(config);
	return ret;
}

/* Those that fit the plugin's transports, with the plugin's own default for `listen`. */
static void
fill_common(struct module *module)
{
	const struct mural_plugin *plugin = &module->plugin;
	struct mural_option *end = module->common;

	for (const struct mural_option *o = all_common_options; o->name; o++) {
		bool tcp = o->offset == offsetof(struct instance_config, listen);
		bool udp = o->offset == offsetof(struct instance_config, listen_udp);

		if ((tcp && !(plugin->transports & MURAL_STREAM)) ||
			(udp && !(plugin->transports & MURAL_DATAGRAM)))
			continue;
		*end = *o;
		if (tcp && plugin->listen)
			end->initial = plugin->listen;
		if (udp && plugin->listen_udp)
			end->initial = plugin->listen_udp;
		end++;
	}
}

static int
check_module(struct module *module, const struct mural_plugin *table, const char *name,
	char *why, size_t len)
{
	const struct mural_plugin *plugin = &module->plugin;
	int ret;

	if ((ret = table_copy(table, &module->plugin, why, len)) < 0)
		return ret;
	if ((ret = table_check(plugin, why, len)) < 0)
		return ret;
	if (strcmp(plugin->name, name) != 0)
		return error_set(why, len, "calls itself %s; name the file %s.so",
			plugin->name, plugin->name);
	if ((ret = metrics_check(plugin->metrics, why, len)) < 0)
		return ret;
	fill_common(module);
	return check_options(module, why, len);
}

/* ------------------------------------------------------------------ opening */

static int
open_object(struct module *module, char *why, size_t len)
{
	const char *error;

	if (stat(module->path, &module->seen) == 0 && (module->seen.st_mode & S_IWOTH))
		return error_set(why, len, "is writable by everyone; chmod o-w it");
	/* if it crashes while it is loaded, this is all that tells which one it was */
	log_debug("plugins: loading %s", module->path);
	module->object = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
	if (module->object)
		return 0;
	error = dlerror();
	if (error && strncmp(error, module->path, strlen(module->path)) == 0)
		error +=
			strlen(module->path) + strspn(error + strlen(module->path), ": ");
	return error_set(why, len, "cannot be loaded: %s%s",
		error ? error : "unknown reason",
		error && strstr(error, "undefined symbol: mural_")
			? "; it was built for a newer murald: install that, or rebuild it"
			: "");
}

int
module_open(
	const char *file, const char *name, struct module **out, char *why, size_t len)
{
	struct module *module = calloc(1, sizeof(*module));
	const struct mural_plugin *table;
	char reason[512];
	int ret = -ENOMEM;

	if (!module)
		return -ENOMEM;
	module->path = strdup(file);
	if (!module->path)
		goto out;
	ret = open_object(module, reason, sizeof(reason));
	if (ret < 0)
		goto out;
	table = dlsym(module->object, "mural_plugin");
	if (table)
		ret = check_module(module, table, name, reason, sizeof(reason));
	else
		ret = error_set(reason, sizeof(reason),
			"has no table mural_plugin; is it a plugin for murald?");
out:
	if (ret == -EINVAL)
		snprintf(why, len, "%s %s", file, reason);
	if (ret < 0)
		module_close(module);
	else
		*out = module;
	return ret;
}

bool
module_was_replaced(struct module *module)
{
	const struct stat seen = module->seen;

	if (stat(module->path, &module->seen) < 0)
		return false;
	return module->seen.st_dev != seen.st_dev || module->seen.st_ino != seen.st_ino ||
	       module->seen.st_mtim.tv_sec != seen.st_mtim.tv_sec ||
	       module->seen.st_mtim.tv_nsec != seen.st_mtim.tv_nsec;
}

void
module_close(struct module *module)
{
	if (module->object)
		dlclose(module->object);
	free(module->path);
	free(module);
}
