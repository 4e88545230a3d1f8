/* SPDX-License-Identifier: MIT */
/* The options of the core's sections, and loading: what packages bring, the file,
 * drop-ins, then the command line. */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "config/config-private.h"
#include "config/option.h"
#include "lib/address.h"

#define DEFAULT_FILE SYSCONFDIR "/murald/murald.conf"
#define DROP_INS DEFAULT_FILE ".d"
#define PACKAGED DATADIR "/murald/murald.conf.d"

static const struct mural_option canvas_options[] = {
	MURAL_DIMENSIONS(struct config_canvas, size, "auto", "auto",
		"pixels; auto: as large as the display without its HUD, 1280x720 if "
		"there is none"),
	MURAL_COLOUR(struct config_canvas, background, "#000000",
		"colour of an unpainted canvas"),
	MURAL_PATH(struct config_canvas, snapshot, LOCALSTATEDIR "/lib/murald/canvas.png",
		"PNG file, restored at start, written at stop and on SIGUSR1; empty: "
		"none"),
	MURAL_DURATION(struct config_canvas, snapshot_interval, "30s",
		"how often a changed canvas is written as well; 0: never"),
	MURAL_BOOL(struct config_canvas, owners, "no",
		"each pixel remembers who painted it, for who and undo"),
	{ 0 },
};

static const struct mural_option server_options[] = {
	MURAL_NUMBER(struct config_server, workers, "auto", "auto", 0, 64,
		"threads that serve clients; 0: only the main one"),
	MURAL_TEXT(struct config_server, plugin_path, PLUGINDIR,
		"folders searched for MODULE.so, separated by colons"),
	MURAL_TEXT(struct config_server, user, "",
		"user to switch to if started as root; empty: stay root"),
	MURAL_NUMBER(struct config_server, pixels_per_source, "0", NULL, 0, 1000000000,
		"pixels per second and source, over all protocols; 0: no limit"),
	MURAL_BYTES_FROM(struct config_server, bytes_per_source, "0", 0, INT64_C(1) << 40,
		"bytes per second and source, over all protocols; 0: no limit"),
	MURAL_NUMBER(struct config_server, connections_per_source, "0", NULL, 0, 1000000,
		"open connections per source, over all protocols; 0: no limit"),
	MURAL_CHOICE(struct config_server, limits, "own", "own shared",
		"shared: one for all walls of the same picture, see [plugin link]"),
	MURAL_NUMBER(struct config_server, source_prefix, "64", NULL, 1, 128,
		"leading bits of an IPv6 address that make up a source"),
	MURAL_DURATION(struct config_server, answer_timeout, "60s",
		"clients that read no answers for this long are closed; 0: never"),
	MURAL_TEXT(struct config_server, allow, "",
		"networks that may connect, or @FILE; empty: all"),
	MURAL_TEXT(struct config_server, deny, "",
		"networks that may not connect, or @FILE; empty: none"),
	MURAL_TEXT(struct config_server, public_url, "",
		"where people find the web page, for the QR code; empty: at this "
		"machine"),
	MURAL_TEXT(struct config_server, public_address, "",
		"address or name of this machine for people; empty: that of its default "
		"route"),
	{ 0 },
};

static const struct mural_option record_options[] = {
	MURAL_PATH(struct config_record, file, "",
		"file for the canvas's history; empty: no history"),
	MURAL_DURATION_FROM(struct config_record, interval, "1s", 10, INT64_MAX,
		"how often a changed canvas is recorded"),
	MURAL_BYTES(struct config_record, max_size, "1G",
		"size above which older parts are thinned; 0: no limit"),
	MURAL_DURATION(struct config_record, max_age, "0",
		"age after which parts are deleted; 0: no limit"),
	{ 0 },
};

static const struct mural_option control_options[] = {
	MURAL_PATH(struct config_control, socket, "/run/murald/control",
		"local socket for muralctl wall; empty: none"),
	MURAL_PATH(struct config_control, log, LOCALSTATEDIR "/lib/murald/control.log",
		"file to which every act of an operator is appended; empty: none"),
	MURAL_PATH(struct config_control, state,
		LOCALSTATEDIR "/lib/murald/control.state",
		"file that keeps bans and the like over a restart; empty: none"),
	{ 0 },
};

const struct core_section core_sections[] = {
	[CANVAS] = { "canvas", canvas_options, offsetof(struct config, canvas) },
	[DISPLAY] = { "display", display_options, offsetof(struct config, display) },
	[SERVER] = { "server", server_options, offsetof(struct config, server) },
	[RECORD] = { "record", record_options, offsetof(struct config, record) },
	[CONTROL] = { "control", control_options, offsetof(struct config, control) },
	[N_CORE] = { NULL, NULL, 0 },
};

void
config_error(struct config *config, const char *file, int line, const char *section,
	const char *key, const char *format, ...)
{
	char *text = NULL; /* on the heap, as values may be long */
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	va_list args;

	config->errors++;
	if (!out)
		return;
	if (file && line > 0)
		fprintf(out, "%s:%d: ", file, line);
	else if (file)
		fprintf(out, "%s: ", file);
	if (section || key)
		fprintf(out, "%s%s%s: ", section ? section : "",
			section && key ? "." : "", key ? key : "");
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	if (fclose(out) == 0 && config->log_errors)
		log_error("%s", text);
	else if (text)
		fprintf(stderr, "%s\n", text);
	if (config->first_error)
		free(text);
	else
		config->first_error = text;
}

/* Copies a file's name, to which settings point. */
static const char *
copy_name(struct config_private *private, const char *name)
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
	const char *name = copy_name(config->private, path);

	return name ? config_file_read(config, name) : -ENOMEM;
}

static int
is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	       strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Not strcoll(): the order is the same in every locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Reads the drop-ins of a folder, without those that have the name of one in `other`. */
static int
read_drop_ins(struct config *config, const char *folder, const char *other)
{
	struct dirent **entries;
	char path[4096];
	int ret = 0, n = scandir(folder, &entries, is_drop_in, by_name);

	if (n < 0 && errno == ENOMEM)
		return -ENOMEM;
	if (n < 0 && errno != ENOENT)
		config_error(config, folder, 0, NULL, NULL, "cannot be read: %s",
			strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", other ? other : "",
			entries[i]->d_name);
		if (ret == 0 && (!other || access(path, F_OK) < 0)) {
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			ret = read_file(config, path);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret;
}

/* The lists work without a config file. */
static int
read_default_files(struct config *config)
{
	bool optional =
		config->verb == VERB_LIST_PLUGINS || config->verb == VERB_LIST_DISPLAYS;
	bool missing = access(DEFAULT_FILE, F_OK) < 0 && errno == ENOENT;
	int ret = read_drop_ins(config, PACKAGED, DROP_INS);

	config->private->n_packaged = config->private->n_files;
	if (ret < 0)
		return ret;
	if (!missing)
		ret = read_file(config, DEFAULT_FILE);
	else if (!optional)
		config_error(config, DEFAULT_FILE, 0, NULL, NULL,
			"no such file; create it, or name another with -c");
	return ret < 0 ? ret : read_drop_ins(config, DROP_INS, NULL);
}

static bool
has_comment(const char *value)
{
	if (config_is_comment(value))
		return true;
	for (const char *p = value; (p = strpbrk(p, " \t"));)
		if (config_is_comment(++p))
			return true;
	return false;
}

/* "SECTION.KEY=VALUE"; a value that no file could hold is refused. */
static int
apply_set(struct config *config, const char *text)
{
	const char *wrong = config_check_text(text, strlen(text));
	struct config_location location = { COMMAND_LINE, 0 };
	char *copy = strdup(text), *equals, *name, *value;
	int ret = 0;

	if (!copy)
		return -ENOMEM;
	equals = copy + strcspn(copy, "="); /* args.c saw that there is one */
	*equals = '\0';
	name = config_strip(copy);
	value = config_strip(equals + 1);
	if (wrong)
		config_error(config, COMMAND_LINE, 0, NULL, name, "this value %s", wrong);
	else if (has_comment(value))
		config_error(config, COMMAND_LINE, 0, NULL, name,
			"a ; after a space, or a # between spaces, begins a comment and "
			"cannot be in a value");
	else
		ret = config_add_named(config, name, value, location);
	free(copy);
	return ret;
}

/* An empty value means root, so root itself is refused. */
static void
check_user(struct config *config)
{
	const struct setting *setting = config_setting(config, "server", "user");
	const struct passwd *user = setting ? getpwnam(setting->value) : NULL;

	if (setting && *setting->value && (!user || user->pw_uid == 0))
		setting_error(config, "server", setting,
			"\"%s\" is not a user to switch to; create one with useradd "
			"--system, or name another, but not root",
			setting->value);
}

/* What people paste into a shell, or scan. */
static bool
is_plain(const char *text, const char *more)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_";

	for (; *text; text++)
		if (!strchr(plain, *text) && !strchr(more, *text))
			return false;
	return true;
}

static void
check_public(struct config *config)
{
	const struct setting *url = config_setting(config, "server", "public-url");
	const struct setting *address =
		config_setting(config, "server", "public-address");
	const char *host = config->server.public_address, *text;

	text = config->server.public_url;
	text += strncmp(text, "http", 4) == 0 ? 4 : 0;
	text += *text == 's';
	if (url && *url->value &&
		(strncmp(text, "://", 3) != 0 || text == config->server.public_url ||
			!text[3] || text[3] == '/' || !is_plain(text, ":/[]~%")))
		setting_error(config, "server", url,
			"\"%s\" is not the address of a page; write "
			"https://HOST[:PORT][/PATH], such as https://wall.example.org/",
			url->value);
	if (address && (*host == '-' || !is_plain(host, ":") ||
			       (strchr(host, ':') && !address_is_v6(host, strlen(host)))))
		setting_error(config, "server", address,
			"\"%s\" is not an address; write it, or a name, without port and "
			"brackets, such as 192.0.2.1 or wall.example.org",
			address->value);
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
		ret = config_check_outputs(config);
	if (ret == 0)
		check_user(config);
	if (ret == 0)
		check_public(config);
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

static void
sections_free(struct section *section)
{
	while (section) {
		struct section *next = section->next;

		section_finish(section);
		free(section);
		section = next;
	}
}

void
config_finish(struct config *config)
{
	for (const struct core_section *core = core_sections; core->name; core++)
		options_finish(core->options, (char *)config + core->offset);
	cidr_list_finish(&config->allow);
	cidr_list_finish(&config->deny);
	sections_free(config->sections);
	sections_free(config->outputs);
	if (config->private) {
		for (size_t i = 0; i < N_CORE; i++)
			section_finish(&config->private->core[i]);
		for (size_t i = 0; i < config->private->n_files; i++)
			free(config->private->files[i]);
		free(config->private->files);
	}
	free(config->private);
	free(config->first_error);
	*config = (struct config){ 0 };
}
