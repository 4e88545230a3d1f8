/* SPDX-License-Identifier: MIT */
/* Loads the secrets that allow registering, and the admin token, from files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A longer file is not a list of secrets. */
#define SECRETS_BYTES_MAX (1024 * 1024)

struct mural_host;

struct secrets {
	char **list;
	size_t n;
	bool any;          /* no file is configured: every secret is valid */
	char *admin_token; /* "": none */
};

/* Reads both, and replaces those of before.  0 or -errno, logged, and then *secrets is as
 * before.  It starts as zeros. */
int secrets_load(struct secrets *secrets, const struct mural_host *host, const char *path,
	const char *token_option);
void secrets_finish(struct secrets *secrets);

/* Compare in a time that does not depend on how much of a secret was guessed. */
bool secrets_contain(const struct secrets *secrets, const char *secret);
bool secrets_is_admin(const struct secrets *secrets, const char *token);

/* ---- the two parts of secrets_load(), which do not log.  0 or -errno; then `why` says
 * what is wrong. */

/* Reads {"secrets": ["...", ...]}, or a secret a line, trimmed.  A path of "": any secret
 * is valid. */
int secrets_load_list(struct secrets *secrets, const char *path, char *why, size_t len);

/* The admin token is the option's value, or, behind @, the first line of that file. */
int secrets_load_token(
	struct secrets *secrets, const char *option, char *why, size_t len);
