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

/* Whether somebody wrote it here, rather than a package or the command line. */
static bool
is_said(const struct config *config, const struct setting *setting)
{
	for (size_t i = 0; i < config->private->n_packaged; i++)
		if (setting->file == config->private->files[i])
			return false;
	return setting->line > 0;
}

static bool
is_overruled(const struct config *config, const struct setting *setting,
	const struct setting *winner)
{
	return setting != winner && option_same_key(setting->key, winner->key) &&
	       strcmp(setting->value, winner->value) != 0 && is_said(config, setting);
}

/* "file:7" */
static void
print_origin(const struct setting *setting, FILE *out)
{
	fputs(setting->file, out);
	if (setting->line > 0)
		fprintf(out, ":%d", setting->line);
}

static void
print_origins(const struct config *config, const struct section *section,
	const struct setting *winner, FILE *out)
{
	print_origin(winner, out);
	for (const struct setting *s = section->settings; s; s = s->next)
		if (is_overruled(config, s, winner)) {
			fputs(", overrules ", out);
			print_origin(s, out);
		}
}

/* `otherwise` is its value when it is not set. */
static void
print_option(const struct config *config, const char *title,
	const struct section *section, const struct mural_option *option,
	const char *otherwise, FILE *out)
{
	const struct setting *setting =
		section ? section_find(section, option->name) : NULL;
	const char *value = option_shown(option, setting ? setting->value : otherwise);
	char key[64];

	/* "= ;" would begin a comment, "=;" does not */
	fprintf(out, "%s.%s =%s%s  ; ", title, option_key(option, key, sizeof(key)),
		*value == ';' ? "" : " ", value);
	if (setting)
		print_origins(config, section, setting, out);
	else if (otherwise != option->initial)
		fputs("as in [display]", out);
	else
		fputs("default", out);
	fputc('\n', out);
}

void
config_print_options(const struct config *config, const char *title,
	const struct section *section, const struct mural_option *options, FILE *out)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		print_option(config, title, section, o, o->initial, out);
}

/* What one file says twice was warned of already. */
static void
print_overruled(const struct config *config, const char *title,
	const struct section *section, FILE *out)
{
	for (const struct setting *s = section->settings; s; s = s->next) {
		const struct setting *winner = section_find(section, s->key);

		if (!is_overruled(config, s, winner) || winner->file == s->file ||
			winner->line == 0)
			continue;
		print_origin(s, out);
		fprintf(out, ": %s.%s: overruled by ", title, s->key);
		print_origin(winner, out);
		fputc('\n', out);
	}
}

void
config_print_overruled(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < N_CORE; i++)
		print_overruled(
			config, core_sections[i].name, &config->private->core[i], out);
	for (const struct section *s = config->outputs; s; s = s->next)
		print_overruled(config, s->title, s, out);
	for (const struct section *s = config->sections; s; s = s->next)
		print_overruled(config, s->title, s, out);
}

void
config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < N_CORE; i++)
		config_print_options(config, core_sections[i].name,
			&config->private->core[i], core_sections[i].options, out);
	for (const struct section *s = config->outputs; s; s = s->next)
		for (const struct mural_option *o = output_options; o->name; o++)
			print_option(config, s->title, s, o,
				config_output_default(config, o), out);
}
