/* SPDX-License-Identifier: MIT */
/*
 * The server's side of WebSocket connections (RFC 6455): from a request that
 * libmicrohttpd read to frames on the socket that it then hands over.
 *
 * Messages are not assembled: their data is passed on piece by piece, so that a long one
 * costs no memory.  Pings are answered, closes are answered and reported, and violations
 * of the protocol close the connection with the right code.
 *
 * All of it on the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <microhttpd.h>

#include "common/fair-queue.h"
#include "common/sendbuf.h"
#include "common/websocket-protocol.h"

struct websocket;

struct websocket_handler {
	/* A piece of a message; `end`: the last one, which may be empty.  Text is not
	 * checked for UTF-8, and what is compressed not inflated. */
	void (*on_data)(struct websocket *ws, int opcode, const uint8_t *data, size_t len,
		bool end);
	/* The kernel has taken all that was sent. */
	void (*on_drained)(struct websocket *ws);
	/* The connection is closed, and nothing of it is left on the loop; free it now.
	 * `broken`: the client violated the protocol. */
	void (*on_closed)(struct websocket *ws, bool broken);
};

struct websocket_decoder;

struct websocket {
	const struct websocket_handler *handler;
	struct mhd_uv *server;
	struct MHD_UpgradeResponseHandle *upgrade;
	int fd;
	uint64_t last_received_ms; /* uv_now() when the last byte came */
	uint64_t frame_max;
	uint64_t source; /* mural_source() of the client; its owner's to set */
	bool deflate;    /* messages may be compressed; its owner's to set */
	bool deflated;   /* the present message is */

	/* the rest is websocket.c's */
	uv_poll_t poll;
	uv_timer_t linger;
	unsigned handles;
	struct fair_member reader;
	struct websocket_decoder *decoder; /* NULL: between frames */
	size_t undecoded;                  /* bytes that it was given ahead */
	struct sendbuf out;
	uint8_t *extra; /* input that came with the request; NULL: it was read */
	size_t extra_len, extra_done;
	size_t budget;          /* bytes it may still read in this turn */
	uint64_t remaining;     /* of the present frame; 0: a new one begins */
	uint8_t opcode;         /* of that frame */
	uint8_t message_opcode; /* of the present message; 0: none */
	uint8_t control[WEBSOCKET_CONTROL_MAX];
	uint8_t control_len;
	uint8_t pong[WEBSOCKET_CONTROL_MAX]; /* to the last ping; `pinged`: */
	uint8_t pong_len;                    /* that is still to be answered */
	bool pinged;
	bool fin, closing, closed, broken;
};

/* A header's value, "" if the request has none. */
const char *websocket_header(struct MHD_Connection *connection, const char *name);

/* For a valid request of a WebSocket a response to be queued with status 101, after which
 * `handler` is called with the socket.  NULL: it is none, or memory is short. */
struct MHD_Response *websocket_upgrade(
	struct MHD_Connection *connection, MHD_UpgradeHandler handler, void *arg);

/* mhd-uv.c's: reads from the client whose turn it is. */
void websocket_serve(struct fair_member *reader);

/* Starts serving, in the upgrade handler: the socket, input read already, and the longest
 * frame accepted.  0; or -errno, and the connection was closed.  `ws` starts as zeros
 * but for what its owner sets. */
int websocket_open(struct websocket *ws, struct mhd_uv *server,
	const struct websocket_handler *handler,
	struct MHD_UpgradeResponseHandle *upgrade, int fd, const void *extra,
	size_t extra_len, uint64_t frame_max);

/* Sends a message as one frame.  Nothing is sent after websocket_close(). */
void websocket_send(struct websocket *ws, int opcode, const void *data, size_t len);

/* Sends a fragment of a message, its first if `begin`, its last if `end`, so that a long
 * one is not buffered as a whole.  No other message may be sent between them. */
void websocket_send_fragment(struct websocket *ws, int opcode, const void *data,
	size_t len, bool begin, bool end);

/* Sends whole frames that the caller made in this way, in two parts. */
void websocket_send_frames(struct websocket *ws, const void *head, size_t head_len,
	const void *body, size_t body_len);

/* Bytes that the client has not taken yet. */
static inline size_t
websocket_pending(const struct websocket *ws)
{
	return sendbuf_pending(&ws->out);
}

/* Sends the code, and closes the connection when the client has answered, or soon anyway.
 * on_closed comes later. */
void websocket_close(struct websocket *ws, uint16_t code);

/* Closes the connection now.  on_closed comes later. */
void websocket_drop(struct websocket *ws);
