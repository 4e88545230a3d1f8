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
 * this process. */
void procs_with_open(const char *target, struct procs *procs);
