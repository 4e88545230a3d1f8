/* SPDX-License-Identifier: MIT */
/*
 * The reins: what the operator may do to a canvas while others paint it.  Closes parts of
 * it or all of it, keeps networks from painting, and paints over them all: clears,
 * restores, undoes, takes back.  Knows rules.h and owners.h; must never know who asks, by
 * which socket, nor what is written where.
 *
 * An act is begun by a function below and is over when `done` is called, on the main
 * loop, never from within the function itself.  Acts are done one after the other, in the
 * order in which they were begun, so that two operators at once do no harm.  Those that
 * paint run on libuv's thread pool; nobody who paints waits for them.
 *
 * An act that closes something is over when every thread that paints has begun another
 * callback since (rules.h): nothing that it refuses lands afterwards.
 *
 * The main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <uv.h>

#include "base/ip-key.h"
#include "canvas/canvas.h"

struct reins;

/* What became of an act; valid during the call. */
struct reins_done {
	int error;        /* 0, or -errno: nothing was changed, unless -ECANCELED */
	uint64_t pixels;  /* that were changed, or with count_only would be */
	uint64_t unknown; /* of these, those of which nobody knew what was under them */
	uint64_t wait_ns; /* from the publication of rules until they held for all */
	const struct mural_rect *changed; /* the parts of the canvas where these are */
	size_t n_changed;                 /* 0: not known, for want of memory */
	uint64_t number; /* of the act, for reins_take_back(); 0: not to be taken back */
	struct timespec at; /* when it held or was done, CLOCK_REALTIME */
};

typedef void reins_cb(void *arg, const struct reins_done *done);

/* NULL: out of memory or descriptors.  The canvas and the loop outlive it. */
struct reins *reins_new(struct canvas *canvas, uv_loop_t *loop);

/* Ends the acts that are still to be done with -ECANCELED, and turns the loop for that.
 * Nobody may paint any more.  NULL is accepted. */
void reins_free(struct reins *reins);

/* ------------------------------------------------------------------ rules
 *
 * Rectangles are cut to the canvas; NULL is all of it.  -ERANGE: it lies outside.  These
 * return 0, and then call `done`, or -errno at once. */

/* Nobody but the operator paints there; what is refused is counted as `frozen`. */
int reins_freeze(
	struct reins *reins, const struct mural_rect *rect, reins_cb *done, void *arg);
int reins_thaw(
	struct reins *reins, const struct mural_rect *rect, reins_cb *done, void *arg);

/* The same for as long as the wall stands, counted as `protected`, also where it is
 * frozen too.  `mask`: a byte for each pixel of the rectangle as given, row by row, not 0
 * where it is meant; copied; NULL: all of it. */
int reins_protect(struct reins *reins, const struct mural_rect *rect, const uint8_t *mask,
	reins_cb *done, void *arg);
int reins_unprotect(
	struct reins *reins, const struct mural_rect *rect, reins_cb *done, void *arg);

/* The networks that may not paint, all of them, in place of those before; a sorted list
 * (cidr_list_sort()), copied.  Their connections stay, what they paint is counted as
 * `banned`. */
int reins_ban(
	struct reins *reins, const struct cidr_list *networks, reins_cb *done, void *arg);

enum reins_closed { REINS_FROZEN, REINS_PROTECTED };

/* What is frozen or protected now, as rectangles that do not overlap, the first `most` of
 * them.  The caller frees *rects.  Returns how many, or -ENOMEM. */
ssize_t reins_rects(struct reins *reins, enum reins_closed kind, size_t most,
	struct mural_rect **rects);

/* Whether a pixel of the canvas is. */
bool reins_is_closed(
	const struct reins *reins, enum reins_closed kind, uint32_t x, uint32_t y);

/* Since when anything is frozen and holds; false: nothing is. */
bool reins_frozen_since(const struct reins *reins, struct timespec *since);

/* Whether all of the canvas is frozen, for "paused".  Any thread. */
bool canvas_is_frozen(const struct canvas *canvas);

/* ------------------------------------------------------------------ the hand
 *
 * What it paints is the operator's: no rule refuses it.  It is published once, at the
 * end, so that an act is one frame; an undo is two where the recording has to be asked.
 * The last of these acts is remembered until the next (16 bytes for each pixel of its
 * rectangle, or of that of an act before, up to 64 MiB) and can be taken back.
 */

/* Paints the rectangle in one opaque colour. */
int reins_clear(struct reins *reins, const struct mural_rect *rect, uint32_t argb,
	reins_cb *done, void *arg);

/* A picture of the rectangle, which is cut to the canvas.  These run on the thread pool;
 * NULL: there is nothing to open, or to close. */
struct reins_picture {
	/* 0 or -errno, which becomes the act's: then the others are not called. */
	int (*open)(void *arg, const struct mural_rect *rect);
	/* Of each row, from the top down: 0xaarrggbb, alpha not multiplied in, there
	 * until the next one is asked for. */
	const uint32_t *(*row)(void *arg, uint32_t y);
	void (*close)(void *arg);
};

/* Paints a picture, such as a moment of the recording; arg is for it too, and it is
 * borrowed until then. */
int reins_restore(struct reins *reins, const struct mural_rect *rect,
	const struct reins_picture *picture, reins_cb *done, void *arg);

/* A set of sources, by the ids that they have now (owners.h). */
struct reins_sources {
	uint64_t ids[65536 / 64];
};

/* Fills a picture of the canvas at a time, CLOCK_REALTIME, 0xffrrggbb row by row without
 * gaps, on the thread pool.  0 or -errno: then that is the background. */
typedef int reins_past(
	void *arg, uint64_t at_s, const struct mural_rect *rect, uint32_t *pixels);

struct reins_undo {
	struct reins_sources sources;
	const struct mural_rect *rect; /* NULL: all */
	uint64_t
		since_s; /* CLOCK_REALTIME; 0: whenever.  Exact to 2 s, within 17 hours */
	bool count_only; /* only says what it would do */
	reins_past *behind; /* where nothing is known to lie under; NULL: background */
};

/* What these sources painted and still shows goes back to what was under it.  Never
 * touches a pixel that somebody else painted meanwhile.  -ENOTSUP: the canvas has no
 * owners. */
int reins_undo(
	struct reins *reins, const struct reins_undo *undo, reins_cb *done, void *arg);

/* Takes back the last act of the hand, which is `number`: where nobody painted since, the
 * canvas is as it was before.  Can itself be taken back.  The act ends with -ESTALE if
 * another one was the last, with -ENOENT if there was none. */
int reins_take_back(struct reins *reins, uint64_t number, reins_cb *done, void *arg);

/* ------------------------------------------------------------------ who
 *
 * -ENOTSUP: the canvas has no owners. */

/* Names a source as people write it: an address, an IPv6 prefix "2001:db8::/64",
 * "p2:anna" for a painter with a name, "icmp:crowd" for those of an instance that have no
 * id. */
#define REINS_SOURCE_MAX 128

struct reins_who {
	char source[REINS_SOURCE_MAX]; /* "": nobody; "operator": the hand */
	char instance[64];             /* that it was first heard through; "": none */
	bool forgeable;                /* nothing but packets say that it is the one */
	bool before;                   /* longer ago than `when` can say */
	uint64_t when_s;               /* CLOCK_REALTIME, exact to 2 s */
	uint32_t argb;
};

/* 0; -ERANGE outside. */
int reins_who(struct reins *reins, uint32_t x, uint32_t y, struct reins_who *who);

/* Adds the sources that `text` means: one as above, or a network, whose sources are all
 * added.  How many; -EINVAL: it is neither. */
ssize_t reins_sources_add(
	struct reins *reins, const char *text, struct reins_sources *sources);

/* Dims what is not theirs, on screens and for viewers, until it is called with NULL. */
int reins_highlight(struct reins *reins, const struct reins_sources *sources);
