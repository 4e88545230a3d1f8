/* SPDX-License-Identifier: MIT */
/* Captures the packets of a ping plugin and only counts them: what it would cost if it
 * did nothing. */
#pragma once

#include <stdbool.h>

/* Prints "ready", counts until SIGTERM, then prints "TAKEN DROPPED".  Returns the exit
 * status; `name` is for messages. */
int count_frames(
	const char *name, const char *interface, const char *filter, bool multicast);
