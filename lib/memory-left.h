/* SPDX-License-Identifier: MIT */
/* Memory that is left for the wall itself.  Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What clients leave free, for what they have no part in: snapshot, recording, database,
 * control, and those who connect next. */
#define MEMORY_RESERVE ((size_t)4 << 20)

/* Whether so much more can be had within the limits of this process (RLIMIT_DATA,
 * RLIMIT_AS, strict overcommit).  Two system calls: ask before keeping something for a
 * client, not for each of its pixels. */
bool memory_is_left(size_t bytes);
