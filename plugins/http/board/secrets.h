/* SPDX-License-Identifier: MIT */
/* Loads the secrets that allow registering from a file, and compares them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A longer file is not a list of secrets. */
#define SECRETS_BYTES_MAX (1024 * 1024)

struct secrets {
	char **list;
	size_t n;
	bool any; /* no file is configured: every secret is valid */
};

/* Reads {"secrets": ["...", ...]}, or a secret a line, trimmed, and replaces those of
 * before.  A path of "": any secret is valid.  0; or -errno, `why` says what is wrong,
 * and *secrets is as before.  It starts as zeros. */
int secrets_load(struct secrets *secrets, const char *path, char *why, size_t len);
void secrets_finish(struct secrets *secrets);

/* Compare in a time that does not depend on how much of a secret was guessed.  An empty
 * token is nobody's. */
bool secrets_contain(const struct secrets *secrets, const char *secret);
bool secrets_is_token(const char *token, const char *guess);
