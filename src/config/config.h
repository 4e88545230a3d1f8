/* SPDX-License-Identifier: MIT */
/*
 * The configuration: command line and murald.conf into structs.  No other file parses
 * settings.  The contract with users is murald.conf(5).
 *
 * Loading is done in two steps, because what a plugin section may contain is known only
 * when the plugin is there: config_load() reads everything and fills the core's structs;
 * plugins_load() (registry.h) binds each plugin section to its plugin's options.  Both
 * report every error they find, at once, through config_error().
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <mural/plugin.h>

#include "base/ip-key.h"

enum config_verb {
	VERB_RUN,
	VERB_CHECK_CONFIG,
	VERB_LIST_PLUGINS,
	VERB_LIST_DISPLAYS,
	VERB_PRINT_CONFIG,
	VERB_DOCTOR,
	VERB_TEST_CARD,
};

/* Exit statuses; 0 is a clean stop. */
enum { EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_BAD_CONFIG = 78 };

struct config_canvas {
	struct mural_dimensions size; /* 0x0: as large as the display */
	uint32_t background;
	const char *snapshot; /* path; empty: none */
	uint64_t snapshot_interval;
};

enum { OUTPUT_AUTO, OUTPUT_KMS, OUTPUT_HEADLESS };
enum { SCALE_FIT, SCALE_INTEGER, SCALE_FILL, SCALE_NONE };

enum { MIRROR_NO, MIRROR_X };
enum { BLANK_OFF, BLANK_BLACK };

/* At most so many connectors show the picture. */
enum { CONFIG_CONNECTORS = 8 };

struct config_mode {
	uint32_t width, height; /* pixels; 0x0: what the screen prefers */
	uint32_t hz;            /* 0: any */
};

/* When there is to be no picture. */
struct config_blank {
	bool scheduled;
	uint32_t from, to; /* minutes from midnight, local time; never equal */
	uint64_t idle;     /* ms without paint; 0: however long */
};

struct config_display {
	uint32_t output;
	const char *device;    /* "auto" or /dev/dri/cardN */
	const char *connector; /* see config_word() */
	const char *mode;      /* "preferred", WxH or WxH@Hz; checked */
	uint32_t scale;
	uint32_t rotate; /* quarter turns, clockwise */
	uint32_t mirror;
	const char *blank; /* checked */
	uint32_t blank_mode;
	bool hud;

	/* what the texts above say; not options themselves */
	struct config_mode wanted_mode;
	struct config_blank blanking;
};

/* The word of that index, cut to `len`, of a text with blanks between words; false behind
 * the last. */
bool config_word(const char *text, uint32_t index, char *word, size_t len);

/* A copy whose texts belong to it; 0 or -ENOMEM.  config_display_finish() frees them. */
int config_display_copy(
	struct config_display *copy, const struct config_display *display);
void config_display_finish(struct config_display *copy);

struct config_server {
	int64_t workers; /* -1: auto */
	const char *plugin_path;
	const char *user;                                  /* empty: whoever starts it */
	int64_t pixels_per_source, connections_per_source; /* 0: no limit */
	uint64_t bytes_per_source;
	int64_t source_prefix;
	uint64_t answer_timeout;  /* ms; 0: none */
	const char *allow, *deny; /* as written; struct config has the networks */
};

struct config_record {
	const char *file; /* empty: none */
	uint64_t interval, max_size, max_age;
};

/* One value as it was written, and where. */
struct setting {
	struct setting *next;
	char *key, *value;
	const char *file; /* owned by struct config; "-s" for the command line */
	int line;
};

/* [plugin MODULE NAME], from whatever files spoke of it. */
struct section {
	struct section *next;
	char *title;  /* "plugin icmp lobby": as it stands in brackets */
	char *module; /* "icmp" */
	char *name;   /* "lobby", or "icmp" where there is no NAME */
	const char *file;
	int line;                 /* of its first mention */
	struct setting *settings; /* in order; of two with one key the later wins */
};

/* What counts for that key (`-` and `_` are the same), or NULL when nobody set it. */
const struct setting *section_find(const struct section *section, const char *key);

struct config;

/* The same for a core section: config_setting(config, "server", "plugin-path"). */
const struct setting *config_setting(
	const struct config *config, const char *section, const char *key);

struct config {
	enum config_verb verb;
	struct config_canvas canvas;
	struct config_display display;
	struct config_server server;
	struct config_record record;
	struct cidr_list allow, deny; /* server.allow, server.deny */
	struct section *sections;
	bool has_content; /* some file has a section, or a value */
	unsigned errors;  /* printed so far */
	bool log_errors;  /* set before config_load(): errors go to the log */

	/* private to config.c: where each core value came from, file names, ... */
	struct config_private *private;
};

/* Reads the command line, the file, its drop-ins and the -s overrides.  -1: go on, with
 * config->verb, even when config->errors is not 0, so that plugins_load() can report
 * the rest.  Else the exit status to leave with: it answered --help or --version,
 * or refused the command line. */
int config_load(struct config *config, int argc, char *argv[]);
void config_finish(struct config *config);

/* Prints "FILE:LINE: section.key: what is wrong" to standard error, or with log_errors to
 * the log, and counts it.  A `line` of 0 leaves it out, and so does a NULL `key`,
 * `section` or `file`. */
void config_error(struct config *config, const char *file, int line, const char *section,
	const char *key, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The core sections' tables, NULL at the end: for --print-config and the tests that
 * compare code, default config and manual. */
struct core_section {
	const char *name;
	const struct mural_option *options;
	size_t offset; /* of the section's struct in struct config */
};
extern const struct core_section core_sections[];

/* The effective core values, each with the file and line it came from, as lines that
 * murald reads as a config file: "canvas.size = auto  ; default". */
void config_print(const struct config *config, FILE *out);

/* The same for all options of one table.  `section` may be NULL. */
void config_print_options(const char *title, const struct section *section,
	const struct mural_option *options, FILE *out);

/* Says that a section has no such key, and which of the keys of the tables was meant.  A
 * NULL table is an empty one. */
void config_unknown_key(struct config *config, const struct section *section,
	const struct setting *setting, const struct mural_option *options,
	const struct mural_option *more);

#endif
