/* SPDX-License-Identifier: MIT */
/*
 * websocket.c's other half: reads frames of a client, and passes on what is in them.
 *
 * On the loop's thread.
 */
#pragma once

#include "common/websocket.h"

/* Unread output, such as pongs, beyond which nothing is read from a client. */
#define WEBSOCKET_PENDING_MAX (64 * 1024)

/* Takes a turn: reads until there is nothing, or ws->budget is used up. */
void websocket_read(struct websocket *ws);

/* What wslay knows of a frame that has begun, with room for 4 KiB of input.  Only a
 * client in the middle of one has a decoder; between frames all share the server's, so
 * that thousands who are silent cost nothing.  NULL is accepted. */
void websocket_decoder_free(struct websocket_decoder *decoder);
