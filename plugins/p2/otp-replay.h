/* SPDX-License-Identifier: MIT */
/*
 * The OTP replay store: the last TOTP step of each user, in a small file, so that an
 * overheard code is worthless, also after a restart.
 *
 * The file is in $STATE_DIRECTORY, which systemd sets, named by the path of the users
 * file with dashes for slashes; else beside the users file, with `.steps` behind its
 * name. Instances that share a users file share it.  It has a line `STEP NAME` a user,
 * and only matters for a minute and a half: older steps are refused anyway.
 */
#pragma once

#include <stdbool.h>

#include "p2/users.h"

/* The path of the file, freed by the caller; NULL: out of memory. */
char *otp_replay_path(const char *users_path);

/* Reads it into the users.  0, also if there is no file yet; or -errno. */
int otp_replay_load(struct users *users, const char *path);

/* Marks a step as used: false if it or a later one was used before.  *saved: 0; or the
 * -errno of writing the file, and the mark lasts as long as murald runs. */
bool otp_replay_use(const char *path, struct users *users, struct user *user,
	uint64_t step, int *saved);
