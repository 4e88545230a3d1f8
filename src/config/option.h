/* SPDX-License-Identifier: MIT */
/*
 * Options: parses text into the fields of a struct, as told by the tables that the core
 * and plugins declare (struct mural_option, <mural/plugin.h>).  The only place that knows
 * what `1M`, `30s`, `#rrggbb` or `yes` mean.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <mural/plugin.h>

/* Parses `text` into the option's field of `config`.  0; -EINVAL, the field untouched and
 * `why` saying what is wrong and what would be right, as "is not a size; write WxH, such
 * as 1280x720"; or -ENOMEM.  Text is copied and the field's previous text freed, so it
 * must have been NULL or set by this function. */
int option_set(const struct mural_option *option, void *config, const char *text,
	char *why, size_t len);

/* Sets every option of a table to its default.  -EINVAL if a default does not parse, a
 * bug in the table: `why` names the option. */
int options_init(const struct mural_option *options, void *config, char *why, size_t len);

/* Frees what option_set() copied.  Accepts a zeroed config. */
void options_finish(const struct mural_option *options, void *config);

/* Whether the option, or all of a table, have the same values in two configs. */
bool option_same(const struct mural_option *option, const void *a, const void *b);
bool options_same(const struct mural_option *options, const void *a, const void *b);

/* The same whatever the secrets are; and exchanges those. */
bool options_same_but_secrets(
	const struct mural_option *options, const void *a, const void *b);
void options_swap_secrets(const struct mural_option *options, void *a, void *b);

/* Whether the type is known and the field lies aligned within a config of that size. */
bool option_fits(const struct mural_option *option, size_t config_size);

/* Whether two options, whose types are known, share memory. */
bool option_overlaps(const struct mural_option *option, const struct mural_option *other);

/* The index of a whole word in a space-separated list, upper or lower case, or -1. */
int option_word_index(const char *words, const char *word);

/* Compares keys; `-` and `_` are the same. */
bool option_same_key(const char *a, const char *b);

/* The option with that key, or NULL. */
const struct mural_option *option_find(
	const struct mural_option *options, const char *key);

/* The name as it is spelled in the file, with dashes for underscores. */
const char *option_key(const struct mural_option *option, char *key, size_t len);

/* "yes or no", "number from 1 to 9", "duration", "one of: keep, suppress", ...; "unknown
 * type N" for a type of a later version. */
const char *option_describe_type(
	const struct mural_option *option, char *text, size_t len);

/* What is shown in place of a secret. */
#define OPTION_MASK "****"

/* The value as it may be shown and logged: a secret is masked, unless it is the name of a
 * file. */
const char *option_shown(const struct mural_option *option, const char *value);

/* The candidate most likely meant by the misspelled `word`, or NULL if none is close.
 * next(arg) returns the candidates, then NULL. */
const char *suggest_word(const char *word, const char *(*next)(void *arg), void *arg);

/* Writes a reason into `why`; -EINVAL, for the caller to return. */
int error_set(char *why, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
