/* SPDX-License-Identifier: MIT */
/*
 * What one viewer of /live?bands has been shown, band by band, and which message it is
 * best sent next: it says how much of what it was sent it has seen, so that nothing waits
 * on the way, and which rows it shows.
 *
 * Bands that it follows are sent their deltas.  When these are more than its line takes,
 * it is sent the bands that changed coarsely, and as they are once they are calm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;
struct frame;

enum sharpness { SIGHT_NOTHING, SIGHT_COARSE, SIGHT_SHARP };

struct band {
	uint32_t shown; /* the frame that it has of the band */
	enum sharpness state;

	/* by the last survey */
	bool lost;              /* the deltas from `shown` on are not kept */
	size_t pending, lately; /* bytes of deltas: those it lacks, the latest ones */
};

/* Starts as zeros. */
struct sight {
	struct band *bands; /* NULL: a viewer without */
	uint32_t n, width;
	uint32_t first, end; /* the bands that it shows */
	uint32_t turn;       /* the band that is next, so that none waits for others */
	bool wants_coarse, wants_key; /* these products */
	bool settled;                 /* it was told that it has all */
	uint32_t surveyed;            /* the latest frame at the last survey */
	uint64_t surveyed_ms;         /* when that was; 0: it is to be made anew */

	uint64_t sent, seen; /* bytes */
	uint64_t rate;       /* bytes a second that it sees; 0: unknown */
	uint64_t probe_ms;   /* when `probe` was sent, of which `probe_bytes` */
	uint64_t probe, probe_bytes;
};

/* For a canvas of that size.  0 or -ENOMEM. */
int sight_open(struct sight *sight, uint32_t width, uint32_t height);
void sight_close(struct sight *sight);

/* Takes a text of the viewer's; what it does not understand it ignores. */
void sight_take(struct sight *sight, const char *text, size_t len, uint64_t now_ms);

/* The message of a frame to be sent now, to be told to sight_sent().  False: none, and
 * another product may be wanted. */
bool sight_next(struct sight *sight, const struct capture *capture, uint64_t now_ms,
	struct frame **frame, size_t *message);

void sight_sent(struct sight *sight, size_t bytes, uint64_t now_ms);

/* Whether the next message of the frame is of the same band. */
bool sight_continues(
	const struct sight *sight, const struct frame *frame, size_t message);

/* Whether all that it shows is as it is. */
bool sight_is_current(const struct sight *sight, const struct capture *capture);
