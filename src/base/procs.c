/* SPDX-License-Identifier: MIT */
/* Finds the processes that have a file or a socket open. */
#include "base/procs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 1, 0, or -EACCES: this user may not see it. */
static int
has_open(const char *folder, const char *target)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int found = !dir && errno == EACCES ? -EACCES : 0;

	while (dir && found <= 0 && (entry = readdir(dir))) {
		char path[300], link[300];
		ssize_t len;

		snprintf(path, sizeof(path), "%.32s/%.200s", folder, entry->d_name);
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0 && errno == EACCES)
			found = -EACCES;
		if (len <= 0)
			continue;
		link[len] = '\0';
		if (strcmp(link, target) == 0)
			found = 1;
	}
	if (dir)
		closedir(dir);
	return found;
}

static void
read_comm(const char *pid, char *name, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	snprintf(name, len, "?");
	if (file && fgets(name, (int)len, file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
}

/* Whether it runs as this user, whatever rights it has. */
static bool
is_of_this_user(const char *pid)
{
	char path[64], line[128];
	unsigned uid = 0;
	bool known = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	file = fopen(path, "re");
	do
		known = file && fscanf(file, "Uid: %u", &uid) == 1;
	while (file && !known && fgets(line, sizeof(line), file));
	if (file)
		fclose(file);
	return known && uid == getuid();
}

static void
procs_add(struct procs *procs, const char *pid, const char *name)
{
	size_t used = strlen(procs->text);

	snprintf(procs->text + used, sizeof(procs->text) - used, "%s%s (%.16s)",
		used ? ", " : "", name, pid);
}

void
procs_with_open(const char *target, struct procs *procs)
{
	struct procs hidden = { .any_murald = true };
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char own[16];

	*procs = (struct procs){ 0 };
	snprintf(own, sizeof(own), "%d", (int)getpid());
	while (proc && (entry = readdir(proc))) {
		char path[64], name[32];
		int open;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
			strcmp(entry->d_name, own) == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/fd", entry->d_name);
		read_comm(entry->d_name, name, sizeof(name));
		open = has_open(path, target);
		if (open > 0) {
			procs->any_murald |= strcmp(name, "murald") == 0;
			procs_add(procs, entry->d_name, name);
		} else if (open < 0 && strcmp(name, "murald") == 0 &&
			   is_of_this_user(entry->d_name)) {
			procs_add(&hidden, entry->d_name, name);
		}
	}
	if (proc)
		closedir(proc);
	if (!*procs->text && *hidden.text)
		*procs = hidden;
}
