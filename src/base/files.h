/* SPDX-License-Identifier: MIT */
/* Opens files that must be regular ones, and flushes folders to disk. */
#pragma once

#include <stdio.h>

/* Opens a file for reading that is no pipe, which might block, nor a device, which might
 * be endless.  NULL: errno says why not, EINVAL or EISDIR if it is no regular file. */
FILE *regular_file_open(const char *path);

/* Waits until a file's new name is on disk.  0 or -errno. */
int fsync_dir(const char *path);
