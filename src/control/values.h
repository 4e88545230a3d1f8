/* SPDX-License-Identifier: MIT */
/* Parses the values of arguments (enum wall_arg_kind) as people write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <mural/plugin.h>
#include <mural/reader.h>

#include "lib/wall-verbs.h"

bool value_rect(const char *text, struct mural_rect *rect);
bool value_point(const char *text, struct mural_point *point);
bool value_colour(const char *text, uint32_t *argb);
bool value_duration(const char *text, uint64_t *ms);

/* -DURATION, HH:MM[:SS] of the last 24 hours by the local clock, or RFC 3339. */
bool value_time(const char *text, struct timespec now, struct timespec *time);

/* Whether text is one of the kind, and if not, how it is written. */
bool value_is(enum wall_arg_kind kind, const char *text, const char **right);

/* Writes a time as RFC 3339 in UTC, with milliseconds. */
#define VALUE_TIME_MAX 40
void value_time_text(struct timespec time, char text[VALUE_TIME_MAX]);

/* The same by the local clock, for sentences: as people there read and type it. */
void value_local_time_text(struct timespec time, char text[VALUE_TIME_MAX]);

/* WxH+X+Y. */
#define VALUE_RECT_MAX 48
void value_rect_text(const struct mural_rect *rect, char text[VALUE_RECT_MAX]);
