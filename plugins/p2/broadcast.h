/* SPDX-License-Identifier: MIT */
/*
 * Updates: tells subscribers what changed on the canvas, whoever painted it.
 *
 * A reader of the canvas is only watched while somebody subscribes; then its bell starts
 * a tick, at most fifteen a second.  A tick packs what changed once, and everybody who
 * keeps up gets that.  A peer whose socket is not drained gets nothing but bits in its
 * subscription, and is told what is there when it has room.
 */
#ifndef P2_BROADCAST_H
#define P2_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "p2/parser.h"
#include "p2/shadow.h"

/* What goes to a peer at once, and so the most that waits in memory for one. */
#define PIECE_BYTES (32 * 1024)

/* More than so many pieces are not packed for everybody: then each peer catches up by
 * itself, which is shorter for such a lot. */
#define PIECES_MAX 32

struct p2;
struct peer;

struct broadcast {
	struct mural_reader *reader;
	struct shadow shadow;
	uv_poll_t wakeup;
	uv_timer_t timer;
	uint64_t last_ms; /* when the last tick was */
	uint8_t *packed;  /* PIECES_MAX of PIECE_BYTES */
	size_t lengths[PIECES_MAX];
	size_t n_pieces;
	bool complete; /* all that changed is in them */
	uint8_t scratch[PIECE_BYTES];
};

/* 0 or -ENOMEM; after that, too, broadcast_close() must be called. */
int broadcast_open(struct p2 *p2);

/* Stops the bell and the timer, and calls on_closed for each of these two handles. */
void broadcast_close(struct p2 *p2, uv_close_cb on_closed);

/* Frees the rest, when the handles are closed. */
void broadcast_finish(struct p2 *p2);

/* A peer's Sub: replaces the one it had. */
void broadcast_subscribe(struct peer *peer, const struct p2_event *sub);

/* The peer watches nothing any more. */
void broadcast_unsubscribe(struct peer *peer);

/* Tells a peer with an empty send buffer what it missed, until the socket is full. */
void broadcast_catch_up(struct peer *peer);

#endif
