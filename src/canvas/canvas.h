/* SPDX-License-Identifier: MIT */
/*
 * The canvas: owns the pixels, takes damage from brushes and passes it to readers.  Uses
 * base/ and <mural/...>; must never know who paints, who reads, or why.
 *
 * Guarantees:
 *
 * - A pixel is written whole.  Of two writers to one pixel, one wins.
 * - Blending is read, mix, write: two simultaneous blends may lose one.
 * - A reader that takes a tile sees at least the pixels written before it was published.
 * - It may see later pixels; that tile then comes again.
 * - A frame is not an instant.  Do not build anything that needs one.
 * - A new reader starts with every tile pending.
 *
 * Damage travels in three steps.  A brush marks bytes of its own, one a tile.
 * canvas_publish() ORs them into `published`, or into `apart` of the reader that ignores
 * the brush: the only bitmaps that threads share.  A reader that takes moves both into
 * every reader's `pending`, but none from its own `apart`, and then empties its own:
 * there is neither a clock nor a dispatcher.  The lock guards the readers and their
 * bitmaps; only readers hold it, for about a microsecond.  A brush never takes a lock.
 *
 * A reader that sleeps has a wakeup: a descriptor that the next publish writes to.  The
 * reader arms it and then looks for damage; the publisher adds damage and then looks for
 * armed wakeups: with sequentially consistent operations at least one of them sees the
 * other, so no damage is missed.  Wakeups are freed with the canvas, so that a publisher
 * may walk their list without a lock; their descriptors may be closed before.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <mural/brush.h>
#include <mural/reader.h>

struct rules;
struct canvas_thread;
struct owners;

struct wakeup {
	struct wakeup *next; /* never changes once the wakeup is in the list */
	int fd;              /* eventfd; -1: closed, and not in use */
	uint32_t armed;      /* every thread, sequentially consistent */
	bool in_use;         /* lock */
};

struct painter;

struct mural_reader {
	struct canvas *canvas;
	struct mural_reader *next; /* lock */
	struct wakeup *wakeup;
	uint64_t *pending; /* lock; tiles this reader has not taken yet */
	uint64_t *apart;   /* what it ignores, published for the others; NULL: nothing */
	struct painter *ignored;    /* the brush that paints it */
	bool shows;                 /* the picture to people, so highlights apply */
	bool is_brief;              /* closes its descriptor when it is freed */
	void (*on_free)(void *arg); /* NULL: nobody */
	void *on_free_arg;
};

struct canvas {
	struct mural_view view; /* fixed after canvas_init() */
	uint32_t background;    /* so is this */
	uint32_t stride;        /* pixels; rows begin on a cache line */
	uint32_t step;          /* words of 32 bits a pixel: 1, or with owners 2 */
	uint32_t *pixels;       /* every thread, relaxed */
	uint64_t *published;    /* publishers OR, readers exchange */
	uint32_t armed;         /* some wakeup may be armed; sequentially consistent */
	struct wakeup *wakeups; /* only grows; head written with release */
	uint32_t notifying;     /* threads that write to wakeups; as `armed` */
	pthread_mutex_t lock;
	struct mural_reader *readers; /* lock */

	/* Main thread: release, who paints: acquire; never NULL. */
	const struct rules *rules;
	struct rules *open;            /* which close nothing; those of the beginning */
	struct canvas_thread *threads; /* that paint; the main thread's */
	uint32_t when;                 /* canvas_when(); every thread, relaxed */
	uint32_t wants_painters;       /* likewise */
	uint32_t frozen;               /* canvas_is_frozen(); likewise */
	uint32_t hurries;    /* canvas_hurry()s; written with the lock; likewise */
	pthread_cond_t calm; /* signalled when it does no more */

	/* With owners (owners.h), fixed then; NULL: none. */
	struct owners *owners;
	uint64_t *highlighted; /* a bit an id; every thread, relaxed */
	uint32_t highlighting; /* likewise */

	/* Called by a thread that has seen new rules, on it; NULL: nobody.  Set while
	 * nobody paints. */
	void (*on_seen)(void *arg);
	void *on_seen_arg;
};

/* Makes a canvas of one colour (0xffrrggbb).  -ENOMEM, or -EINVAL for a side of 0 or
 * above MURAL_SIDE_MAX. */
int canvas_init(
	struct canvas *canvas, uint32_t width, uint32_t height, uint32_t background);

/* Has each pixel remember who painted it and when; right after canvas_init().  0 or
 * -ENOMEM. */
int canvas_keep_owners(struct canvas *canvas);

/* All brushes and readers must be gone.  Accepts a zeroed canvas. */
void canvas_finish(struct canvas *canvas);

/* Makes a brush for a rectangle, cut to the canvas; -ERANGE: it lies outside.  No rules
 * hold for it until canvas_brush_join(). */
int canvas_brush_init(struct canvas *canvas, struct mural_brush *brush, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height);
void canvas_brush_finish(struct mural_brush *brush);

/* Passes a brush's damage to the readers and wakes those that sleep.  The brush's
 * thread. */
void canvas_publish(struct canvas *canvas, struct mural_brush *brush);

/* Whether brushes have to know for whom they paint: somebody is banned, or pixels have
 * owners.  Any thread. */
bool canvas_wants_painters(const struct canvas *canvas);

/* Says that an operator waits for something to be shown, which work in the background
 * then gives way to; and then that this is over.  Any thread. */
void canvas_hurry(struct canvas *canvas, bool hurries);

/* For work in the background: returns once no operator waits.  Any thread but those that
 * paint or show. */
void canvas_give_way(struct canvas *canvas);

/* NULL: out of memory or descriptors.  Freed with mural_reader_free(). */
struct mural_reader *canvas_reader_new(struct canvas *canvas);

/* A reader of a client: its descriptor is closed with it, so nobody may poll that by
 * then. Those of others are kept for the next reader. */
void canvas_reader_set_brief(struct mural_reader *reader);

/* Has on_free(arg) called before the reader is freed, so that its descriptor is no longer
 * polled then. */
void canvas_reader_on_free(
	struct mural_reader *reader, void (*on_free)(void *arg), void *arg);
