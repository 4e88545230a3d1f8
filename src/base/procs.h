/* SPDX-License-Identifier: MIT */
/* Finds the processes that have a file or a socket open, in /proc, where only root sees
 * those of other users. */
#pragma once

#include <stdbool.h>

struct procs {
	char text[200]; /* "Xorg (812), plymouthd (99)"; empty: none visible */
	bool any_murald;
};

/* `target` as it is called in /proc/PID/fd: "/dev/dri/card0", "socket:[4711]".  Without
 * this process.  Where none is visible, a running murald is taken for it, whose files not
 * even its own user may see: it has more rights than a shell of that user. */
void procs_with_open(const char *target, struct procs *procs);
