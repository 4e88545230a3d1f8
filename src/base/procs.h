/* SPDX-License-Identifier: MIT */
/* Finds the processes that have a file or a socket open, in /proc, where only root sees
 * those of other users. */
#pragma once

#include <stdbool.h>

struct procs {
	char text[200]; /* "Xorg (812), plymouthd (99)"; empty: none visible */
	bool any_murald;
};

/* Finds the other processes that have `target` open, named as in /proc/PID/fd:
 * "/dev/dri/card0", "socket:[4711]".  If none is visible, a running murald is assumed: it
 * has more rights than a shell of its user, which therefore may not see its files. */
void procs_with_open(const char *target, struct procs *procs);
