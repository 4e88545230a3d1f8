/* SPDX-License-Identifier: MIT */
/* The metrics that plugins declare: whether their names and texts are usable. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plugin/registry.h"

/* 0, or -EINVAL and why a plugin with these metrics is refused. */
int metrics_check(const struct mural_metric *metrics, char *why, size_t len);

/* How many there are. */
size_t metrics_count(const struct mural_metric *metrics);

/* Whether a metric of `module` has the same name in /metrics as one of another module,
 * and then why that is refused. */
bool metrics_clash(
	const struct module *modules, const struct module *module, char *why, size_t len);
