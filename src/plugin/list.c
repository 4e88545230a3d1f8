/* SPDX-License-Identifier: MIT */
/* Prints plugins and their options for --list-plugins and --print-config. */
#include "plugin/registry.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"
#include "lib/wrap.h"
#include "plugin/loader.h"

#define HELP_AT 8 /* the column that help begins in, on a terminal */

/* An option is a line, for grep; on a terminal, which is not that wide, its help begins
 * one of its own. */
static void
list_options(const struct mural_option *options, FILE *out)
{
	const unsigned columns = wrap_columns(out);
	char key[64], type[256];

	for (const struct mural_option *o = options; o && o->name; o++) {
		fprintf(out, "  %-16s %-24s default %-12s%s",
			option_key(o, key, sizeof(key)),
			option_describe_type(o, type, sizeof(type)),
			*o->initial ? o->initial : "empty", columns ? "\n" : " ");
		if (columns)
			fprintf(out, "%*s", HELP_AT, "");
		wrap_print(out, o->help, HELP_AT, HELP_AT, columns);
		fputc('\n', out);
	}
}

static int
list_module(const char *file, const char *name, FILE *out)
{
	struct module *module;
	char why[1024];
	int ret = module_open(file, name, &module, why, sizeof(why));

	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		fprintf(out, "%s: %s\n", name, why);
		return 0;
	}
	fprintf(out, "%s %s: %s\n", name,
		module->plugin.version ? module->plugin.version : VERSION,
		module->plugin.summary);
	list_options(module->plugin.options, out);
	list_options(module->common, out);
	module_close(module);
	return 0;
}

/* Whether `file` is not hidden by one in an earlier folder of the path. */
static bool
is_first(const char *path, const char *name, const char *file)
{
	char found[PATH_MAX], why[256];

	return module_find(path, name, found, sizeof(found), why, sizeof(why)) == 0 &&
	       strcmp(found, file) == 0;
}

static int
list_folder(const char *path, const char *folder, unsigned *listed, FILE *out)
{
	char **names, file[PATH_MAX];
	size_t n = module_names(folder, &names);
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		int len = snprintf(file, sizeof(file), "%s/%s.so", folder, names[i]);

		if (ret == 0 && len < (int)sizeof(file) &&
			is_first(path, names[i], file)) {
			ret = list_module(file, names[i], out);
			++*listed;
		}
		free(names[i]);
	}
	free(names);
	return ret;
}

int
plugins_list(const struct config *config, FILE *out)
{
	const char *path = config->server.plugin_path, *rest = path;
	char folder[PATH_MAX], why[256];
	unsigned listed = 0;
	bool refused = false;
	int ret = 0;

	while (ret == 0 && folder_next(&rest, folder, sizeof(folder))) {
		if (folder_is_safe(folder, why, sizeof(why))) {
			ret = list_folder(path, folder, &listed, out);
		} else {
			fprintf(out, "server.plugin-path: \"%s\" %s\n", folder, why);
			refused = true;
		}
	}
	if (ret == 0 && listed == 0 && !refused)
		fprintf(out,
			"there are no plugins in %s; install them there, or set "
			"server.plugin-path\n",
			path);
	return ret;
}

/* The values of a section whose plugin is missing: as nobody knows which are secrets,
 * only those of options that every plugin has. */
static void
print_unbound(const struct config *config, const struct section *section, FILE *out)
{
	for (const struct setting *s = section->settings; s; s = s->next) {
		const struct mural_option *common =
			option_find(all_common_options, s->key);
		struct mural_option options[2] = { { .name = s->key,
			.type = common ? common->type : MURAL_TYPE_SECRET,
			.initial = s->value } };

		if (section_find(section, s->key) == s)
			config_print_options(
				config, section->title, section, options, out);
	}
}

void
plugins_print(const struct plugins *plugins, const struct config *config, FILE *out)
{
	for (const struct section *s = config->sections; s; s = s->next) {
		const struct module *module = plugins->modules;

		while (module && strcmp(module->plugin.name, s->module) != 0)
			module = module->next;
		if (!module) {
			print_unbound(config, s, out);
			continue;
		}
		config_print_options(config, s->title, s, module->common, out);
		config_print_options(config, s->title, s, module->plugin.options, out);
	}
}
