/* SPDX-License-Identifier: MIT */
/* Stores the sections that were read and their settings, each with its file and line. */
#include "config/config-private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "config/option.h"

#define TITLE_BYTES 128 /* of "-s SECTION.KEY=..."; file.c takes fewer */

const struct setting *
section_find(const struct section *section, const char *key)
{
	const struct setting *found = NULL;

	for (const struct setting *s = section->settings; s; s = s->next)
		if (option_same_key(s->key, key))
			found = s;
	return found;
}

const struct setting *
config_setting(const struct config *config, const char *section, const char *key)
{
	for (size_t i = 0; config->private && i < N_CORE; i++)
		if (strcmp(core_sections[i].name, section) == 0)
			return section_find(&config->private->core[i], key);
	return NULL;
}

void
section_finish(struct section *section)
{
	while (section->settings) {
		struct setting *setting = section->settings;

		section->settings = setting->next;
		free(setting->key);
		free(setting->value);
		free(setting);
	}
	free(section->title);
	free(section->module);
	free(section->name);
}

/* Parses a core value into its field. */
static int
set_core(struct config *config, size_t index, const struct setting *setting)
{
	const struct core_section *core = &core_sections[index];
	const struct section *section = &config->private->core[index];
	const struct mural_option *option = option_find(core->options, setting->key);
	char why[256], key[64];
	int ret;

	if (!option) {
		config_unknown_key(config, section, setting, core->options, NULL);
		return 0;
	}
	ret = option_set(
		option, (char *)config + core->offset, setting->value, why, sizeof(why));
	if (ret == -EINVAL)
		config_error(config, setting->file, setting->line, core->name,
			option_key(option, key, sizeof(key)), "\"%s\" %s",
			option_shown(option, setting->value), why);
	return ret == -ENOMEM ? ret : 0;
}

int
config_add(struct config *config, struct section *section, const char *key,
	const char *value, struct config_location location)
{
	const struct setting *earlier = section_find(section, key);
	struct setting *setting = calloc(1, sizeof(*setting)), **end = &section->settings;

	if (!setting)
		return -ENOMEM;
	*setting = (struct setting){ NULL, strdup(key), strdup(value), location.file,
		location.line };
	while (*end)
		end = &(*end)->next;
	*end = setting;
	if (!setting->key || !setting->value)
		return -ENOMEM;
	/* drop-ins exist to override; within one file it is probably a mistake */
	if (earlier && earlier->file == location.file && location.line > 0)
		log_warn("%s:%d: %s.%s: already set in line %d; this value is used",
			location.file, location.line, section->title, key, earlier->line);
	for (size_t i = 0; i < N_CORE; i++)
		if (section == &config->private->core[i])
			return set_core(config, i, setting);
	return 0;
}

struct words {
	char text[TITLE_BYTES];
	const char *word[4];
	size_t n; /* 4 means four or more */
};

static void
split_words(struct words *words, const char *text)
{
	char *p = words->text;

	words->n = 0;
	snprintf(words->text, sizeof(words->text), "%s", text);
	for (;;) {
		p += strspn(p, " \t");
		if (!*p || words->n == ARRAY_LEN(words->word))
			return;
		words->word[words->n++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
}

/* Modules are names of files, and instances labels of metrics. */
static bool
is_plain_word(const char *word)
{
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *word && *word != '.';
}

static const char *
next_section(void *arg)
{
	static const char *const titled[] = { "plugin", "output" };
	const size_t i = (*(size_t *)arg)++;

	if (i < N_CORE)
		return core_sections[i].name;
	return i < N_CORE + ARRAY_LEN(titled) ? titled[i - N_CORE] : NULL;
}

/* "plugin.icmp" is what -s seems to ask for.  NULL: it is not that. */
static const char *
dotted_name(const struct words *words)
{
	static const char plugin[] = "plugin.";
	const char *word = words->n == 1 ? words->word[0] : "";

	if (strncmp(word, plugin, strlen(plugin)) != 0)
		return NULL;
	word += strlen(plugin);
	return is_plain_word(word) ? word : NULL;
}

static void
report_unknown_section(struct config *config, const struct words *words,
	const char *title, struct config_location at)
{
	size_t index = 0;
	const char *nearest = NULL, *dotted = dotted_name(words);
	char text[TITLE_BYTES + 128] =
		"unknown section, there are [canvas], [display], "
		"[server], [record], [control], [output NAME] and [plugin MODULE]";

	if (words->n > 0 && !dotted)
		nearest = suggest_word(words->word[0], next_section, &index);
	if (nearest && strcmp(nearest, "plugin") == 0)
		nearest = "plugin MODULE] or [plugin MODULE NAME";
	else if (nearest && strcmp(nearest, "output") == 0)
		nearest = "output NAME";
	if (dotted)
		snprintf(text, sizeof(text), "unknown section, did you mean [plugin %s]?",
			dotted);
	else if (nearest)
		snprintf(text, sizeof(text), "unknown section, did you mean [%s]?",
			nearest);
	else if (words->n == 1 && is_plain_word(words->word[0]))
		snprintf(text, sizeof(text),
			"unknown section, did you mean [plugin %s]? The others are "
			"[canvas], [display], [server], [record] and [control]",
			words->word[0]);
	config_error(config, at.file, at.line, title, NULL, "%s", text);
}

/* In the list that begins at `end`. */
static int
open_titled_section(struct section **end, const struct words *words,
	struct config_location location, struct section **out)
{
	const char *module = words->word[1], *name = words->word[words->n - 1];
	struct section *section;
	char title[TITLE_BYTES];

	snprintf(title, sizeof(title), "%s %s%s%s", words->word[0], module,
		words->n == 3 ? " " : "", words->n == 3 ? name : "");
	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->title, title) == 0) {
			*out = *end;
			return 0;
		}
	section = calloc(1, sizeof(*section));
	if (!section)
		return -ENOMEM;
	*end = section;
	section->file = location.file;
	section->line = location.line;
	section->title = strdup(title);
	section->module = strdup(module);
	section->name = strdup(name);
	if (!section->title || !section->module || !section->name)
		return -ENOMEM;
	*out = section;
	return 0;
}

static int
open_core_section(struct config *config, size_t index, struct config_location location,
	struct section **out)
{
	struct section *section = &config->private->core[index];

	if (!section->title) {
		section->title = strdup(core_sections[index].name);
		if (!section->title)
			return -ENOMEM;
		section->file = location.file;
		section->line = location.line;
	}
	*out = section;
	return 0;
}

int
config_open_section(struct config *config, const char *title,
	struct config_location location, struct section **section)
{
	struct words words;
	bool is_output, is_plugin;
	int ret;

	*section = NULL;
	split_words(&words, title);
	if (words.n == 1)
		for (size_t i = 0; i < N_CORE; i++)
			if (strcmp(words.word[0], core_sections[i].name) == 0)
				return open_core_section(config, i, location, section);
	is_output = words.n == 2 && strcmp(words.word[0], "output") == 0;
	is_plugin =
		(words.n == 2 || words.n == 3) && strcmp(words.word[0], "plugin") == 0;
	if (!is_output && !is_plugin) {
		report_unknown_section(config, &words, title, location);
		return 0;
	}
	if (!is_plain_word(words.word[1]) || !is_plain_word(words.word[words.n - 1])) {
		config_error(config, location.file, location.line, title, NULL,
			"names of modules, instances and outputs may only have letters, "
			"digits and - _ .");
		return 0;
	}
	ret = open_titled_section(is_output ? &config->outputs : &config->sections,
		&words, location, section);
	/* two screens with one name would be one; another file may add to it */
	if (ret == 0 && is_output && (*section)->file == location.file &&
		(*section)->line != location.line)
		config_error(config, location.file, location.line, title, NULL,
			"is in line %d already; give each output a name of its own",
			(*section)->line);
	return ret;
}

int
config_add_named(struct config *config, const char *name, const char *value,
	struct config_location location)
{
	const char *dot = strrchr(name, '.');
	char title[TITLE_BYTES];
	struct section *section;
	int ret;

	if (!dot || dot == name || dot[1] == '\0' ||
		(size_t)(dot - name) >= sizeof(title)) {
		config_error(config, location.file, location.line, NULL, name,
			"is in no section; move it into one, or write SECTION.KEY");
		return 0;
	}
	snprintf(title, sizeof(title), "%.*s", (int)(dot - name), name);
	ret = config_open_section(config, title, location, &section);
	if (ret < 0 || !section)
		return ret;
	return config_add(config, section, dot + 1, value, location);
}
