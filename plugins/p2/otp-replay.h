/* SPDX-License-Identifier: MIT */
/*
 * Which one-time passwords were used: the last TOTP step of each user, in a small file,
 * so that a code that was overheard is worth nothing, also after a restart.
 *
 * The file lies in $STATE_DIRECTORY, which systemd sets, under the path of the users file
 * with dashes for slashes; without it beside the users file, under its name and `.steps`.
 * Instances that share a users file share it, too.  It is a line `STEP NAME` a user, and
 * only of use for a minute and a half: a step that is older is refused anyway.
 */
#ifndef P2_OTP_REPLAY_H
#define P2_OTP_REPLAY_H

#include <stdbool.h>

#include "p2/users.h"

/* Where they are kept, for the log; NULL: out of memory.  Freed by the caller. */
char *otp_replay_path(const char *users_path);

/* Reads them into the users.  0, also when there is no file yet; or -errno. */
int otp_replay_load(struct users *users, const char *path);

/* Writes them.  0 or -errno. */
int otp_replay_save(const struct users *users, const char *path);

/* Uses a step up: false when it, or a later one, was used before.  `saved`: 0, or why it
 * could not be written down; it counts all the same, until murald ends. */
bool otp_replay_use(const char *path, struct users *users, struct user *user,
	uint64_t step, int *saved);

#endif
