/* SPDX-License-Identifier: MIT */
/*
 * Invitations: what people type to paint with an instance, with an address of this
 * machine, at the middle of the instance's region.
 *
 * The main thread's.
 */
#ifndef INGEST_HINT_H
#define INGEST_HINT_H

#include <stddef.h>

#include "plugin/registry.h"

/* The invitation for people who know this machine by `address`, or by the one address
 * that the instance's listener takes clients at.  Its length; -ENOENT
 * when there is nothing to say, -EMSGSIZE when it does not fit: half a command is none.
 */
int hint_text(
	const struct instance *instance, const char *address, char *text, size_t len);

/* Says to the log how to paint, for an address of each family. */
void hint_log(const struct instance *instance);

#endif
