/* SPDX-License-Identifier: MIT */
/* The core's options, and the order in which everything is read. */
#include "config/config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "config/config-private.h"
#include "config/option.h"

#define DEFAULT_FILE SYSCONFDIR "/murald/murald.conf"
#define DROP_INS DEFAULT_FILE ".d"

static const struct mural_option canvas_options[] = {
	MURAL_DIMENSIONS(struct config_canvas, size, "auto", "auto",
		"pixels; auto: the display less its HUD, 1280x720 without a display"),
	MURAL_COLOUR(struct config_canvas, background, "#000000",
		"colour of an unpainted canvas"),
	MURAL_TEXT(struct config_canvas, snapshot, LOCALSTATEDIR "/lib/murald/canvas.png",
		"restored at start, written at stop and on SIGUSR1; empty: none"),
	MURAL_DURATION(struct config_canvas, snapshot_interval, "30s",
		"a changed canvas is also written this often; 0: never"),
	{ 0 },
};

static const struct mural_option server_options[] = {
	MURAL_NUMBER(struct config_server, workers, "auto", "auto", 0, 64,
		"threads that take clients; 0: all on the main loop"),
	MURAL_TEXT(struct config_server, plugin_path, PLUGINDIR,
		"folders searched for MODULE.so, with colons between them"),
	MURAL_TEXT(struct config_server, user, "",
		"started as root, go on as this user; empty: as root"),
	MURAL_NUMBER(struct config_server, pixels_per_source, "0", NULL, 0, 1000000000,
		"pixels a second of one source, over all protocols; 0: no limit"),
	{ "bytes_per_source", MURAL_TYPE_BYTES,
		MURAL_FIELD(struct config_server, bytes_per_source, uint64_t), "0",
		"bytes a second of one source, over all protocols; 0: no limit", NULL, 0,
		INT64_C(1) << 40 },
	MURAL_NUMBER(struct config_server, connections_per_source, "0", NULL, 0, 1000000,
		"clients of one source at a time, over all protocols; 0: any number"),
	MURAL_NUMBER(struct config_server, source_prefix, "64", NULL, 1, 128,
		"so many leading bits of an IPv6 address are one source"),
	MURAL_DURATION(struct config_server, answer_timeout, "60s",
		"a client that takes none of its answers for so long is closed; 0: "
		"never"),
	MURAL_TEXT(struct config_server, allow, "",
		"networks that may come, or @FILE; empty: all"),
	MURAL_TEXT(struct config_server, deny, "",
		"networks that may not come, or @FILE; empty: none"),
	{ 0 },
};

static const struct mural_option record_options[] = {
	MURAL_TEXT(struct config_record, file, "",
		"the canvas's history, for looking back; empty: none"),
	{ "interval", MURAL_TYPE_DURATION,
		MURAL_FIELD(struct config_record, interval, uint64_t), "1s",
		"a changed canvas is recorded this often", NULL, 10, INT64_MAX },
	MURAL_BYTES(struct config_record, max_size, "1G",
		"the oldest goes when there is more; 0: no limit"),
	MURAL_DURATION(struct config_record, max_age, "0",
		"the oldest goes after this time; 0: no limit"),
	{ 0 },
};

const struct core_section core_sections[] = {
	[CANVAS] = { "canvas", canvas_options, offsetof(struct config, canvas) },
	[DISPLAY] = { "display", display_options, offsetof(struct config, display) },
	[SERVER] = { "server", server_options, offsetof(struct config, server) },
	[RECORD] = { "record", record_options, offsetof(struct config, record) },
	[N_CORE] = { NULL, NULL, 0 },
};

void
config_error(struct config *config, const char *file, int line, const char *section,
	const char *key, const char *format, ...)
{
	char text[1024] = "", at[16] = "", message[PATH_MAX + 2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (line > 0)
		snprintf(at, sizeof(at), ":%d", line);
	snprintf(message, sizeof(message), "%s%s%s%s%s%s%s%s", file ? file : "",
		file ? at : "", file ? ": " : "", section ? section : "",
		section && key ? "." : "", key ? key : "", section || key ? ": " : "",
		text);
	if (config->log_errors)
		log_error("%s", message);
	else
		fprintf(stderr, "%s\n", message);
	config->errors++;
}

/* Keeps a file's name for as long as settings refer to it. */
static const char *
keep_name(struct config_private *private, const char *name)
{
	char **files =
		realloc(private->files, (private->n_files + 1) * sizeof(*private->files));

	if (!files)
		return NULL;
	private->files = files;
	files[private->n_files] = strdup(name);
	return files[private->n_files] ? files[private->n_files++] : NULL;
}

static int
read_file(struct config *config, const char *path)
{
	const char *name = keep_name(config->private, path);

	return name ? config_file_read(config, name) : -ENOMEM;
}

static int
is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	       strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* By bytes, so that the order is the same in every locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_drop_ins(struct config *config)
{
	struct dirent **entries;
	char path[4096];
	int ret = 0, n = scandir(DROP_INS, &entries, is_drop_in, by_name);

	if (n < 0 && errno == ENOMEM)
		return -ENOMEM;
	if (n < 0 && errno != ENOENT)
		config_error(config, DROP_INS, 0, NULL, NULL, "cannot be read: %s",
			strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", DROP_INS, entries[i]->d_name);
		if (ret == 0)
			ret = read_file(config, path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret;
}

/* Without -c, whoever only asks what is there needs no file. */
static int
read_default_files(struct config *config)
{
	bool only_asks =
		config->verb == VERB_LIST_PLUGINS || config->verb == VERB_LIST_DISPLAYS;
	FILE *file = fopen(DEFAULT_FILE, "re");
	int ret = 0;

	if (!file && errno == ENOENT && !only_asks)
		config_error(config, DEFAULT_FILE, 0, NULL, NULL,
			"there is no such file; write one, or name another with -c");
	else if (file || errno != ENOENT)
		ret = read_file(config, DEFAULT_FILE);
	if (file)
		fclose(file);
	return ret < 0 ? ret : read_drop_ins(config);
}

/* "SECTION.KEY=VALUE"; the value must be one that a file could hold too. */
static int
apply_set(struct config *config, const char *text)
{
	const char *equals = strchr(text, '='), *why;
	struct config_location location = { COMMAND_LINE, 0 };
	char *name = strndup(text, equals - text), *value = strdup(equals + 1), *start;
	size_t len;
	int ret = -ENOMEM;

	if (!name || !value)
		goto out;
	start = value + strspn(value, " \t");
	for (len = strlen(start); len > 0 && isblank(start[len - 1]); len--)
		start[len - 1] = '\0';
	for (char *end = name + strlen(name); end > name && isblank(end[-1]); end--)
		end[-1] = '\0';
	ret = 0;
	if (!config_text_is_valid(text, strlen(text), &why))
		config_error(config, COMMAND_LINE, 0, NULL, name, "this value %s", why);
	else if (*start == ';' || strstr(start, " ;") || strstr(start, "\t;"))
		config_error(config, COMMAND_LINE, 0, NULL, name,
			"a ; after a blank begins a comment and cannot be in a value");
	else
		ret = config_add_named(config, name, start, location);
out:
	free(name);
	free(value);
	return ret;
}

/* Root is no user to become: that is what an empty value says. */
static void
check_user(struct config *config)
{
	const struct setting *setting = config_setting(config, "server", "user");
	const struct passwd *user = setting ? getpwnam(setting->value) : NULL;

	if (setting && *setting->value && (!user || user->pw_uid == 0))
		config_error(config, setting->file, setting->line, "server", "user",
			"\"%s\" is no user that can be become; make one with useradd "
			"--system, or name another, but not root",
			setting->value);
}

static int
init_core(struct config *config)
{
	char why[256];
	int ret;

	for (const struct core_section *core = core_sections; core->name; core++) {
		ret = options_init(
			core->options, (char *)config + core->offset, why, sizeof(why));
		if (ret < 0) {
			log_error("config: [%s]: %s", core->name, why);
			return ret;
		}
	}
	return 0;
}

static int
config_read_all(struct config *config, const struct config_args *args)
{
	int ret = -ENOMEM;

	config->private = calloc(1, sizeof(*config->private));
	if (config->private)
		ret = init_core(config);
	if (ret == 0 && args->file)
		ret = read_file(config, args->file);
	else if (ret == 0)
		ret = read_default_files(config);
	for (size_t i = 0; ret == 0 && i < args->n_sets; i++)
		ret = apply_set(config, args->sets[i]);
	if (ret == 0)
		config_check_display(config);
	if (ret == 0)
		check_user(config);
	if (ret == 0)
		ret = config_networks_read(
			config, "allow", config->server.allow, &config->allow);
	if (ret == 0)
		ret = config_networks_read(
			config, "deny", config->server.deny, &config->deny);
	return ret;
}

int
config_load(struct config *config, int argc, char *argv[])
{
	struct config_args args;
	int status = config_args_parse(&args, argc, argv);

	*config = (struct config){
		.verb = args.verb,
		.log_errors = config->log_errors,
	};
	log_set_level(args.level);
	if (status < 0 && config_read_all(config, &args) < 0) {
		log_error("config: out of memory");
		status = EXIT_RUNTIME;
	}
	free(args.sets);
	return status;
}

void
config_finish(struct config *config)
{
	for (const struct core_section *core = core_sections; core->name; core++)
		options_finish(core->options, (char *)config + core->offset);
	cidr_list_finish(&config->allow);
	cidr_list_finish(&config->deny);
	while (config->sections) {
		struct section *section = config->sections;

		config->sections = section->next;
		section_finish(section);
		free(section);
	}
	if (config->private) {
		for (size_t i = 0; i < N_CORE; i++)
			section_finish(&config->private->core[i]);
		for (size_t i = 0; i < config->private->n_files; i++)
			free(config->private->files[i]);
		free(config->private->files);
	}
	free(config->private);
	*config = (struct config){ 0 };
}
