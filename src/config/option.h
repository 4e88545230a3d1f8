/* SPDX-License-Identifier: MIT */
/*
 * Options: text from the config file into the fields of a struct, through the tables
 * that plugins and the core declare alike (struct mural_option, <mural/plugin.h>).  The
 * only place that knows what `1M`, `30s`, `#rrggbb` or `yes` mean.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <mural/plugin.h>

/* Parses `text` into the field that `option` names.  0; or -EINVAL, the field untouched
 * and in `why` what is wrong and what would be right, as "is no size; write WxH, such as
 * 1280x720"; or -ENOMEM.  Text is copied; whatever the field held before is freed, so it
 * must have been zero or set by this function. */
int option_set(const struct mural_option *option, void *config, const char *text,
	char *why, size_t len);

/* Every option of a table to its default.  Defaults that do not parse are a bug of the
 * table's author: -EINVAL, `why` names the option. */
int options_init(const struct mural_option *options, void *config, char *why, size_t len);

/* Frees what option_set() copied.  Accepts a zeroed config. */
void options_finish(const struct mural_option *options, void *config);

/* Whether the field that `option` names holds the same value in both. */
bool option_same(const struct mural_option *option, const void *a, const void *b);

/* Whether all of a table's do. */
bool options_same(const struct mural_option *options, const void *a, const void *b);

/* Whether the type is known and its field lies, aligned, in a config of that size. */
bool option_fits(const struct mural_option *option, size_t config_size);

/* Keys as people write them: `-` and `_` are the same. */
bool option_same_key(const char *a, const char *b);

/* The option of that key (`-` and `_` are the same), or NULL. */
const struct mural_option *option_find(
	const struct mural_option *options, const char *key);

/* The name as the file spells it: dashes for underscores. */
const char *option_key(const struct mural_option *option, char *key, size_t len);

/* "yes or no", "number from 1 to 9", "duration", "one of: keep, suppress" ... Also for
 * types that this murald does not know. */
const char *option_describe_type(
	const struct mural_option *option, char *text, size_t len);

/* Of the candidates, the one a person most likely meant by `word`, or NULL when none is
 * near.  Calls next(arg) until it returns NULL; what it returned must stay. */
const char *suggest_word(const char *word, const char *(*next)(void *arg), void *arg);

/* Writes a reason into `why`; -EINVAL, for the caller to return. */
int error_set(char *why, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
