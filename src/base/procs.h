/* SPDX-License-Identifier: MIT */
/* Holders: the processes that have something open, as /proc tells.  Of other users' only
 * root is told. */
#ifndef BASE_PROCS_H
#define BASE_PROCS_H

#include <stdbool.h>
#include <stddef.h>

struct procs {
	char text[200]; /* "Xorg (812), plymouthd (99)"; empty: nobody that we may see */
	bool any_murald;
};

/* Of the file or socket that is called so in /proc/PID/fd: "/dev/dri/card0",
 * "socket:[4711]".  Not this process. */
void procs_with_open(const char *target, struct procs *procs);

#endif
