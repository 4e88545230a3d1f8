/* SPDX-License-Identifier: MIT */
/* Loads the secrets that allow registering, and the admin token, from files. */
#ifndef HTTP_BOARD_SECRETS_H
#define HTTP_BOARD_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* A longer file is not a list of secrets. */
#define SECRETS_BYTES_MAX (1024 * 1024)

struct secrets {
	char **list;
	size_t n;
	bool any; /* no file is configured: every secret is valid */
};

/* Reads {"secrets": ["...", ...]}, or a secret a line, trimmed.  A path of "": any
 * secret is valid.  0 or -errno; then `why` says what is wrong with the file. */
int secrets_load(struct secrets *secrets, const char *path, char *why, size_t len);

/* Accepts a zeroed struct. */
void secrets_finish(struct secrets *secrets);

/* In a time that does not depend on how much of the secret was guessed. */
bool secrets_contain(const struct secrets *secrets, const char *secret);
bool secrets_equal(const char *secret, const char *guess);

/* The admin token: the option's value, or, behind @, the first line of that file;
 * allocated; "": none.  0 or -errno; then `why` says what is wrong. */
int secrets_load_token(const char *option, char **token, char *why, size_t len);

#endif
