/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * The protocol of /live: the wall over a WebSocket, for the web page: exact, short, and
 * cheap to draw.  What the client sends is ignored.
 *
 * Text messages are JSON objects with a `type`.  The first message is
 *
 *	{"type": "wall", "version": 1, "width": W, "height": H, "fps": F,
 *	 "time": S}
 *
 * and once a second, or, if the client is still reading a frame, when it has,
 *
 *	{"type": "figures", "width": W, "height": H, "viewers": N, "frame": F, "time": S,
 *	 "pixels": P, "pixels_per_second": R,
 *	 "plugins": [{"name": "icmp", "module": "icmp", "open": true,
 *	              "pixels": P, "pixels_per_second": R, "connections": C}, ...],
 *	 "notice": {"text": T, "until": S, "frozen": false}}
 *
 * with murald's clock when it was made, in seconds since 1970, the plugins in the order
 * of the config file, `pixels` since murald started, and `pixels_per_second` over the
 * last second, a whole number.  The notice is the operator's,
 * "" if there is none; until when it is shown, in seconds since 1970, 0 if nobody knows;
 * and whether the canvas is frozen, so that nobody may paint.  Members may be added.
 *
 * Binary messages are pieces of pictures; numbers are little-endian:
 *
 *	offset  bytes
 *	0       1       'K': key, the whole picture; 'D': delta, what changed since the
 *	                frame before
 *	1       1       bit 0: the last piece of its frame; bit 1: the body is deflated
 *	                (zlib, RFC 1950); other bits: 0
 *	2       2       0
 *	4       4       number of the frame, the same in all its pieces
 *	8       4       index of the first pixel: y * W + x
 *	12      4       length of the body when it is inflated, at most LIVE_BODY_MAX
 *	16      ...     the body
 *
 * The first frame is a key.  After it come deltas, each with the number of the frame
 * before plus one (modulo 2^32), or, if the client was too slow for a while, a key again.
 * The pieces of a frame come from top to bottom, with no other binary message between
 * them, and each can be decoded by itself; pixels that none of them covers are unchanged.
 *
 * No piece has rows of two bands, which are LIVE_BAND rows each from the top, and in the
 * first row of a band nothing is ABOVE.
 *
 * A client that asks for /live?bands is sent pieces of one band each, of any frame: K, the
 * band as it is; D, what changed in it since its last K or D; and
 *
 *	'C': coarse, the band in blocks of 2^s times 2^s pixels, the last ones of a row and
 *	     column narrower; s is the byte at 2.  Its body is a sequence of operations on
 *	     the blocks, and each pixel gets its block's colour.
 *
 * Of the flags, bit 0 tells it something in a piece without a body only: all the rows that
 * it shows are as they are on the wall.  It sends texts:
 *
 *	{"seen": N, "rows": [TOP, END]}
 *
 * with the bytes of all binary messages that it has drawn, and when they change the rows
 * that it shows, from TOP to END - 1; of others it is sent a coarse picture at most.  A few
 * are sent before it has seen those before, and then no more until it says so.
 *
 * A body is a sequence of operations on the pixels from the first one on, left to right
 * and row by row.  Each begins with a byte: its upper two bits are the operation, its
 * lower six `n`.  If n is 63, a number follows in LEB128 (seven bits a byte, the lowest
 * first, bit 7: another byte follows), which is added to n.  The operation is for n + 1
 * pixels:
 *
 *	0  SKIP   unchanged; only in a delta
 *	1  FILL   all of one colour, which follows: three bytes, red, green, blue
 *	2  COPY   each of its own colour, three bytes a pixel, which are added, modulo 256,
 *	          to the channels of the colour before it: the last one of a FILL or COPY
 *	          in this body, at first black
 *	3  ABOVE  each as the pixel above it is now
 *
 * All of this is lossless: a client that applied every message shows a state of the
 * canvas, and what /canvas.png shows as soon as nobody paints.
 */
/* clang-format on */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct frame;
struct codec_live;
struct framediff;

#define LIVE_VERSION 1
#define LIVE_HEAD_BYTES 16

/* The longest body, inflated. */
#define LIVE_BODY_MAX (256 * 1024)

/* The rows of a band: no body has rows of two. */
#define LIVE_BAND 32

enum { LIVE_IS_KEY = 'K', LIVE_IS_DELTA = 'D', LIVE_IS_COARSE = 'C' };
enum { LIVE_LAST = 1, LIVE_DEFLATED = 2 };
enum { LIVE_SKIP, LIVE_FILL, LIVE_COPY, LIVE_ABOVE };

/* NULL: out of memory. */
struct codec_live *codec_live_new(void);
void codec_live_free(struct codec_live *live);

/* The binary messages for the shadow frame: a key, or the delta, of at least one pixel,
 * to the frame before.  NULL: out of memory, or cancelled. */
struct frame *codec_live_encode(
	struct codec_live *live, const struct framediff *diff, bool key);

/* The same for a coarse picture, a message a band. */
struct frame *codec_live_encode_coarse(
	struct codec_live *live, const struct framediff *diff);

/* The index of the first pixel that a message is about. */
uint32_t live_first_pixel(const uint8_t *message);

/* Writes the message that says a viewer of bands that it has all; LIVE_HEAD_BYTES. */
void live_put_settled(uint8_t *message, uint32_t number);
