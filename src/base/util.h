/* SPDX-License-Identifier: MIT */
/* The few macros that C should have had. */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stddef.h>
#include <sys/param.h> /* MIN, MAX */

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member)                                              \
	((type *)((char *)(pointer)-offsetof(type, member)))

/* A cache line: what two threads write lies further apart. */
#define CACHE_LINE 64

#endif
