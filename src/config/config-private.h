/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#pragma once

#include "config/config.h"

#define COMMAND_LINE "-s" /* the "file" of settings on the command line */

/* Reports what is wrong with a setting. */
#define setting_error(config, section, setting, ...)                                     \
	config_error(config, (setting)->file, (setting)->line, section, (setting)->key,  \
		__VA_ARGS__)

/* Where something was written. */
struct config_location {
	const char *file; /* owned by struct config */
	int line;         /* 0: none */
};

enum {
	CANVAS,
	DISPLAY,
	SERVER,
	RECORD,
	CONTROL,
	N_CORE
}; /* the order of core_sections */

/* display.c: the options of [display], and the checks after all is read. */
extern const struct mural_option display_options[];
void config_check_display(struct config *config);

/* look.c: the same for what the HUD looks like. */
void config_check_look(struct config *config);

/* Whether that is preferred, WxH or WxH@HZ. */
bool config_parse_mode(const char *text, struct config_mode *mode);

/* output.c: the options of [output NAME]; fills in display.outputs, when [display] is
 * checked.  -ENOMEM. */
extern const struct mural_option output_options[];
int config_check_outputs(struct config *config);

/* What an output takes from [display] where its section leaves the option out. */
const char *config_output_default(
	const struct config *config, const struct mural_option *option);

struct config_private {
	struct section core[N_CORE]; /* title NULL: not set anywhere */
	char **files;                /* names that settings point to */
	size_t n_files;
	size_t n_packaged; /* the first of them, which packages brought */
};

/* The parsed command line; the texts are those of argv. */
struct config_args {
	enum config_verb verb;
	enum mural_level level;
	const char *file; /* NULL: the default one and its drop-ins */
	const char **sets;
	size_t n_sets;
};

/* -1: go on; else the exit status.  The caller frees `sets`. */
int config_args_parse(struct config_args *args, int argc, char *argv[]);

/* NULL for text that a line of a file may hold, UTF-8 without control characters; else
 * what is wrong with it. */
const char *config_check_text(const char *text, size_t len);

/* Whether a comment begins here, behind a blank. */
bool config_is_comment(const char *p);

/* `text` without the blanks at both ends; cuts it. */
char *config_strip(char *text);

/* Frees what the section holds, not the section itself. */
void section_finish(struct section *section);

/* The functions below report what is wrong in the configuration through config_error()
 * and return 0 all the same, or -ENOMEM. */

/* Reads one file.  `path` must outlive the config. */
int config_file_read(struct config *config, const char *path);

/* The networks in an option of [server], and in the files it names. */
int config_networks_read(struct config *config, const char *key, const char *text,
	struct cidr_list *networks);

/* Finds or adds the section "canvas" or "plugin MODULE [NAME]".  *section is NULL for an
 * unknown one. */
int config_open_section(struct config *config, const char *title,
	struct config_location location, struct section **section);

/* Adds a setting to a section; those of core sections are parsed at once. */
int config_add(struct config *config, struct section *section, const char *key,
	const char *value, struct config_location location);

/* The same for "SECTION.KEY". */
int config_add_named(struct config *config, const char *name, const char *value,
	struct config_location location);
