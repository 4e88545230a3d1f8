/* SPDX-License-Identifier: MIT */
/*
 * tcpsink: a TCP server on a loopback port, which it prints, that discards what it reads:
 * what murald would cost if it did nothing.  Runs until it is killed.
 *
 *   tcpsink [PERCENT]
 *
 * It answers with so many bytes for each hundred that it has read.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* As much as murald reads of a busy client, and of one that it answers. */
#define PIECE_BYTES (1024 * 1024)
#define ANSWERED_BYTES (128 * 1024)

static char piece[PIECE_BYTES];
static size_t percent;

static int
listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 ||
		listen(listener, 64) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &len) < 0)
		return -1;
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return listener;
}

/* Waits for a client that does not take its answers. */
static void
serve(int fd)
{
	ssize_t n = read(fd, piece, percent > 0 ? ANSWERED_BYTES : PIECE_BYTES);

	if (n > 0 && percent > 0)
		n = send(fd, piece, (size_t)n * percent / 100, MSG_NOSIGNAL);
	if (n <= 0)
		close(fd);
}

int
main(int argc, char *argv[])
{
	int listener = listen_somewhere(), epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };

	percent = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	if (listener < 0 || epoll < 0) {
		perror("tcpsink");
		return 1;
	}
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	while (epoll_wait(epoll, &event, 1, -1) > 0) {
		if (event.data.fd == listener) {
			event.data.fd = accept(listener, NULL, NULL);
			event.events = EPOLLIN;
			epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
		} else {
			serve(event.data.fd);
		}
	}
	return 0;
}
