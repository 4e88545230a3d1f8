/* SPDX-License-Identifier: MIT */
/*
 * Options that plugins with a server share: listen addresses.
 *
 * plugins/common is what several plugins use: rooms for one protocol go beside it.  It
 * uses <mural/...> and lib/, and knows no plugin.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HOST_PART_MAX 300

/* Writes the host part of a URL for clients of `listen`: this machine's address, or the
 * one listened on if it is a single one, and then only when asked for an address of the
 * same family, so that hints name it once.  False: there is no hint for this address. */
bool host_part_format(const char *listen, const char *address, char *text, size_t len);
