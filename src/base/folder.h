/* SPDX-License-Identifier: MIT */
/* The folder that a file is in. */
#ifndef FOLDER_H
#define FOLDER_H

/* A file's name, new or changed, is on disk when its folder is: waits for that.  0 or
 * -errno. */
int folder_sync(const char *path);

#endif
