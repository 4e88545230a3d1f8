/* SPDX-License-Identifier: MIT */
/*
 * The doctor: checks everything that a wall needs, and reports what is there, what is
 * wrong, and what to do about it.
 *
 * Each file of this folder checks one subject.  It may use every other folder, but must
 * never change anything or disturb a running wall.
 */
#pragma once

#include <stdio.h>

#include "config/config.h"
#include "plugin/registry.h"

/* Returns the number of problems. */
unsigned doctor_run(
	const struct config *config, const struct plugins *plugins, FILE *out);
