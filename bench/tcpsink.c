/* SPDX-License-Identifier: MIT */
/*
 * tcpsink: a TCP server on a loopback port, which it prints, that discards what it reads:
 * what murald would cost if it did nothing.  Runs until it is killed.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES (256 * 1024)

int
main(void)
{
	static char piece[PIECE_BYTES];
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };

	if (listener < 0 || epoll < 0 ||
		bind(listener, (struct sockaddr *)&address, len) < 0 ||
		listen(listener, 64) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &len) < 0) {
		perror("tcpsink");
		return 1;
	}
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	while (epoll_wait(epoll, &event, 1, -1) > 0) {
		if (event.data.fd == listener) {
			event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
			event.events = EPOLLIN;
			epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
		} else if (read(event.data.fd, piece, sizeof(piece)) == 0) {
			close(event.data.fd);
		}
	}
	return 0;
}
