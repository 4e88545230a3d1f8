/* SPDX-License-Identifier: MIT */
/*
 * Sends subscribers what changed on the canvas, whoever painted it.
 *
 * The reader of the canvas is only watched while somebody subscribes; then its wake-up
 * starts a tick, at most fifteen a second.  A tick packs the changes once, for all peers
 * that keep up.  A peer whose socket is full gets only bits set in its subscription, and
 * catches up when it has room and its turn has come, with the pixels as they are then: a
 * thousand who subscribe at once keep nobody else on the loop waiting.  Nor do thousands
 * who read nothing: a tick that takes long goes on after a turn of the loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/fair-queue.h"
#include "p2/parser.h"
#include "p2/shadow.h"

/* The most sent to a peer at once, and so the most queued for one. */
#define PIECE_BYTES (32 * 1024)

/* Changes beyond that are not packed for everybody: each peer catches up by itself, which
 * takes fewer bytes then. */
#define PIECES_MAX 32

struct p2;
struct peer;

struct broadcast {
	struct mural_reader *reader;
	struct shadow shadow;
	uv_poll_t wakeup;
	uv_timer_t timer;
	struct fair_queue late; /* peers that missed something, and have room for it */
	uint64_t last_ms;       /* of the last tick */
	struct peer *next;      /* to be told of its changes; NULL: all were */
	uint8_t *packed;        /* PIECES_MAX of PIECE_BYTES */
	size_t lengths[PIECES_MAX];
	size_t n_pieces;
	bool complete; /* they hold all changes */
	uint8_t scratch[PIECE_BYTES];
};

/* 0 or -ENOMEM; to be closed in either case. */
int broadcast_open(struct p2 *p2);

/* Closes the wake-up, the timer and the queue, and calls on_closed for each of these
 * three handles. */
void broadcast_close(struct p2 *p2, uv_close_cb on_closed);

/* Frees the rest, once the handles are closed. */
void broadcast_finish(struct p2 *p2);

/* Replaces the peer's subscription by that of a Sub. */
void broadcast_subscribe(struct peer *peer, const struct p2_event *sub);

void broadcast_unsubscribe(struct peer *peer);

/* Has a peer with an empty send buffer sent what it missed, when its turn comes. */
void broadcast_catch_up(struct peer *peer);
