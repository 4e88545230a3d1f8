/* SPDX-License-Identifier: MIT */
/*
 * src/base: what the whole daemon uses: the log, threads, counters, addresses, processes.
 * It may use lib/, <mural/...>, libuv and the C library, and must never know a canvas, a
 * config, a plugin's table or a screen.
 *
 * This file: macros that C lacks, those of lib/ among them.
 */
#pragma once

#include <sys/param.h> /* MIN, MAX */

#include "lib/macros.h"

/* Data that different threads write is kept this many bytes apart. */
#define CACHE_LINE 64
