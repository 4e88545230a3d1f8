/* SPDX-License-Identifier: MIT */
/* The table that a plugin exports, as this murald reads it. */
#pragma once

#include <mural/plugin.h>

/* Copies the table, whatever its author's header had, into one of our size.  What an
 * older one lacks is zero; a newer one is accepted if it uses nothing that we lack.  0,
 * or -EINVAL and why. */
int table_copy(const struct mural_plugin *theirs, struct mural_plugin *ours, char *why,
	size_t len);

/* Whether its members fit each other: 0, or -EINVAL and why the plugin is refused. */
int table_check(const struct mural_plugin *plugin, char *why, size_t len);
