/* SPDX-License-Identifier: MIT */
/* Opens files that must be regular ones, and flushes folders to disk. */
#pragma once

#include <stdio.h>

/* Opens a regular file for reading: a pipe might block, and a device might be endless.
 * NULL with errno set: EINVAL or EISDIR if it is not a regular file. */
FILE *regular_file_open(const char *path);

/* Waits until a file's new name is on disk.  0 or -errno. */
int fsync_dir(const char *path);
