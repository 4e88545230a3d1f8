/* SPDX-License-Identifier: MIT */
/*
 * The doctor: looks at all that a wall needs, and says in words what is there, what is
 * wrong, and what to do about it.  Opens nothing for longer than a look takes, changes
 * nothing, and disturbs no wall that runs.
 */
#ifndef APP_DOCTOR_DOCTOR_H
#define APP_DOCTOR_DOCTOR_H

#include <stdio.h>

#include "config/config.h"
#include "plugin/registry.h"

/* The number of things that are wrong. */
unsigned doctor_run(
	const struct config *config, const struct plugins *plugins, FILE *out);

#endif
