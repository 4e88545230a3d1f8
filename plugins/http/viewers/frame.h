/* SPDX-License-Identifier: MIT */
/*
 * A frame: messages that belong together, made once and sent to everybody.
 *
 * Whoever sends a frame holds it, so that it goes when the last one is done with it.
 * One thread at a time has it: it is made by the encoder and then is the loop's.
 */
#ifndef HTTP_VIEWERS_FRAME_H
#define HTTP_VIEWERS_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct message {
	uint8_t *bytes;
	size_t len;
};

struct frame {
	unsigned holders;
	uint32_t number; /* of what it shows, struct framediff's */
	size_t n, bytes; /* messages, and the bytes of all of them */
	struct message *messages;
	size_t *sum; /* of all frames that are counted there; NULL: nobody counts */
};

/* Held once, without messages.  NULL: out of memory. */
struct frame *frame_new(uint32_t number);

/* Puts a message behind the others; its bytes, from malloc(), are the frame's from then
 * on, also when this fails.  0 or -ENOMEM. */
int frame_add(struct frame *frame, uint8_t *bytes, size_t len);

/* Its bytes are part of *sum from now on until it goes. */
void frame_count(struct frame *frame, size_t *sum);

struct frame *frame_hold(struct frame *frame);

/* NULL is accepted. */
void frame_release(struct frame *frame);

#endif
