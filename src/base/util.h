/* SPDX-License-Identifier: MIT */
/*
 * src/base: what the whole daemon uses: the log, threads, counters, addresses, processes.
 * It may use lib/, <mural/...>, libuv and the C library, and must never know a canvas, a
 * config, a plugin's table or a screen.
 *
 * This file: macros that C lacks.
 */
#pragma once

#include <stddef.h>
#include <sys/param.h> /* MIN, MAX */

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member)                                              \
	((type *)((char *)(pointer)-offsetof(type, member)))

/* Data that different threads write is kept this many bytes apart. */
#define CACHE_LINE 64
