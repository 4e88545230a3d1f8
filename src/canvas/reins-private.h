/* SPDX-License-Identifier: MIT */
/* The reins as their files share them: reins.c does acts in turn and has those that
 * change rules, reins-hand.c those that paint, reins-owners.c knows who painted. */
#pragma once

#include "canvas/hand.h"
#include "canvas/owners.h"
#include "canvas/reins.h"
#include "canvas/rules.h"

struct keeper;

struct act {
	struct act *next;
	struct reins *reins;
	struct mural_rect rect; /* within the canvas */

	/* One of the two: changes the next rules, or runs on the thread pool. */
	int (*change)(struct act *act, struct rules *rules);
	int (*work)(struct act *act);
	bool is_chore; /* the wall's own: nobody waits for it */

	enum rules_kind kind;
	bool close;
	uint8_t *mask; /* of the rectangle; NULL: all of it */
	struct cidr_list networks;
	uint32_t argb;
	const struct reins_picture *picture;
	reins_past *past;
	uint64_t number; /* of the act to take back */
	struct reins_sources *sources;
	struct hand_undo undo;
	struct mural_rect *changed;

	reins_cb *cb;
	void *arg;
	struct reins_done done;
};

struct reins {
	struct canvas *canvas;
	uv_loop_t *loop;
	uv_async_t wake;           /* something may go on; any thread */
	uv_timer_t shown;          /* runs while new rules are */
	uint64_t next_hurry_ms;    /* of the loop; not before that because of rules */
	unsigned n_handles;        /* of libuv's, not closed yet */
	struct act *first, **last; /* in their order; the first may be under way */
	enum { REINS_IDLE, REINS_WAITING, REINS_WORKING } state;
	struct rules *old; /* to be freed once all have seen the present ones */
	uint64_t published_ns;
	bool frozen; /* a part, for all who paint */
	struct timespec frozen_since;
	uv_work_t job;
	struct hand hand;

	/* of a canvas with owners */
	struct keeper *keeper; /* NULL: it would be too large */
	uv_timer_t tick;
	bool has_tick;
	uv_work_t pass;
	bool passing;               /* the keeper is */
	bool making_room;           /* for sources */
	uint64_t room_ms, clamp_ms; /* when that was last begun */
};

/* ---- reins.c */

/* NULL: out of memory. */
struct act *act_new(struct reins *reins, reins_cb *cb, void *arg);

/* Of a rectangle, cut to the canvas; NULL and *ret: there is none. */
struct act *act_new_at(struct reins *reins, const struct mural_rect *rect, reins_cb *cb,
	void *arg, int *ret);

/* Queues it; 0. */
int act_begin(struct act *act);

/* ---- reins-owners.c */

/* 0 or -errno; nothing on a canvas without owners. */
int reins_owners_start(struct reins *reins);

/* When no act is under way; waits for the keeper. */
void reins_owners_stop(struct reins *reins);
