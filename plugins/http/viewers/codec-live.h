/* SPDX-License-Identifier: MIT */
/*
 * /live: the wall over a WebSocket, as the web page wants it: exact, short, and cheap to
 * draw.  The client says nothing; what it sends is ignored.
 *
 * Text messages are JSON objects with a `type`.  The first message of all is
 *
 *	{"type": "wall", "version": 1, "width": W, "height": H, "fps": F}
 *
 * and once a second comes, when the last one is on its way,
 *
 *	{"type": "figures", "width": W, "height": H, "viewers": N, "frame": F,
 *	 "pixels": P, "pixels_per_second": R,
 *	 "plugins": [{"name": "icmp", "module": "icmp", "open": true,
 *	              "pixels": P, "pixels_per_second": R, "connections": C}, ...]}
 *
 * with the plugins in the order of the config file, `pixels` since murald started, and
 * `pixels_per_second` over the last second, a whole number.  Members may be added.
 *
 * Binary messages are pieces of pictures; numbers are little-endian:
 *
 *	offset  bytes
 *	0       1       'K': key, the picture as it is; 'D': delta, what changed since the
 *	                frame before
 *	1       1       bit 0: the last piece of its frame; bit 1: the body is deflated
 *	                (zlib, RFC 1950); other bits: 0
 *	2       2       0
 *	4       4       number of the frame, the same in all its pieces
 *	8       4       index of the first pixel: y * W + x
 *	12      4       length of the body when it is inflated, at most LIVE_BODY_MAX
 *	16      ...     the body
 *
 * The first picture is a key.  After it come deltas, each with the number of the frame
 * before plus one (modulo 2^32), or, when this client was too slow for a while, a key
 * again.  The pieces of a frame come from the top to the bottom, with nothing else
 * binary between them, and each stands for itself; pixels that none of them names stay
 * as they are.
 *
 * A body is a sequence of operations on the pixels from the first one on, from left to
 * right and from row to row.  Each begins with a byte: its two upper bits are the
 * operation, its six lower ones `n`.  When n is 63, a number follows in LEB128 (seven
 * bits a byte, the lowest first, bit 7: another byte follows), and n is 63 more than
 * that.  The operation is for n + 1 pixels:
 *
 *	0  SKIP   they stay as they are; only in a delta
 *	1  FILL   all of them have the colour that follows: three bytes, red, green, blue
 *	2  COPY   each has a colour of its own: three bytes a pixel, each to be added,
 *	          modulo 256, to the same channel of the colour that the last FILL or COPY
 *	          of this body ended with; before the first that is black
 *	3  ABOVE  each has the colour that the pixel above it has now
 *
 * All of this is lossless: who applied every message so far sees a frame that is on the
 * canvas, and what /canvas.png shows as soon as nobody paints.
 */
#ifndef HTTP_VIEWERS_CODEC_LIVE_H
#define HTTP_VIEWERS_CODEC_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;
struct codec_live;
struct framediff;

#define LIVE_VERSION 1
#define LIVE_HEAD_BYTES 16

/* Of one body, inflated. */
#define LIVE_BODY_MAX (256 * 1024)

enum { LIVE_IS_KEY = 'K', LIVE_IS_DELTA = 'D' };
enum { LIVE_LAST = 1, LIVE_DEFLATED = 2 };
enum { LIVE_SKIP, LIVE_FILL, LIVE_COPY, LIVE_ABOVE };

/* The memory that encoding takes.  NULL: out of memory. */
struct codec_live *codec_live_new(void);
void codec_live_free(struct codec_live *live);

/* The binary messages for the frame that the sight shows: a key, or the delta to the last
 * one, which must not be empty.  NULL: out of memory, or the sight was cancelled. */
struct frame *codec_live_encode(
	struct codec_live *live, const struct framediff *diff, bool key);

#endif
