/* SPDX-License-Identifier: MIT */
/* Counting: what a ping protocol would cost if it did nothing.  The plugin's own capture
 * and filter, and a callback that counts. */
#ifndef COUNT_H
#define COUNT_H

#include <stdbool.h>

/* Says "ready", counts until SIGTERM, then prints "TAKEN DROPPED".  What main() returns;
 * `name` is for messages. */
int count_frames(
	const char *name, const char *interface, const char *filter, bool multicast);

#endif
