/* SPDX-License-Identifier: MIT */
/*
 * The configuration: parses the command line and murald.conf into structs, and reports
 * errors with file and line.  murald.conf(5) is the contract with users.
 *
 * This folder uses base/ and lib/ and knows nothing of canvas, plugins, limits or
 * displays: it holds their settings and leaves it to them what those mean.  No other
 * folder parses settings.
 *
 * Loading takes two steps, because only a loaded plugin knows its options: config_load()
 * reads everything and fills the core's structs, plugins_load() (plugin/registry.h) binds
 * each plugin section to its plugin's options.  Both report all errors at once, through
 * config_error().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <mural/plugin.h>
#include <mural/reader.h>

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
	bool owners;
};

enum { OUTPUT_AUTO, OUTPUT_KMS, OUTPUT_HEADLESS };
enum { SCALE_FIT, SCALE_INTEGER, SCALE_FILL, SCALE_NONE };

enum { MIRROR_NO, MIRROR_X };
enum { BLANK_OFF, BLANK_BLACK };

enum { HUD_NO, HUD_YES, HUD_CALL, HUD_LINES, HUD_PLAIN, HUD_ONLY };
enum { LANGUAGE_AUTO, LANGUAGE_ENGLISH, LANGUAGE_GERMAN };
enum { PLACE_STRIP, PLACE_OVERLAY, PLACE_CORNER, PLACE_IDLE };

enum { CONFIG_CONNECTORS = 8 }; /* most connectors that show the picture */

struct config_mode {
	uint32_t width, height; /* pixels; 0x0: the preferred mode */
	uint32_t hz;            /* 0: any */
};

/* When the screen is blanked. */
struct config_blank {
	bool scheduled;
	uint32_t from, to; /* minutes from midnight, local time; never equal */
	uint64_t idle;     /* ms without paint before blanking; 0: never */
};

/* What a connector shows, and how. */
struct config_output {
	char name[48];      /* of its section; empty: it has none */
	char connector[32]; /* its name, or "auto"; empty: no output */
	char mode_text[32]; /* as written */
	struct config_mode mode;
	struct mural_rect view; /* of the canvas; 0x0: all of it */
	uint32_t scale;
	uint32_t rotate; /* quarter turns, clockwise */
	uint32_t mirror;
	uint32_t hud, hud_place;
	uint32_t hud_size;  /* percent of the height; 0: auto */
	uint32_t safe_area; /* percent at each edge */
};

/* The colours of the HUD, 0xffrrggbb. */
struct config_colours {
	uint32_t ground, ink, accent, figures;
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
	uint32_t hud_place;
	uint64_t attract; /* ms without paint before people are invited; 0: never */
	uint32_t language;
	const char *title, *logo; /* checked; empty: none */
	const char *wifi;         /* SSID:PASSWORD; checked; empty: none */
	int64_t hud_size;         /* percent of the height; 0: auto */
	const char *hud_colours;  /* checked */
	const char *font;         /* files, see config_word(); checked */
	int64_t safe_area;        /* percent at each edge */

	/* parsed from the texts above; not options themselves */
	struct config_mode wanted_mode;
	struct config_blank blanking;
	struct config_colours colours;
	struct config_output outputs[CONFIG_CONNECTORS];
};

/* Copies the word at `index` of a blank-separated list, truncated to `len`; false after
 * the last. */
bool config_word(const char *text, uint32_t index, char *word, size_t len);

/* A deep copy; 0 or -ENOMEM.  config_display_finish() frees its texts. */
int config_display_copy(
	struct config_display *copy, const struct config_display *display);
void config_display_finish(struct config_display *copy);

enum config_limits { LIMITS_OWN, LIMITS_SHARED };

struct config_server {
	int64_t workers; /* -1: auto */
	const char *plugin_path;
	const char *user;                                  /* empty: no change of user */
	int64_t pixels_per_source, connections_per_source; /* 0: no limit */
	uint64_t bytes_per_source;
	uint32_t limits; /* enum config_limits */
	int64_t source_prefix;
	uint64_t answer_timeout;                 /* ms; 0: none */
	const char *allow, *deny;                /* as written; parsed in struct config */
	const char *public_url, *public_address; /* checked; empty: none */
};

struct config_record {
	const char *file; /* empty: none */
	uint64_t interval, max_size, max_age;
};

struct config_control {
	const char *socket; /* path; empty: none */
	const char *log;    /* likewise, as the next */
	const char *state;  /* what is in force over a restart */
};

/* One value as it was written, and where. */
struct setting {
	struct setting *next;
	char *key, *value;
	const char *file; /* owned by struct config; "-s" for the command line */
	int line;
};

/* [plugin MODULE NAME], merged from all files. */
struct section {
	struct section *next;
	char *title;  /* "plugin icmp lobby" */
	char *module; /* "icmp" */
	char *name;   /* "lobby", or "icmp" where there is no NAME */
	const char *file;
	int line;                 /* of its first occurrence */
	struct setting *settings; /* in order; later ones override */
};

/* The last setting of that key (`-` and `_` are the same), or NULL. */
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
	struct config_control control;
	struct cidr_list allow, deny; /* server.allow, server.deny */
	struct section *sections;
	struct section *outputs; /* [output NAME], merged likewise */
	bool has_content;        /* some file has a section or a setting */
	unsigned errors;         /* reported so far */
	char *first_error;       /* the first of them; NULL: none */
	bool log_errors;         /* set before config_load(): errors go to the log */

	/* private to this folder: core sections as written, file names */
	struct config_private *private;
};

/* Reads the command line, the file, its drop-ins and the -s overrides.  Returns -1 to go
 * on with config->verb, even if there were errors, so that plugins_load() can report the
 * rest; otherwise the status to exit with, after --help, --version or a usage error. */
int config_load(struct config *config, int argc, char *argv[]);
void config_finish(struct config *config);

/* Prints "FILE:LINE: section.key: what is wrong" to standard error, or with log_errors to
 * the log, and counts it.  A `line` of 0 and a NULL `key`, `section` or `file` are left
 * out. */
void config_error(struct config *config, const char *file, int line, const char *section,
	const char *key, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The core sections; the last has a NULL name. */
struct core_section {
	const char *name;
	const struct mural_option *options;
	size_t offset; /* of the section's struct in struct config */
};
extern const struct core_section core_sections[];

/* Prints the effective core values and the origin of each, in the syntax of a config
 * file: "canvas.size = auto  ; default". */
void config_print(const struct config *config, FILE *out);

/* The same for one table.  `section` may be NULL: all defaults. */
void config_print_options(const struct config *config, const char *title,
	const struct section *section, const struct mural_option *options, FILE *out);

/* Prints a line for each setting of a file that another file overrules, unless a package
 * brought it. */
void config_print_overruled(const struct config *config, FILE *out);

/* Reports an unknown key, and suggests one of the two tables, either of which may be
 * NULL. */
void config_unknown_key(struct config *config, const struct section *section,
	const struct setting *setting, const struct mural_option *options,
	const struct mural_option *more);
