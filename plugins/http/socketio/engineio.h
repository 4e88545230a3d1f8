/* SPDX-License-Identifier: MIT */
/*
 * The wire of Engine.IO 4 and of Socket.IO 5 inside it (doc/protocols.md, 3.4): what a
 * client says taken apart, what it is told put together.  Text in, text out, nothing
 * kept.
 *
 * A packet of Engine.IO is a digit and what follows it; a digit 4 carries a packet of
 * Socket.IO, which is a digit, a namespace, a number and JSON, all but the digit
 * optional.
 */
#ifndef HTTP_SOCKETIO_ENGINEIO_H
#define HTTP_SOCKETIO_ENGINEIO_H

#include <stdbool.h>
#include <stddef.h>

/* Between the packets of one polling body. */
#define ENGINEIO_SEPARATOR '\x1e'

/* What the server says that is always the same. */
#define ENGINEIO_CLOSE "1"
#define ENGINEIO_PING "2"
#define ENGINEIO_NOOP "6"
#define ENGINEIO_PROBE "2probe"
#define ENGINEIO_PROBED "3probe"

/* A namespace is at most so long, with its slash; the number of an acknowledgement has at
 * most so many digits. */
#define SOCKETIO_NAMESPACE_MAX 100
#define SOCKETIO_ACK_ID_MAX 10

/* The longest packet that the functions below make, with its terminating zero. */
#define ENGINEIO_PACKET_MAX 256

/* Of session ids and the like, without the terminating zero. */
#define ENGINEIO_ID_LEN 24

enum engineio_packet_kind {
	PACKET_BROKEN,  /* no client that means well says it */
	PACKET_NOTHING, /* to be ignored */
	PACKET_CLOSE,
	PACKET_PONG,
	PACKET_UPGRADE,
	PACKET_CONNECT,    /* to `space` */
	PACKET_DISCONNECT, /* from `space` */
	PACKET_EVENT,      /* in `space`; wants an acknowledgement if there is a number */
};

/* What a client said; points into its text. */
struct engineio_packet {
	enum engineio_packet_kind kind;
	const char *namespace; /* "/" when none is named */
	size_t namespace_len;  /* 1..SOCKETIO_NAMESPACE_MAX, printing ASCII */
	const char *ack_id;
	size_t ack_id_len; /* 0..SOCKETIO_ACK_ID_MAX */
};

/* Takes one packet apart.  Of a long one the first ENGINEIO_PACKET_MAX bytes tell all
 * that counts: JSON is not looked at, as no client has to tell us anything. */
struct engineio_packet engineio_parse(const char *text, size_t len);

/* Walks a polling body: *text and *len are what is left of it, and the answer is the
 * length of the packet that begins at the old *text.  Only while *len > 0. */
size_t engineio_split(const char **text, size_t *len);

/* Each writes a packet and its terminating zero, and returns its length. */
size_t engineio_open(char text[ENGINEIO_PACKET_MAX], const char *id, bool may_upgrade);
size_t engineio_connected(char text[ENGINEIO_PACKET_MAX], const char *id);
size_t engineio_connect_error(
	char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *connect);
size_t engineio_ack(char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *event);

/* An event with one argument, whose JSON text it is given: as snprintf(). */
int engineio_event(char *text, size_t size, const char *event, const char *json);

/* ms */
#define ENGINEIO_PING_INTERVAL 25000
#define ENGINEIO_PING_TIMEOUT 20000

/* The longest body or message that clients are told we take. */
#define ENGINEIO_PAYLOAD_MAX (64 * 1024)

#endif
