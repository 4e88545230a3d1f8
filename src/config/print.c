/* SPDX-License-Identifier: MIT */
/* Prints the effective values for --print-config, and reports unknown keys. */
#include "config/config-private.h"

#include <string.h>

#include "config/option.h"

/* An iterator over the names in two tables of options. */
struct keys {
	const struct mural_option *options, *more;
	char spelled[64];
};

static const char *
next_key(void *arg)
{
	struct keys *keys = arg;

	if (!keys->options || !keys->options->name) {
		keys->options = keys->more;
		keys->more = NULL;
	}
	if (!keys->options || !keys->options->name)
		return NULL;
	return (keys->options++)->name;
}

/* As it is spelled in the file. */
static const char *
spell_key(struct keys *keys, const char *name)
{
	return option_key(&(struct mural_option){ .name = name }, keys->spelled,
		sizeof(keys->spelled));
}

void
config_unknown_key(struct config *config, const struct section *section,
	const struct setting *setting, const struct mural_option *options,
	const struct mural_option *more)
{
	struct keys keys = { .options = options, .more = more };
	const char *name = suggest_word(setting->key, next_key, &keys);
	char known[512] = "";
	size_t used = 0;

	if (name) {
		setting_error(config, section->title, setting,
			"unknown option, did you mean %s?", spell_key(&keys, name));
		return;
	}
	keys = (struct keys){ .options = options, .more = more };
	while ((name = next_key(&keys)) && used < sizeof(known))
		used += snprintf(known + used, sizeof(known) - used, "%s%s",
			used ? ", " : "", spell_key(&keys, name));
	setting_error(config, section->title, setting,
		"unknown option, this section takes %s", known);
}

void
config_print_options(const char *title, const struct section *section,
	const struct mural_option *options, FILE *out)
{
	for (const struct mural_option *o = options; o && o->name; o++) {
		const struct setting *setting =
			section ? section_find(section, o->name) : NULL;
		const char *value =
			option_shown(o, setting ? setting->value : o->initial);
		char key[64];

		/* "= ;" would begin a comment, "=;" does not */
		fprintf(out, "%s.%s =%s%s  ; %s", title, option_key(o, key, sizeof(key)),
			*value == ';' ? "" : " ", value,
			setting ? setting->file : "default");
		if (setting && setting->line > 0)
			fprintf(out, ":%d", setting->line);
		fputc('\n', out);
	}
}

void
config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < N_CORE; i++)
		config_print_options(core_sections[i].name, &config->private->core[i],
			core_sections[i].options, out);
}
