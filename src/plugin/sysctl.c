/* SPDX-License-Identifier: MIT */
/* Counts the holders of each kernel setting and restores its original value. */
#include "plugin/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mural/plugin.h>

#include "base/log.h"

struct sysctl {
	struct sysctl *next;
	unsigned refs;
	char original, value;
	char path[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sysctl *entries; /* lock, as all below */
static bool restore_deferred;

/* The first character of the file, or -errno. */
static int
sysctl_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	char value;

	if (fd < 0)
		return -errno;
	ret = read(fd, &value, 1) == 1 ? (unsigned char)value : -EIO;
	close(fd);
	return ret;
}

static int
sysctl_write(const char *path, char value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, &value, 1);
	ret = n == 1 ? 0 : n < 0 ? -errno : -EIO;
	close(fd);
	return ret;
}

static struct sysctl **
sysctl_find(const char *path)
{
	struct sysctl **link = &entries;

	while (*link && strcmp((*link)->path, path) != 0)
		link = &(*link)->next;
	return link;
}

static int
sysctl_set(struct sysctl **link, const char *path, char value)
{
	struct sysctl *sysctl;
	int original = sysctl_read(path), ret;

	if (original < 0)
		return original;
	sysctl = calloc(1, sizeof(*sysctl) + strlen(path) + 1);
	if (!sysctl)
		return -ENOMEM;
	ret = original == value ? 0 : sysctl_write(path, value);
	if (ret < 0) {
		free(sysctl);
		return ret;
	}
	strcpy(sysctl->path, path);
	sysctl->original = (char)original;
	sysctl->value = value;
	sysctl->refs = 1;
	*link = sysctl;
	return 0;
}

int
mural_sysctl_acquire(struct mural_host *host, const char *path, char value)
{
	struct sysctl **link;
	int ret = 0;

	(void)host;
	pthread_mutex_lock(&lock);
	link = sysctl_find(path);
	if (!*link)
		ret = sysctl_set(link, path, value);
	else if ((*link)->value == value)
		(*link)->refs++;
	else
		ret = -EBUSY;
	pthread_mutex_unlock(&lock);
	return ret;
}

static void
sysctl_restore(struct sysctl **link)
{
	struct sysctl *sysctl = *link;
	int ret = sysctl->original == sysctl->value
			  ? 0
			  : sysctl_write(sysctl->path, sysctl->original);

	if (ret < 0)
		log_warn("sysctl: cannot restore %s to %c: %s; restore it by hand",
			sysctl->path, sysctl->original, strerror(-ret));
	*link = sysctl->next;
	free(sysctl);
}

void
mural_sysctl_release(struct mural_host *host, const char *path)
{
	struct sysctl **link;

	(void)host;
	pthread_mutex_lock(&lock);
	link = sysctl_find(path);
	if (*link && (*link)->refs > 0 && --(*link)->refs == 0 && !restore_deferred)
		sysctl_restore(link);
	pthread_mutex_unlock(&lock);
}

void
sysctl_defer_restore(bool defer)
{
	struct sysctl **link = &entries;

	pthread_mutex_lock(&lock);
	restore_deferred = defer;
	while (*link)
		if ((*link)->refs == 0 && !defer)
			sysctl_restore(link);
		else
			link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}
