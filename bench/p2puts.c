/* SPDX-License-Identifier: MIT */
/*
 * p2puts: Puts of p², for `make bench`.
 *
 *   p2puts flood PORT SECONDS
 *     Sends random Puts over one connection as fast as they are accepted; prints
 *     "PUTS SECONDS" once the server has read them all.
 *   p2puts sink
 *     A server that discards what it reads; prints its port.
 *   p2puts decode
 *     The parser and the brush on a buffer in memory, beside one memcpy() of that buffer;
 *     prints "NS_A_PUT NS_A_COPY".
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "canvas/canvas.h"
#include "measure.h"
#include "p2/block.h"
#include "p2/parser.h"
#include "p2/puts.h"
#include "p2/wire.h"

#define WIDTH 640
#define HEIGHT 360
#define PUTS 65536
#define REPEATS 20

static uint8_t puts_[PUTS * P2_PUT_BYTES];

static const uint8_t hello[] = { 0xff, 0xa0, 0, 'b', 0, 0, 0, 0 };
static const uint8_t bye[] = { 0xff, 0 };

static void
make_puts(void)
{
	srandom(1);
	for (int i = 0; i < PUTS; i++) {
		uint8_t *p = puts_ + i * P2_PUT_BYTES;

		p[0] = 0xff;
		p[1] = 0xd0;
		p2_coordinate_encode(random() % WIDTH - WIDTH / 2, p + 2);
		p2_coordinate_encode(random() % HEIGHT - HEIGHT / 2, p + 4);
		p2_colour_encode(random() % P2_COLOURS, p + 6);
	}
}

static void
send_all(int fd, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t sent = send(fd, (const uint8_t *)bytes + done, len - done, 0);

		if (sent < 0)
			err(1, "send");
		done += sent;
	}
}

static int
flood(int port, double seconds)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned long n = 0;
	double begin, end;
	char answer[16];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "connect");
	send_all(fd, hello, sizeof(hello));
	begin = now_s();
	end = begin + seconds;
	for (; now_s() < end; n += PUTS)
		send_all(fd, puts_, sizeof(puts_));
	send_all(fd, bye, sizeof(bye));
	shutdown(fd, SHUT_WR);
	while (recv(fd, answer, sizeof(answer), 0) > 0)
		;
	printf("%lu %.6f\n", n, now_s() - begin);
	return 0;
}

static void __attribute__((noreturn)) sink(void)
{
	static uint8_t buf[64 * 1024]; /* as the plugin reads */
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 ||
		listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &len) < 0)
		err(1, "listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (recv(fd, buf, sizeof(buf), 0) > 0)
			;
		close(fd);
	}
}

/* The best of some rounds, in ns for each Put. */
static double
time_decode(struct mural_brush *brush)
{
	double best = 1e9;

	for (int round = 0; round < REPEATS; round++) {
		struct p2_puts puts;
		struct p2_parser parser = { 0 };
		struct p2_event event;
		struct p2_block block;
		double begin, took;

		p2_parser_next(&parser, hello, sizeof(hello), &event);
		p2_puts_begin(&puts, brush, WIDTH / 2, HEIGHT / 2);
		begin = now_s();
		for (size_t used = 0; used < sizeof(puts_); used += P2_BLOCK_BYTES) {
			if (!p2_parser_block(
				    &parser, puts_ + used, sizeof(puts_) - used, &block))
				errx(1, "no block of Puts");
			p2_puts_add(&puts, &block, P2_BLOCK);
		}
		p2_puts_finish(&puts);
		took = (now_s() - begin) / PUTS * 1e9;
		best = took < best ? took : best;
	}
	return best;
}

static double
time_copy(void)
{
	static uint8_t copy[sizeof(puts_)];
	double best = 1e9;

	for (int round = 0; round < REPEATS; round++) {
		double begin = now_s(), took;

		memcpy(copy, puts_, sizeof(copy));
		/* so that the compiler cannot do without the copy */
		__asm__ volatile("" : : "r"(copy) : "memory");
		took = (now_s() - begin) / PUTS * 1e9;
		best = took < best ? took : best;
	}
	return best;
}

static int
decode_all(void)
{
	struct mural_brush brush;
	struct canvas canvas;

	if (canvas_init(&canvas, WIDTH, HEIGHT, 0xff000000) < 0 ||
		canvas_brush_init(&canvas, &brush, 0, 0, WIDTH, HEIGHT) < 0)
		err(1, "canvas");
	printf("%.3f %.3f\n", time_decode(&brush), time_copy());
	if (brush.painted != (uint64_t)REPEATS * PUTS) {
		fprintf(stderr, "p2puts: painted %lu\n", (unsigned long)brush.painted);
		return 1;
	}
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
	return 0;
}

int
main(int argc, char *argv[])
{
	make_puts();
	if (argc == 4 && strcmp(argv[1], "flood") == 0)
		return flood(atoi(argv[2]), atof(argv[3]));
	if (argc == 2 && strcmp(argv[1], "sink") == 0)
		sink();
	if (argc == 2 && strcmp(argv[1], "decode") == 0)
		return decode_all();
	fprintf(stderr, "usage: p2puts flood PORT SECONDS | sink | decode\n");
	return 2;
}
