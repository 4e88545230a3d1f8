/* SPDX-License-Identifier: MIT */
/* Opens files that must be regular ones, and flushes folders to disk. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *
regular_file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), error;
	struct stat st;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else
		file = fdopen(fd, "r");
	if (!file) {
		error = errno;
		close(fd);
		errno = error;
	}
	return file;
}

int
fsync_dir(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int ret = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (ret == -EINVAL)
		ret = 0; /* this file system cannot flush folders */
	if (fd >= 0)
		close(fd);
	free(copy);
	return ret;
}
