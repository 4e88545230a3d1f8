/* SPDX-License-Identifier: MIT */
/*
 * muralctl film: plays what was recorded of a wall, and writes it as a video.
 *
 * film.c is the verb, film-live.c and film-record.c are where the moments come from,
 * film-frame.c draws a frame of the video, film-out.c writes it.  Errors are printed.
 */
#pragma once

#include <stdint.h>

#include "image.h"
#include "options.h"

enum { FILM_WIDTH = 1920, FILM_HEIGHT = 1080, FILM_RATE = 60 };

/* ---- where moments come from */

struct reel {
	int64_t *times_ms;  /* never decreasing */
	size_t n;           /* moments; 0: nothing was recorded */
	struct image shown; /* of the last moment that was asked for */

	/* Makes `shown` that of a moment, which is not before the last one.  0 or
	 * -errno. */
	int (*show)(struct reel *reel, size_t moment);
	void (*close)(struct reel *reel);
	void *state;
};

/* From a wall's /history, or its recording.  0 or -errno; then there is nothing to close.
 */
int reel_open_live(struct reel *reel, const struct options *options);
int reel_open_record(struct reel *reel, const char *file);

/* Appends the time of a moment.  0 or -ENOMEM, printed. */
int reel_add_time(struct reel *reel, int64_t time_ms);

/* film-live.c's: opens the answer of /history, of which it makes a copy.  0 or -errno. */
int reel_open_bytes(struct reel *reel, const uint8_t *bytes, size_t len);

/* ---- frames */

struct film_frame {
	uint8_t *yuv; /* Y, U and V of a frame, 4:2:0, BT.709 */
	size_t len;
	uint32_t *rgb;
};

int film_frame_new(struct film_frame *frame);
void film_frame_free(struct film_frame *frame);

/* Draws a picture as large as it fits, larger by whole numbers only, and the time. */
void film_frame_draw(
	struct film_frame *frame, const struct image *picture, int64_t time_ms);

/* ---- the video */

struct film_out {
	const char *path;
	int fd;
	int pid; /* ffmpeg's, or 0 */
};

/* By the end of its name: .y4m, .mp4 and .webm, the latter by ffmpeg; "-" is stdout. */
int film_out_open(struct film_out *out, const char *path);
int film_out_write(struct film_out *out, const struct film_frame *frame);

/* `ret` is why it ends; then a file is removed.  Returns that, or what failed. */
int film_out_close(struct film_out *out, int ret);
