/* SPDX-License-Identifier: MIT */
/* What those who look at the wall should be told, as pages and listeners get it. */
#pragma once

#include <jansson.h>

#include <mural/plugin.h>

/* {"text": ..., "until": ..., "frozen": ...}; NULL: out of memory. */
json_t *notice_json(struct mural_host *host);
