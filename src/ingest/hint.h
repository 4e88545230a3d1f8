/* SPDX-License-Identifier: MIT */
/*
 * Hints: a command with which people can paint through an instance, aimed at the middle
 * of its region.
 *
 * The main thread's.
 */
#pragma once

#include <stddef.h>

#include "plugin/registry.h"

/* The hint for people who know this machine as `address`; an instance that listens on one
 * address only names that.  Its length; -ENOENT: the plugin has none, -EMSGSIZE: it does
 * not fit. */
int hint_text(
	const struct instance *instance, const char *address, char *text, size_t len);

/* Logs a hint for an address of each family, and for one the commands of other systems. */
void hint_log(const struct instance *instance);
