/* SPDX-License-Identifier: MIT */
/* Plugin objects: where they lie, and whether murald can take them. */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include "plugin/registry.h"

/* The next folder of a colon-separated path, which moves on; false after the last. */
bool folder_next(const char **path, char *folder, size_t len);

/* Whether plugins may be loaded from there; else `why` not, as "is ...". A folder that
 * does not exist is good, and empty. */
bool folder_is_safe(const char *folder, char *why, size_t len);

/* The first NAME.so of the path's safe folders, into `file`.  -ENOENT, `why` says where
 * it was looked for and what was perhaps meant. */
int module_find(const char *path, const char *name, char *file, size_t file_len,
	char *why, size_t len);

/* Names of the modules in a folder, sorted; free each and the array.  The count, 0 when
 * there is nothing to read. */
size_t module_names(const char *folder, char ***names);

/* Opens FILE as the module NAME and checks it.  0, -EINVAL with `why` not, or -ENOMEM. */
int module_open(const char *file, const char *name, struct module **module, char *why,
	size_t len);
void module_close(struct module *module);

#endif
