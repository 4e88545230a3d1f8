/* SPDX-License-Identifier: MIT */
/*
 * Decides which p² clients may log in: one-time passwords, each accepted once, and limits
 * on failed attempts.
 *
 * The main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "p2/parser.h"
#include "p2/users.h"

enum {
	LOGIN_BY_NAME_AND_SOURCE,
	LOGIN_BY_NAME_AND_NETWORK,
	LOGIN_BY_SOURCE,
	LOGIN_BY_NAME,
	LOGIN_LIMITS
};

struct login {
	const struct mural_host *host;
	const char *users_path; /* NULL: any name and password is accepted */
	struct users users;
	char *otp_replay_path;
	bool otp_replay_failed; /* logged */
	struct mural_ratelimit *failures[LOGIN_LIMITS];
	uint64_t seed; /* of keys, so that nobody can choose which ones collide */
};

/* Reads the users file, `path` as in the struct.  0 or -errno, logged; to be finished in
 * either case. */
int login_open(struct login *login, const struct mural_host *host, const char *path);

/* Accepts a zeroed struct. */
void login_finish(struct login *login);

/* Reads the users file again: 0; or -errno, logged, and the users stay as they were. */
int login_reload(struct login *login);

/* Whether a client of the source, which may be one of many of a network, may log in; if
 * not, it is counted as discarded. */
bool login_accepts(struct login *login, const struct p2_auth *auth, uint64_t source,
	uint64_t network, uint64_t now_ms);

/* A key of mural/ratelimit.h for a name, or a name and a source. */
uint64_t login_key(
	const struct login *login, const char *name, size_t len, uint64_t source);
