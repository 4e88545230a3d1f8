/* SPDX-License-Identifier: MIT */
/* Macros that C lacks. */
#pragma once

#include <stddef.h>

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of which this is a member. */
#define container_of(pointer, type, member)                                              \
	((type *)((char *)(pointer)-offsetof(type, member)))
