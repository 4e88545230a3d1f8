/* SPDX-License-Identifier: MIT */
/*
 * Hints: a command with which people can paint through an instance, aimed at the middle
 * of its region.
 *
 * The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plugin/registry.h"

/* The hint for people who know this machine as `address`; an instance that listens on one
 * address only names that, and what the config says of it comes first.  Its length;
 * -ENOENT: the plugin has none, -EMSGSIZE: it does not fit. */
int hint_text(
	const struct instance *instance, const char *address, char *text, size_t len);

/* The same for a command that paints a block in the middle, whose size depends on that of
 * the region; -ENOENT also if a pixel is all that it paints. */
int hint_block(const struct instance *instance, const char *address,
	struct mural_dimensions *size, char *text, size_t len);

/* Whether people should not be told of it. */
bool hint_is_private(const struct instance *instance);

/* Whether the config says it, for people and not for a shell. */
bool hint_is_text(const struct instance *instance);

/* Whether that is the same for everybody: as the config says, or with the address that it
 * says. */
bool hint_is_public(const struct instance *instance);

/* Logs a hint for an address of each family, for one with other systems' commands. */
void hint_log(const struct instance *instance);
