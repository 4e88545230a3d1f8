/* SPDX-License-Identifier: MIT */
/*
 * A fair queue: members that have work to be done are served a few milliseconds at a time
 * between two polls of the loop.  Sources take turns, and each of them has its members
 * take turns, so that a thousand from one of them delay one from another by no more than
 * one.
 *
 * On the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

struct fair_source;

/* Embed it.  Zeros: in no queue. */
struct fair_member {
	struct fair_source *source; /* NULL: it is not waiting */
	TAILQ_ENTRY(fair_member) in_source;
};

TAILQ_HEAD(fair_members, fair_member);
TAILQ_HEAD(fair_sources, fair_source);

struct fair_source {
	uint64_t key;
	struct fair_members members;
	TAILQ_ENTRY(fair_source) in_rotation;
};

struct fair_queue {
	uv_idle_t idle;
	/* Does a piece of the member's work, which waits no longer; it may be added
	 * again, for the rest. */
	void (*serve)(struct fair_member *member);
	void *tree; /* of sources that wait, for tsearch() */
	struct fair_sources rotation;
	struct fair_source spare; /* of members whose own cannot be allocated */
};

/* One handle of the loop's, to be closed with fair_queue_close(). */
void fair_queue_init(struct fair_queue *queue, uv_loop_t *loop,
	void (*serve)(struct fair_member *member));

/* When nobody is waiting any more; `on_closed` gets the handle with `data`. */
void fair_queue_close(struct fair_queue *queue, void *data, uv_close_cb on_closed);

/* Has the member served soon.  `key` is its source's.  Does nothing while it waits. */
void fair_queue_add(struct fair_queue *queue, struct fair_member *member, uint64_t key);

/* Does nothing for one that is not waiting. */
void fair_queue_remove(struct fair_queue *queue, struct fair_member *member);
