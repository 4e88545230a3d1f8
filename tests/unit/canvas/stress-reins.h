/* SPDX-License-Identifier: MIT */
/* What painters, reader, operator and judge of stress-reins share: the canvas, and stamps
 * of one counter that say what came wholly before what. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"
#include "canvas/reins-private.h"

#define WIDTH 256
#define HEIGHT 128
#define PIXELS (WIDTH * HEIGHT)
#define PAINTERS 4
#define ACTS_MAX 12
#define BATCH_MAX 64
#define BACKGROUND 0xff000000

/* The number of a stroke that may have landed. */
#define UNKNOWN 0

/* What is broken; 0: nothing. */
enum { NO_WAIT = 1, PLAIN_STORE, EARLY_DAMAGE, HALVES, CONTROLS };
extern int broken;

struct stroke {
	uint64_t first;      /* when the earliest began */
	uint64_t begin, end; /* of the last that landed */
	uint16_t number;
};

struct painter_thread {
	pthread_t id;
	struct canvas_thread thread;
	struct mural_brush brush;
	uint64_t seed, sent;
	uint16_t owner;
	int number;
	struct stroke strokes[PIXELS];
};

enum verb { CLEAR, UNDO, TAKE_BACK, FREEZE, PROTECT, BAN, VERBS };

struct deed {
	enum verb verb;
	struct mural_rect rect;
	uint16_t owner; /* whom it undoes */
	uint64_t begin, end;
};

extern struct canvas canvas;
extern struct reins *reins;
extern uv_loop_t loop;
extern struct painter_thread painters[PAINTERS];
extern struct deed deeds[ACTS_MAX];
extern int n_deeds;
extern uint32_t hot; /* the rows and columns that painters prefer, so that they meet */
extern uint64_t stamp;
extern uint32_t painting, reading;
extern uint32_t copy[PIXELS];

/* What was judged, and what of it was wrong. */
struct found {
	uint64_t judged, torn, lost, not_undone, landed, banned, miscounted, stale, stood,
		stood_wrong;
};
extern struct found found;

static inline uint64_t
tick(void)
{
	return __atomic_add_fetch(&stamp, 1, __ATOMIC_SEQ_CST);
}

static inline uint32_t
random_below(uint64_t *seed, uint32_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*seed >> 33) % n);
}

/* ---- stress-reins-painters.c */

/* A thread's function; its argument is a struct painter_thread. */
void *paint(void *arg);

/* Another's, which copies what changed; its argument is a reader. */
void *read_on(void *arg);
void read_once(struct mural_reader *reader);

/* Forgets the passes of the round before. */
void forget_passes(void);

/* Whether a whole pass of the keeper lay between two stamps. */
bool was_seen(uint64_t after, uint64_t before);

/* ---- stress-reins-judge.c */

/* Adds to `found` what is wrong with the canvas after a round. */
void judge_all(void);
