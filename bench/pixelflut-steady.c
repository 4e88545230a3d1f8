/* SPDX-License-Identifier: MIT */
/*
 * pixelflut-steady: paints random pixels of a wall in random colours, so many a second.
 *
 *   pixelflut-steady ADDRESS PORT WIDTHxHEIGHT SECONDS RATE
 *
 * One connection, binary commands; what the server does not take in time is sent as soon
 * as it does.  Prints "COMMANDS SECONDS", until it has answered a last read.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

/* Commands that are sent at once; about two milliseconds of 5 M a second. */
#define PIECE 8192
#define COMMAND_BYTES 10

struct wall {
	unsigned width, height;
};

static int
connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		err(1, "%s", address);
	return fd;
}

/* xorshift64*, of which the upper bits are random enough. */
static uint64_t
next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717;
}

static void
write_pixel(const struct wall *wall, uint8_t *to)
{
	const uint64_t random = next_random();
	const unsigned x = (unsigned)((random >> 48) * wall->width >> 16);
	const unsigned y = (unsigned)((random >> 32 & 0xffff) * wall->height >> 16);

	to[0] = 'P', to[1] = 'B';
	to[2] = (uint8_t)x, to[3] = (uint8_t)(x >> 8);
	to[4] = (uint8_t)y, to[5] = (uint8_t)(y >> 8);
	to[6] = (uint8_t)(random >> 24), to[7] = (uint8_t)(random >> 16);
	to[8] = (uint8_t)(random >> 8), to[9] = 0;
}

static void
send_all(int fd, const void *bytes, size_t len)
{
	for (const char *at = bytes; len > 0;) {
		const ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

		if (sent < 0)
			err(1, "send");
		at += sent;
		len -= (size_t)sent;
	}
}

static void
send_pixels(int fd, const struct wall *wall, size_t n)
{
	static uint8_t piece[PIECE * COMMAND_BYTES];

	for (size_t i = 0; i < n; i++)
		write_pixel(wall, piece + i * COMMAND_BYTES);
	send_all(fd, piece, n * COMMAND_BYTES);
}

int
main(int argc, char *argv[])
{
	struct wall wall;
	size_t sent = 0;
	char answer[64];

	if (argc != 6 || sscanf(argv[3], "%ux%u", &wall.width, &wall.height) != 2) {
		fprintf(stderr,
			"usage: pixelflut-steady ADDRESS PORT WxH SECONDS RATE\n");
		return 2;
	}
	const int fd = connect_to(argv[1], argv[2]);
	const double seconds = strtod(argv[4], NULL), rate = strtod(argv[5], NULL);
	const double begin = now_s();

	for (double now = 0; now < seconds; now = now_s() - begin) {
		const double due = now * rate - (double)sent;

		if (due < PIECE) {
			usleep(1000);
			continue;
		}
		send_pixels(fd, &wall, PIECE);
		sent += PIECE;
	}
	send_all(fd, "PX 0 0\n", 7);
	if (recv(fd, answer, sizeof(answer), 0) <= 0)
		err(1, "the server closed the connection");
	printf("%zu %.6f\n", sent, now_s() - begin);
	close(fd);
	return 0;
}
