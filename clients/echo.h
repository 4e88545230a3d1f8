/* SPDX-License-Identifier: MIT */
/* Echo requests, many at a time, over a raw socket or, where the kernel lets anybody
 * ping, over a ping socket.  Whoever fails has said why. */
#ifndef ECHO_H
#define ECHO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ECHO_DATA_MAX 9
#define ECHO_BATCH 64

struct echo_packet {
	uint8_t header[8];
	uint8_t data[ECHO_DATA_MAX];
};

struct echo {
	int fd;
	const char *name; /* of the target, for messages */
	int family;
	bool raw;
	unsigned interface; /* for link-local addresses, set after echo_open(); 0: none */
	uint16_t sequence;
	unsigned waiting;
	struct mmsghdr messages[ECHO_BATCH];
	struct iovec parts[ECHO_BATCH];
	struct sockaddr_in6 addresses[ECHO_BATCH];
	struct echo_packet packets[ECHO_BATCH];
};

/* A socket for requests of this family, raw where that is allowed: it also hears answers
 * that come with a foreign identifier. */
int echo_open(struct echo *echo, int family, const char *name);

/* From now on one peer only, and echo_send() without an address. */
int echo_connect(struct echo *echo, const struct sockaddr *peer, socklen_t len);

/* A request with `len` bytes of data, now or with others later; `to`: NULL when
 * connected. */
int echo_send(struct echo *echo, const uint8_t to[16], const uint8_t *data, size_t len);
int echo_flush(struct echo *echo);

/* Waits for an echo reply; the length of its data, of which at most `len` bytes are
 * copied; -ETIMEDOUT, silent.  Before echo_allow_replies() replies are dropped by the
 * kernel. */
int echo_allow_replies(struct echo *echo);
int echo_receive(struct echo *echo, uint8_t *data, size_t len, int timeout_ms);

void echo_close(struct echo *echo);

#endif
