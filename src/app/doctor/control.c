/* SPDX-License-Identifier: MIT */
/* Says who may steer the wall by its control socket. */
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/doctor/parts.h"

#define GROUP "murald"
#define NAMES_MAX 400

/* "murald (anna, bert)"; those whose first group it is are not listed. */
static void
write_group(const struct group *group, char *text, size_t len)
{
	size_t n = (size_t)snprintf(text, len, "%s", group->gr_name);

	for (char **member = group->gr_mem; *member && n < len; member++)
		n += (size_t)snprintf(text + n, len - n, "%s%s",
			member == group->gr_mem ? " (" : ", ", *member);
	if (*group->gr_mem && n < len)
		snprintf(text + n, len - n, ")");
}

static void
examine_socket(const char *path, const struct stat *st, struct report *report)
{
	const struct passwd *owner = getpwuid(st->st_uid);
	const char *name = owner ? owner->pw_name : "its owner";
	const struct group *group = st->st_mode & S_IWGRP ? getgrgid(st->st_gid) : NULL;
	char members[NAMES_MAX] = "";

	if (group)
		write_group(group, members, sizeof(members));
	if (!S_ISSOCK(st->st_mode)) {
		report_problem(report, "control.socket: %s is not a socket", path);
		report_advice(report, "remove it, or set another path");
	} else if (st->st_mode & S_IWOTH) {
		report_problem(report, "control.socket: everybody on this machine may "
				       "steer the wall");
		report_advice(report, "chmod 0660 %s", path);
	} else if (group) {
		report_ok(report,
			"control.socket: root, %s and the group %s may steer the wall",
			name, members);
	} else {
		report_ok(report, "control.socket: root and %s may steer the wall", name);
	}
}

static void
examine_absent(const char *path, struct report *report)
{
	const struct group *group = getgrnam(GROUP);
	char members[NAMES_MAX] = "", *copy = strdup(path);
	const char *folder = copy ? dirname(copy) : "/";

	if (group)
		write_group(group, members, sizeof(members));
	if (access(folder, W_OK) < 0 && errno != ENOENT)
		report_note(report, "control.socket: the folder %s: %s", folder,
			strerror(errno));
	report_note(report,
		"control.socket: %s is not there, as no wall runs with it; "
		"its user%s%s will be able to steer it",
		path, group ? " and the group " : "", members);
	free(copy);
}

void
doctor_check_control(const struct config *config, struct report *report)
{
	const char *path = config->control.socket;
	struct stat st;

	if (!*path)
		report_note(report, "control.socket is empty: nobody steers the wall by "
				    "muralctl on this machine");
	else if (stat(path, &st) == 0)
		examine_socket(path, &st, report);
	else
		examine_absent(path, report);
	if (!*config->control.log)
		report_note(report,
			"control.log is empty: nobody sees later what operators did");
	if (!*config->control.state)
		report_note(report,
			"control.state is empty: a restart forgets bans and the like");
}
