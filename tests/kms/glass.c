/* SPDX-License-Identifier: MIT */
/*
 * Measures, in a guest whose screen is QEMU's bochs-display, how long after a question to
 * the control socket the screen shows what was asked for, by that machine's own clock.
 *
 *   glass SOCKET WxH+X+Y <QUESTION   prints "MS-TO-THE-SCREEN MS-TO-THE-ANSWER", and then
 *                                    the answer
 *   glass spin                       computes in vain for ever, when nobody else wants to
 *   glass first THREAD               has that thread go first from now on
 *
 * It looks twice in a millisecond, before any other program, at the card's memory and
 * registers: at what the monitor is sent of that part of the screen, which nothing else
 * changes, and whether it is on.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench/measure.h"

#define PCI "/sys/bus/pci/devices/"
#define LIMIT_NS 20e9
#define LINE_MAX_BYTES 65536

/* The Bochs VBE registers, 16 bits each, in the second resource. */
enum { REGISTERS = 0x500 / 2, PITCH = 6, LEFT = 8, TOP };

/* So many places are compared: more would take a part of the time that is measured. */
enum { COLUMNS = 32, ROWS = 32 };

struct glass {
	const volatile uint16_t *registers;
	const volatile uint32_t *memory;
	int power;                       /* of the connector */
	size_t left, top, width, height; /* that are looked at */
};

struct look {
	bool on;
	uint32_t pixels[ROWS][COLUMNS];
};

struct session {
	int fd;
	size_t len;
	char line[LINE_MAX_BYTES];
};

static int
open_first(const char *pattern, int flags)
{
	glob_t found;
	int fd;

	if (glob(pattern, 0, NULL, &found) != 0)
		errx(1, "there is no %s", pattern);
	fd = open(found.gl_pathv[0], flags);
	if (fd < 0)
		err(1, "%s", found.gl_pathv[0]);
	globfree(&found);
	return fd;
}

static bool
is_the_card(const char *folder)
{
	char path[256], id[16] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/modalias", folder);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		(void)!read(fd, id, sizeof(id) - 1);
	close(fd);
	return strncmp(id, "pci:v00001234d", 14) == 0;
}

static const volatile void *
map_resource(const char *folder, int number)
{
	char path[256];
	struct stat is;
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%d", folder, number);
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &is) < 0)
		err(1, "%s", path);
	map = mmap(NULL, (size_t)is.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap %s", path);
	close(fd);
	return map;
}

static void
glass_open(struct glass *glass)
{
	glob_t found;
	size_t i = 0;

	if (glob(PCI "*", 0, NULL, &found) != 0)
		errx(1, "there is no PCI");
	while (i < found.gl_pathc && !is_the_card(found.gl_pathv[i]))
		i++;
	if (i == found.gl_pathc)
		errx(1, "there is no bochs-display");
	glass->memory = map_resource(found.gl_pathv[i], 0);
	glass->registers = map_resource(found.gl_pathv[i], 2);
	glass->registers += REGISTERS;
	globfree(&found);
	glass->power = open_first("/sys/class/drm/card0-*/dpms", O_RDONLY);
}

static void
look_at(const struct glass *glass, struct look *look)
{
	const size_t pitch = glass->registers[PITCH];
	const volatile uint32_t *first = glass->memory +
					 (glass->registers[TOP] + glass->top) * pitch +
					 glass->registers[LEFT] + glass->left;
	char power[4] = "";

	(void)!pread(glass->power, power, sizeof(power) - 1, 0);
	look->on = strncmp(power, "On", 2) == 0;
	for (size_t y = 0; y < ROWS; y++)
		for (size_t x = 0; x < COLUMNS; x++)
			look->pixels[y][x] =
				first[(2 * y + 1) * glass->height / (2 * ROWS) * pitch +
					(2 * x + 1) * glass->width / (2 * COLUMNS)];
}

/* ------------------------------------------------------------------ the control socket
 */

/* Returns whether there is a whole line now. */
static bool
session_read(struct session *session, int flags)
{
	ssize_t n = recv(session->fd, session->line + session->len,
		sizeof(session->line) - 1 - session->len, flags);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		errx(1, "the wall hung up: %.*s", (int)session->len, session->line);
	if (n > 0)
		session->len += (size_t)n;
	session->line[session->len] = '\0';
	return strchr(session->line, '\n') != NULL;
}

static void
session_open(struct session *session, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	session->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (session->fd < 0 ||
		connect(session->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", path);
	while (!session_read(session, 0))
		; /* the greeting */
	session->len = 0;
}

/* ------------------------------------------------------------------ both */

/* Two looks must differ from the first: one may fall between two writes to registers. */
static void
measure(const struct glass *glass, struct session *session)
{
	static char question[LINE_MAX_BYTES];
	static struct look before, now;
	const size_t len = fread(question, 1, sizeof(question), stdin);
	double begin, shown = 0, answered = 0;
	bool sure = false;

	look_at(glass, &before);
	begin = now_ns();
	if (send(session->fd, question, len, 0) != (ssize_t)len)
		err(1, "send");
	while ((!sure || answered == 0) && now_ns() - begin < LIMIT_NS) {
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
		if (answered == 0 && session_read(session, MSG_DONTWAIT))
			answered = now_ns();
		look_at(glass, &now);
		if (memcmp(&before, &now, sizeof(now)) == 0) {
			shown = 0;
			continue;
		}
		sure = shown > 0;
		if (!sure)
			shown = now_ns();
	}
	if (!sure || answered == 0)
		errx(1, "%.0f ms to the screen, %.0f to the answer: %s",
			(shown - begin) * 1e-6, (answered - begin) * 1e-6, session->line);
	printf("%.2f %.2f\n%s", (shown - begin) * 1e-6, (answered - begin) * 1e-6,
		session->line);
}

static void
spin(void)
{
	if (sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 }) < 0)
		err(1, "sched_setscheduler");
	for (;;)
		__asm__ volatile(""); /* a loop without anything in it may be left out */
}

static void
go_first(pid_t thread)
{
	if (sched_setscheduler(thread, SCHED_FIFO, &(struct sched_param){ 1 }) < 0)
		err(1, "sched_setscheduler");
}

int
main(int argc, char *argv[])
{
	static struct session session;
	struct glass glass;

	if (argc == 3 && strcmp(argv[1], "first") == 0) {
		go_first((pid_t)strtol(argv[2], NULL, 10));
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "spin") == 0)
		spin();
	if (argc != 3 || sscanf(argv[2], "%zux%zu+%zu+%zu", &glass.width, &glass.height,
				 &glass.left, &glass.top) != 4)
		errx(2, "usage: glass SOCKET WxH+X+Y <QUESTION | spin | first THREAD");
	glass_open(&glass);
	session_open(&session, argv[1]);
	go_first(0);
	measure(&glass, &session);
	return 0;
}
