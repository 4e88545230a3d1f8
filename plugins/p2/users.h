/* SPDX-License-Identifier: MIT */
/*
 * The users file, and whether a one-time password is right.
 *
 * The file has a line for each user, `NAME = static:DIGITS`, `NAME = totp:BASE32` (RFC
 * 6238: SHA-1, 30 seconds, six digits), or the URI of an authenticator app, with `NAME =`
 * before it or else for the account that it names; lines that begin with # or ; are
 * comments.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2/otpauth.h"

/* Eight decimal digits and a terminating zero: an OTP as text. */
#define OTP_DIGITS 8

struct user {
	char *name; /* UTF-8, terminated */
	size_t len;
	char code[OTP_DIGITS + 1]; /* static; empty: totp */
	char *secret;              /* totp, secret_len bytes; NULL: static */
	size_t secret_len;
	struct totp_kind kind;
	uint64_t last_step; /* the newest TOTP step used */
};

/* Starts as zeros. */
struct users {
	struct user *users; /* sorted by name */
	size_t n;
};

/* Called for each error, with a whole sentence. */
typedef void users_error_handler(void *arg, const char *text);

/* Reads the file.  0; -EINVAL, after on_error for every bad line; another -errno, after
 * on_error. */
int users_load(
	struct users *users, const char *path, users_error_handler *on_error, void *arg);

/* NULL is accepted. */
void users_finish(struct users *users);

/* Copies the last steps of `before`, so that used codes stay used. */
void users_keep_steps(struct users *users, const struct users *before);

struct user *users_find(const struct users *users, const char *name, size_t len);

/* Four bytes of two digits each to eight digits of text. */
void otp_text(const uint8_t *otp, char text[OTP_DIGITS + 1]);

/* Whether it is the user's code at this time, or one step early or late;
 * *step is the step it belongs to, 0 for a static one.  In constant time. */
bool user_check(const struct user *user, const char *otp, uint64_t now_s, uint64_t *step);
