/* SPDX-License-Identifier: MIT */
/*
 * crowd PORT SUBSCRIBERS SECONDS RATE WIDTH HEIGHT
 *
 * Many p² subscribers to a whole wall of that size, while one more client paints RATE
 * random pixels a second.  Afterwards all must show exactly what was painted.  Prints
 * throughput; exit status 1 if a picture is not right within a minute.
 *
 * Needs a wall without authentication and limits.  Implements p² independently of the
 * plugin.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/measure.h"

#define LIMIT_S 60
#define BATCH_MS 10

struct viewer {
	int fd;
	uint16_t *picture; /* wire colours; 0: not received yet */
	uint64_t bytes, blocks;
	uint8_t rest[256]; /* the longest Update is 246 bytes */
	size_t held;
};

static int width, height;

/* ------------------------------------------------------------------------ p² */

static uint8_t
to_byte(int n)
{
	return n >= 0 ? n : 0x80 | (-n - 1);
}

static int
from_byte(uint8_t byte)
{
	return byte & 0x80 ? -(byte & 0x7f) - 1 : byte;
}

static void
write_number(uint8_t *p, int n)
{
	int away = abs(n) + 127, high = abs(n) <= 127 ? 0 : away / 255;

	p[0] = to_byte(n < 0 ? -high : high);
	p[1] = to_byte(high ? away % 255 - 127 : n);
}

static int
read_number(const uint8_t *p)
{
	int high = from_byte(p[0]), low = from_byte(p[1]);

	return high < 0 ? high * 255 - low : high * 255 + low;
}

static uint16_t
wire_colour(unsigned rgb15)
{
	int n = (rgb15 & 0x3fff) + 1;
	uint8_t bytes[2];
	uint16_t wire;

	write_number(bytes, rgb15 & 0x4000 ? -n : n);
	memcpy(&wire, bytes, 2);
	return wire;
}

static void
apply_update(struct viewer *viewer, const uint8_t *p)
{
	int w = p[1] & 15, h = (p[1] >> 4) + 1;
	int x = read_number(p + 2) + width / 2, y = read_number(p + 4) + height / 2;

	if (x < 0 || y < 0 || x + w > width || y + h > height) {
		fprintf(stderr, "crowd: an Update of %dx%d at %d,%d\n", w, h, x, y);
		exit(1);
	}
	for (int row = 0; row < h; row++)
		memcpy(&viewer->picture[(y + row) * width + x], p + 6 + 2 * w * row,
			2 * w);
	viewer->blocks++;
}

/* The length of the message at p, 0 if it is incomplete. */
static size_t
message_length(const uint8_t *p, size_t len)
{
	size_t wanted;

	if (len < 2)
		return 0;
	if (p[0] != 0xff || p[1] == 0) {
		fprintf(stderr, "crowd: the server said %02x %02x\n", p[0], p[1]);
		exit(1);
	}
	wanted = 6 + 2 * (p[1] & 15) * ((p[1] >> 4) + 1);
	return len < wanted ? 0 : wanted;
}

static void
receive_updates(struct viewer *viewer)
{
	static uint8_t buf[256 + 65536];
	ssize_t got = recv(viewer->fd, buf + viewer->held, 65536, MSG_DONTWAIT);
	size_t len, at = 0, message;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		err(2, "a subscriber was closed");
	viewer->bytes += got;
	memcpy(buf, viewer->rest, viewer->held);
	len = viewer->held + got;
	while ((message = message_length(buf + at, len - at)) > 0) {
		apply_update(viewer, buf + at);
		at += message;
	}
	viewer->held = len - at;
	memcpy(viewer->rest, buf + at, viewer->held);
}

static int
log_in(int port, char kind, int number)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	uint8_t hello[32];
	char name[16];
	size_t len = snprintf(name, sizeof(name), "%c%d", kind, number);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(2, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	hello[0] = 0xff;
	hello[1] = 0xa0;
	hello[2] = len - 1;
	memcpy(hello + 3, name, len);
	memset(hello + 3 + len, 0, 4);
	if (send(fd, hello, 7 + len, 0) < 0)
		err(2, "send");
	return fd;
}

/* ---------------------------------------------------------------------- crowd */

static void
open_viewers(struct viewer *viewers, int n, int port, int epoll)
{
	static const uint8_t whole[] = { 0xff, 0xaf, 0xfe, 0x7f, 0xfe, 0x7f, 0x7f, 0x7f,
		0x7f, 0x7f };

	for (int i = 0; i < n; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &viewers[i] };

		viewers[i].picture = calloc((size_t)width * height, 2);
		viewers[i].fd = log_in(port, 's', i);
		if (!viewers[i].picture ||
			send(viewers[i].fd, whole, sizeof(whole), 0) < 0 ||
			epoll_ctl(epoll, EPOLL_CTL_ADD, viewers[i].fd, &event) < 0)
			err(2, "subscribe");
	}
}

static void
poll_viewers(int epoll, int timeout_ms)
{
	struct epoll_event events[64];
	int n = epoll_wait(epoll, events, 64, timeout_ms);

	for (int i = 0; i < n; i++)
		receive_updates(events[i].data.ptr);
}

/* Paints `n` random pixels and notes them in `want`. */
static void
paint(int fd, int n, uint16_t *want)
{
	uint8_t *puts = malloc((size_t)n * 8);

	for (int i = 0; i < n; i++) {
		int x = random() % width, y = random() % height;
		uint16_t wire = wire_colour(random() & 0x7fff);

		puts[8 * i] = 0xff;
		puts[8 * i + 1] = 0xd0;
		write_number(puts + 8 * i + 2, x - width / 2);
		write_number(puts + 8 * i + 4, y - height / 2);
		memcpy(puts + 8 * i + 6, &wire, 2);
		want[y * width + x] = wire;
	}
	for (size_t done = 0; done < (size_t)n * 8;) {
		ssize_t sent = send(fd, puts + done, (size_t)n * 8 - done, 0);

		if (sent < 0)
			err(2, "paint");
		done += sent;
	}
	free(puts);
}

static bool
shows(const struct viewer *viewer, const uint16_t *want)
{
	for (int i = 0; i < width * height; i++)
		if (viewer->picture[i] == 0 || (want[i] && viewer->picture[i] != want[i]))
			return false;
	return true;
}

static int
count_right(const struct viewer *viewers, int n, const uint16_t *want)
{
	int right = 0;

	for (int i = 0; i < n; i++)
		right += shows(&viewers[i], want);
	return right;
}

static void
report(const struct viewer *viewers, int n, uint64_t puts, double seconds, double settled)
{
	uint64_t bytes = 0, blocks = 0;

	for (int i = 0; i < n; i++) {
		bytes += viewers[i].bytes;
		blocks += viewers[i].blocks;
	}
	printf("%d subscribers, %.0f puts/s for %.1f s: %.1f MB and %.0f Updates each, "
	       "%.2f bytes for each put; all pictures right %.2f s after the last\n",
		n, puts / seconds, seconds, bytes / 1e6 / n, (double)blocks / n,
		(double)bytes / n / puts, settled);
}

int
main(int argc, char *argv[])
{
	int n, painter, epoll = epoll_create1(0), right = 0;
	double begin, end, last;
	uint64_t puts = 0, rate;
	struct viewer *viewers;
	uint16_t *want;
	struct rlimit files;

	if (argc != 7) {
		fprintf(stderr,
			"usage: crowd PORT SUBSCRIBERS SECONDS RATE WIDTH HEIGHT\n");
		return 2;
	}
	n = atoi(argv[2]);
	rate = atoll(argv[4]);
	width = atoi(argv[5]);
	height = atoi(argv[6]);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	viewers = calloc(n, sizeof(*viewers));
	want = calloc((size_t)width * height, 2);
	if (!viewers || !want)
		err(2, "memory");
	open_viewers(viewers, n, atoi(argv[1]), epoll);
	painter = log_in(atoi(argv[1]), 'p', 0);
	begin = now_s();
	end = begin + atof(argv[3]);
	while ((last = now_s()) < end) {
		uint64_t due = (last - begin) * rate;

		if (due > puts)
			paint(painter, due - puts, want);
		puts = due > puts ? due : puts;
		for (double until = last + BATCH_MS / 1e3; now_s() < until;)
			poll_viewers(epoll, 1);
	}
	while (right < n && now_s() < last + LIMIT_S) {
		for (double until = now_s() + 0.05; now_s() < until;)
			poll_viewers(epoll, 5);
		right = count_right(viewers, n, want);
	}
	report(viewers, n, puts, last - begin, now_s() - last);
	for (int i = 0; i < n; i++)
		free(viewers[i].picture);
	free(viewers);
	free(want);
	if (right < n)
		printf("only %d of %d pictures are right\n", right, n);
	return right < n;
}
