/* SPDX-License-Identifier: MIT */
/* Reads and writes the file of TOTP steps that were used. */
#include "p2/otp-replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/digits.h"

#define STEP_MAX UINT64_C(999999999999999999)
#define STEP_DIGITS_MAX 18

char *
otp_replay_path(const char *users_path)
{
	const char *folder = getenv("STATE_DIRECTORY");
	char *path = NULL, *name;
	int len;

	if (!folder || !*folder)
		return asprintf(&path, "%s.steps", users_path) < 0 ? NULL : path;
	/* systemd separates several by colons; the first is the program's own */
	len = strcspn(folder, ":");
	users_path += strspn(users_path, "/");
	if (asprintf(&path, "%.*s/%s.steps", len, folder, users_path) < 0)
		return NULL;
	for (name = path + len + 1; *name; name++)
		if (*name == '/')
			*name = '-';
	return path;
}

/* `STEP NAME`; other lines are ignored. */
static void
parse_line(struct users *users, char *line)
{
	const char *name;
	struct user *user;
	uint64_t step;

	line[strcspn(line, "\n")] = '\0';
	name = digits_read(line, STEP_MAX, &step);
	if (!name || *name++ != ' ')
		return;
	user = users_find(users, name, strlen(name));
	if (user && step > user->last_step)
		user->last_step = step;
}

int
otp_replay_load(struct users *users, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[STEP_DIGITS_MAX + 300];
	int ret;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file))
		parse_line(users, line);
	ret = feof(file) ? 0 : -errno;
	fclose(file);
	return ret;
}

static int
users_write_steps(const struct users *users, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file;
	bool failed;

	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	for (size_t i = 0; i < users->n; i++)
		if (users->users[i].last_step > 0)
			fprintf(file, "%" PRIu64 " %s\n", users->users[i].last_step,
				users->users[i].name);
	failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return errno ? -errno : -EIO;
	return 0;
}

/* Not flushed to the disk: that would block the loop, and a reboot takes longer than a
 * step stays valid. */
static int
save_steps(const struct users *users, const char *path)
{
	char *tmp_path = NULL;
	int ret;

	if (asprintf(&tmp_path, "%s.new", path) < 0)
		return -ENOMEM;
	ret = users_write_steps(users, tmp_path);
	if (ret == 0 && rename(tmp_path, path) < 0)
		ret = -errno;
	if (ret < 0)
		unlink(tmp_path);
	free(tmp_path);
	return ret;
}

bool
otp_replay_use(const char *path, struct users *users, struct user *user, uint64_t step,
	int *saved)
{
	*saved = otp_replay_load(users, path); /* another instance may have written it */
	if (step <= user->last_step)
		return false;
	user->last_step = step;
	if (*saved == 0)
		*saved = save_steps(users, path);
	return true;
}
