/* SPDX-License-Identifier: MIT */
/*
 * audience PORT PATH VIEWERS SECONDS [plain]: WebSockets that watch murald on loopback
 * and only count, and offer to inflate, unless `plain`.  Prints "ready" when all have
 * received a picture, waits for a line, and after SECONDS prints the bytes received in
 * all, the frames of the viewer with the fewest, and the frames of all.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define PIECE_BYTES (256 * 1024)

enum { OP_CONTINUE, OP_TEXT, OP_BINARY };

struct watcher {
	int fd;
	bool is_live;
	uint8_t head[10]; /* of the WebSocket frame at hand */
	size_t head_len;
	uint64_t left; /* of it */
	uint8_t opcode;
	uint8_t begin[2]; /* of the message's payload */
	uint64_t message; /* bytes of it so far */
	uint64_t bytes, frames;
};

static void
connect_watcher(struct watcher *watcher, int port, const char *path, bool plain)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char text[1024] = "";
	int len = snprintf(text, sizeof(text),
		"GET %s HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n",
		path, plain ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n");
	size_t got = 0;

	watcher->fd = socket(AF_INET, SOCK_STREAM, 0);
	watcher->is_live = strcmp(path, "/live") == 0;
	if (connect(watcher->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		write(watcher->fd, text, len) != len)
		err(1, "connect");
	do
		if (got + 1 >= sizeof(text) || read(watcher->fd, text + got, 1) != 1)
			err(1, "handshake");
	while (text[got++] != '\n' || got < 4 ||
		memcmp(text + got - 4, "\r\n\r\n", 4) != 0);
	if (strncmp(text, "HTTP/1.1 101", 12) != 0)
		err(1, "no upgrade");
}

/* A picture is whole; in /live when the piece says so. */
static void
end_message(struct watcher *watcher)
{
	if (watcher->opcode == OP_BINARY && (!watcher->is_live || watcher->begin[1] & 1))
		watcher->frames++;
	watcher->message = 0;
}

static void
begin_frame(struct watcher *watcher)
{
	const uint8_t *head = watcher->head;
	size_t need = 2;

	if (watcher->head_len >= 2)
		need = head[1] < 126 ? 2 : head[1] == 126 ? 4 : 10;
	if (watcher->head_len < need)
		return;
	watcher->left = need == 2 ? head[1] : 0;
	for (size_t i = 2; i < need; i++)
		watcher->left = watcher->left << 8 | head[i];
	if ((head[0] & 15) != OP_CONTINUE)
		watcher->opcode = head[0] & 15;
	watcher->head_len = 16; /* it is over */
	if (watcher->left == 0)
		watcher->head_len = 0;
}

static void
count_bytes(struct watcher *watcher, const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len;

	watcher->bytes += len;
	while (data < end) {
		if (watcher->head_len < 16) {
			watcher->head[watcher->head_len++] = *data++;
			begin_frame(watcher);
			continue;
		}
		size_t n = (size_t)(end - data) < watcher->left ? (size_t)(end - data)
								: watcher->left;

		for (size_t i = 0; i < n && watcher->message + i < 2; i++)
			watcher->begin[watcher->message + i] = data[i];
		watcher->message += n;
		watcher->left -= n;
		data += n;
		if (watcher->left > 0)
			return;
		watcher->head_len = 0;
		if (watcher->head[0] & 0x80)
			end_message(watcher);
	}
}

/* Until the time is over, or everybody was shown something. */
static void
watch_until(int epoll, struct watcher *all, int n, double until)
{
	static uint8_t piece[PIECE_BYTES];
	struct epoll_event events[64];
	int missing = n;

	for (int i = 0; i < n; i++)
		missing -= all[i].frames > 0;
	while (until > 0 ? now_s() < until : missing > 0) {
		int ready = epoll_wait(epoll, events, 64, 20);

		for (int i = 0; i < ready; i++) {
			struct watcher *watcher = events[i].data.ptr;
			bool waits = watcher->frames == 0;
			ssize_t got =
				recv(watcher->fd, piece, sizeof(piece), MSG_DONTWAIT);

			if (got == 0 || (got < 0 && errno != EAGAIN))
				err(1, "a viewer was dropped");
			if (got > 0)
				count_bytes(watcher, piece, got);
			missing -= waits && watcher->frames > 0;
		}
	}
}

int
main(int argc, char *argv[])
{
	bool plain = argc == 6 && strcmp(argv[5], "plain") == 0;
	int n = argc == 5 || plain ? atoi(argv[3]) : 0, epoll = epoll_create1(0);
	struct watcher *all = calloc(n + 1, sizeof(*all));
	uint64_t bytes = 0, frames = 0, least = UINT64_MAX;

	if (n < 1 || !all || epoll < 0) {
		fprintf(stderr, "usage: audience PORT PATH VIEWERS SECONDS [plain]\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };

		connect_watcher(&all[i], atoi(argv[1]), argv[2], plain);
		epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
	}
	watch_until(epoll, all, n, 0);
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	for (int i = 0; i < n; i++)
		all[i].bytes = all[i].frames = 0;
	watch_until(epoll, all, n, now_s() + atof(argv[4]));
	for (int i = 0; i < n; i++) {
		bytes += all[i].bytes;
		frames += all[i].frames;
		if (all[i].frames < least)
			least = all[i].frames;
	}
	printf("%llu %llu %llu\n", (unsigned long long)bytes, (unsigned long long)least,
		(unsigned long long)frames);
	free(all);
	return 0;
}
