/* SPDX-License-Identifier: MIT */
/* Sends echo requests in batches, over a raw socket or, where the kernel lets anybody
 * ping, a ping socket.  Errors are printed. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ECHO_DATA_MAX 9
#define ECHO_BATCH 64

struct connection;

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

/* A socket for requests of this family, raw where that is allowed: it also receives
 * replies with another identifier. */
int echo_open(struct echo *echo, int family, const char *name);

/* To one peer; echo_send() then takes no address. */
int echo_connect(struct echo *echo, const struct sockaddr *peer, socklen_t len);

/* Sends a request with `len` bytes of data, perhaps later with others; `to`: NULL when
 * connected. */
int echo_send(struct echo *echo, const uint8_t to[16], const uint8_t *data, size_t len);
int echo_flush(struct echo *echo);

/* Waits for an echo reply and returns the length of its data, of which at most `len`
 * bytes are copied; -ETIMEDOUT, not printed.  Until echo_allow_replies() the kernel drops
 * replies. */
int echo_allow_replies(struct echo *echo);
int echo_receive(struct echo *echo, uint8_t *data, size_t len, int timeout_ms);

/* A driver's flush() and close(), whose state is the echo. */
int echo_driver_flush(struct connection *connection);
void echo_driver_close(struct connection *connection);
