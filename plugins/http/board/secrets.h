/* SPDX-License-Identifier: MIT */
/* Secrets from files: those that a new generator needs one of, and the admin token. */
#ifndef HTTP_BOARD_SECRETS_H
#define HTTP_BOARD_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* A longer file is no list of secrets. */
#define SECRETS_BYTES_MAX (1024 * 1024)

struct secrets {
	char **list;
	size_t n;
	bool any; /* no file was named: every secret is fine */
};

/* Reads {"secrets": ["...", ...]}, or a secret a line without the blanks around it.
 * "": any secret.  0 or -errno; then `why` says what is wrong with the file. */
int secrets_load(struct secrets *secrets, const char *path, char *why, size_t len);

/* Accepts a zeroed struct. */
void secrets_finish(struct secrets *secrets);

/* In a time that does not depend on how much of a secret was guessed. */
bool secrets_contain(const struct secrets *secrets, const char *secret);
bool secrets_equal(const char *secret, const char *guess);

/* The admin token: the option's value, or behind @ the file that has it in its first
 * line; allocated; "": there is none.  0 or -errno; then `why` says what is wrong. */
int secrets_load_token(const char *option, char **token, char *why, size_t len);

#endif
