/* SPDX-License-Identifier: MIT */
/* The name of a plugin's own metric outside murald. */
#pragma once

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

/* The longest: a module's name may have as many bytes as a section's title. */
#define METRIC_NAME_MAX 256

/* murald_plugin_MODULE_NAME, where MODULE has `_` for what a metric's name cannot have.
 */
static inline void
metric_name_write(char *text, const char *module, const char *name)
{
	static const char prefix[] = "murald_plugin_";

	snprintf(text, METRIC_NAME_MAX, "%s%s_%s", prefix, module, name);
	for (char *p = text + sizeof(prefix) - 1; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
}
