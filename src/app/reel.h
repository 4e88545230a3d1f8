/* SPDX-License-Identifier: MIT */
/*
 * A reel: small pictures of what a recording holds, for the film that invites people.
 *
 * It has REEL_PICTURES of them, evenly spread over the time that was recorded.  Each is
 * averaged with the one before, since what a flood left behind would flicker otherwise.
 * Moments of a canvas of another size than the last one's are left out.
 *
 * Any thread, but one at a time.  It blocks on the disk, and holds one canvas.
 */
#pragma once

#include <stdint.h>

struct reel;

/* Of its pictures; they are never larger than the canvas. */
enum { REEL_WIDTH_MAX = 336, REEL_HEIGHT_MAX = 189, REEL_PICTURES = 200 };

struct reel_picture {
	uint32_t width, height;
	uint32_t *pixels; /* 0xffRRGGBB row after row; the reel's, until the next call */
};

/* Begins with what was recorded from that time on, since 1970.  0; -ENOENT: there is no
 * recording; -ENODATA: nothing was recorded since; another -errno. */
int reel_open(struct reel **reel, const char *file, int64_t from_ms);

/* NULL is accepted. */
void reel_close(struct reel *reel);

/* When its first picture was recorded. */
int64_t reel_begin_ms(const struct reel *reel);

/* Number `index`; later ones than those shown before.  0 or -errno. */
int reel_show(struct reel *reel, uint32_t index, struct reel_picture *picture);
