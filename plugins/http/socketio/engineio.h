/* SPDX-License-Identifier: MIT */
/*
 * The packets of Engine.IO 4, and of Socket.IO 5 inside them (doc/protocols.md, 3.4):
 * parses what clients send and formats what the server sends.  Text in, text out, no
 * state.
 *
 * An Engine.IO packet is a digit and its payload; the payload of digit 4 is a Socket.IO
 * packet: a digit, a namespace, an acknowledgement id and JSON, all but the digit
 * optional.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Between the packets of a polling body. */
#define ENGINEIO_SEPARATOR '\x1e'

/* Packets that are always the same. */
#define ENGINEIO_CLOSE "1"
#define ENGINEIO_PING "2"
#define ENGINEIO_NOOP "6"
#define ENGINEIO_PROBE "2probe"
#define ENGINEIO_PROBED "3probe"

/* The longest namespace, with its slash, and acknowledgement id, in digits. */
#define SOCKETIO_NAMESPACE_MAX 100
#define SOCKETIO_ACK_ID_MAX 10

/* The longest packet that the functions below write, with its NUL. */
#define ENGINEIO_PACKET_MAX 256

/* Of session and socket ids, without the NUL. */
#define ENGINEIO_ID_LEN 24

enum engineio_packet_kind {
	PACKET_BROKEN,  /* violates the protocol */
	PACKET_NOTHING, /* to be ignored */
	PACKET_CLOSE,
	PACKET_PONG,
	PACKET_UPGRADE,
	PACKET_CONNECT,    /* to `namespace` */
	PACKET_DISCONNECT, /* from `namespace` */
	PACKET_EVENT,      /* in `namespace`; wants an acknowledgement if it has an id */
};

/* A parsed packet; points into its text. */
struct engineio_packet {
	enum engineio_packet_kind kind;
	const char *namespace; /* "/" when none is named */
	size_t namespace_len;  /* 1..SOCKETIO_NAMESPACE_MAX, printing ASCII */
	const char *ack_id;
	size_t ack_id_len; /* 0..SOCKETIO_ACK_ID_MAX */
};

/* Parses one packet; its first ENGINEIO_PACKET_MAX bytes are enough, because the JSON of
 * clients is ignored. */
struct engineio_packet engineio_parse(const char *text, size_t len);

/* Walks a polling body: returns the length of the packet at *text and advances *text and
 * *len to the next one.  Only while *len > 0. */
size_t engineio_split(const char **text, size_t *len);

/* Each writes a packet with its NUL, and returns its length. */
size_t engineio_open(char text[ENGINEIO_PACKET_MAX], const char *id, bool may_upgrade);
size_t engineio_connected(char text[ENGINEIO_PACKET_MAX], const char *id);
size_t engineio_connect_error(
	char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *connect);
size_t engineio_ack(char text[ENGINEIO_PACKET_MAX], const struct engineio_packet *event);

/* An event with one argument, given as JSON text; as snprintf(). */
int engineio_event(char *text, size_t size, const char *event, const char *json);

/* ms */
#define ENGINEIO_PING_INTERVAL 25000
#define ENGINEIO_PING_TIMEOUT 20000

/* The longest body or message that the server announces to accept. */
#define ENGINEIO_PAYLOAD_MAX (64 * 1024)
