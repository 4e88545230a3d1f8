/* SPDX-License-Identifier: MIT */
/* Flushes the folder that a file is in. */
#pragma once

/* Waits until a file's new name is on disk.  0 or -errno. */
int fsync_dir(const char *path);
