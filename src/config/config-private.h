/* SPDX-License-Identifier: MIT */
/* What the files of the config share: config.c keeps what was said, args.c and
 * file.c read it from the command line and from files. */
#ifndef CONFIG_CONFIG_PRIVATE_H
#define CONFIG_CONFIG_PRIVATE_H

#include "config/config.h"

#define COMMAND_LINE                                                                     \
	"-s" /* stands for the file's name in settings of the command line               \
	      */

/* Where something was written. */
struct config_location {
	const char *file; /* owned by struct config */
	int line;         /* 0: none */
};

enum { CANVAS, DISPLAY, SERVER, RECORD, N_CORE }; /* the order of core_sections */

/* display.c: the section's options, and what is checked when all is read. */
extern const struct mural_option display_options[];
void config_check_display(struct config *config);

struct config_private {
	struct section core[N_CORE]; /* what was said of them; title NULL: nothing yet */
	char **files;                /* names that settings refer to */
	size_t n_files;
};

/* The command line, taken apart; the texts belong to argv. */
struct config_args {
	enum config_verb verb;
	enum mural_level level;
	const char *file; /* NULL: the default one and its drop-ins */
	const char **sets;
	size_t n_sets;
};

/* -1: go on; else the exit status.  `sets` is the caller's to free. */
int config_args_parse(struct config_args *args, int argc, char *argv[]);

/* Reads one file into the config; what is wrong with it is printed and counted.  `path`
 * must stay.  0 or -ENOMEM. */
int config_file_read(struct config *config, const char *path);

/* The networks that an option of [server] names, itself or in a file; what is wrong is
 * printed and counted.  0 or -ENOMEM. */
int config_networks_read(struct config *config, const char *key, const char *text,
	struct cidr_list *networks);

/* NULL for text that a line of a file may hold, UTF-8 without control characters; else
 * what is wrong with it. */
const char *config_check_text(const char *text, size_t len);

/* `text` without the blanks at both ends; cuts it. */
char *config_strip(char *text);

/* Frees what the section holds, not the section. */
void section_finish(struct section *section);

/* The section "canvas" or "plugin MODULE [NAME]", made when it is not there yet.
 * *section is NULL when there can be no such section, which is then printed and counted.
 * 0 or -ENOMEM. */
int config_open_section(struct config *config, const char *title,
	struct config_location location, struct section **section);

/* Adds one value to a section; a core section's is parsed at once, and what is wrong with
 * it is printed and counted.  0 or -ENOMEM. */
int config_add(struct config *config, struct section *section, const char *key,
	const char *value, struct config_location location);

/* The same with the section in the name: "SECTION.KEY". */
int config_add_named(struct config *config, const char *name, const char *value,
	struct config_location location);

#endif
