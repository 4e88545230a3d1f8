/* SPDX-License-Identifier: MIT */
/* The folder that a file is in. */
#ifndef BASE_FSYNC_DIR_H
#define BASE_FSYNC_DIR_H

/* A file's name, new or changed, is on disk when its folder is: waits for that.  0 or
 * -errno. */
int fsync_dir(const char *path);

#endif
