/* SPDX-License-Identifier: MIT */
/* Reads one hexadecimal digit. */
#pragma once

#include <string.h>

/* 0 to 15; -1: not a hexadecimal digit. */
static inline int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}
