/* SPDX-License-Identifier: MIT */
/* Flushes the folder that a file is in. */
#include "base/fsync-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
