/* SPDX-License-Identifier: MIT */
/* Takes the text of an address apart: HOST:PORT, [V6]:PORT or unix:PATH. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_parts {
	const char *host; /* without its brackets */
	size_t host_len;
	bool bracketed;
	const char *port; /* up to the end of the text; NULL: there is no colon */
};

/* Splits HOST, HOST:PORT, [V6] or [V6]:PORT at the last colon outside the brackets; it
 * does not check that its parts are a host and a port. */
void address_split(const char *text, size_t len, struct address_parts *parts);

/* An IPv6 address, perhaps with %INTERFACE. */
bool address_is_v6(const char *text, size_t len);

/* The path of unix:PATH, else NULL. */
const char *address_unix_path(const char *text);

/* What one address of a list takes at most, with its end. */
#define ADDRESS_WORD_MAX 512

/* Copies the first word of a list with spaces between them.  What follows it, for the
 * next call; NULL: there is none.  A longer word is cut. */
const char *address_next(const char *list, char *word, size_t len);

/* 0: none, or an address of another kind. */
uint16_t address_port(const char *text);
