/* SPDX-License-Identifier: MIT */
/* Who holds which switch, and what stood there before. */
#include "plugin/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mural/plugin.h>

#include "base/log.h"

struct held {
	struct held *next;
	unsigned holders;
	char before, now;
	char path[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct held *all; /* lock, as all below */
static bool keeping;

/* The character at the head of the file, or -errno. */
static int
read_switch(const char *path)
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
write_switch(const char *path, char value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, &value, 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

static struct held **
find(const char *path)
{
	struct held **link = &all;

	while (*link && strcmp((*link)->path, path) != 0)
		link = &(*link)->next;
	return link;
}

/* The first to hold it turns it. */
static int
turn(struct held **link, const char *path, char value)
{
	struct held *held;
	int before = read_switch(path), ret;

	if (before < 0)
		return before;
	held = calloc(1, sizeof(*held) + strlen(path) + 1);
	if (!held)
		return -ENOMEM;
	ret = before == value ? 0 : write_switch(path, value);
	if (ret < 0) {
		free(held);
		return ret;
	}
	strcpy(held->path, path);
	held->before = (char)before;
	held->now = value;
	held->holders = 1;
	*link = held;
	return 0;
}

int
mural_hold_switch(struct mural_host *host, const char *path, char value)
{
	struct held **link;
	int ret = 0;

	(void)host;
	pthread_mutex_lock(&lock);
	link = find(path);
	if (!*link)
		ret = turn(link, path, value);
	else if ((*link)->now == value)
		(*link)->holders++;
	else
		ret = -EBUSY;
	pthread_mutex_unlock(&lock);
	return ret;
}

/* Nobody holds it any more. */
static void
put_back(struct held **link)
{
	struct held *held = *link;
	int ret = held->before == held->now ? 0 : write_switch(held->path, held->before);

	if (ret < 0)
		log_warn("switches: cannot put %s back to %c: %s; do it by hand",
			held->path, held->before, strerror(-ret));
	*link = held->next;
	free(held);
}

void
mural_release_switch(struct mural_host *host, const char *path)
{
	struct held **link;

	(void)host;
	pthread_mutex_lock(&lock);
	link = find(path);
	if (*link && (*link)->holders > 0 && --(*link)->holders == 0 && !keeping)
		put_back(link);
	pthread_mutex_unlock(&lock);
}

void
switches_keep(bool keep)
{
	struct held **link = &all;

	pthread_mutex_lock(&lock);
	keeping = keep;
	while (*link)
		if ((*link)->holders == 0 && !keep)
			put_back(link);
		else
			link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}
