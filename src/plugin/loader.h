/* SPDX-License-Identifier: MIT */
/* Finds plugin objects on the plugin path, opens them and checks their tables. */
#pragma once

#include "plugin/registry.h"

/* Every common option; ends with an empty entry. */
extern const struct mural_option all_common_options[COMMON_OPTIONS + 1];

/* Takes the next folder off a colon-separated path; false after the last. */
bool folder_next(const char **path, char *folder, size_t len);

/* Whether it is safe to load plugins from there; `why` not begins with "is".  A folder
 * that does not exist counts as empty. */
bool folder_is_safe(const char *folder, char *why, size_t len);

/* The first NAME.so in the path's safe folders.  0, or -ENOENT and `why` suggests what
 * may have been meant. */
int module_find(const char *path, const char *name, char *file, size_t file_len,
	char *why, size_t len);

/* The sorted names of the modules in a folder; the caller frees each and the array.
 * Returns their number. */
size_t module_names(const char *folder, char ***names);

/* Opens FILE as the module NAME and checks it.  0, -EINVAL with `why` not, or -ENOMEM. */
int module_open(const char *file, const char *name, struct module **module, char *why,
	size_t len);
void module_close(struct module *module);

/* Whether its file is another one than it was, or was written to; true once for each
 * time.  What was opened stays. */
bool module_was_replaced(struct module *module);
