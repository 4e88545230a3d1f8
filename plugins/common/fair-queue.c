/* SPDX-License-Identifier: MIT */
/* Serves sources in turn, for a bounded time between two polls of the loop. */
#include "common/fair-queue.h"

#include <search.h>
#include <stdlib.h>

/* Everything else on the loop waits for it. */
#define TURN_NS UINT64_C(4000000)

static int
compare_keys(const void *a, const void *b)
{
	const struct fair_source *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

/* The one that waits, or a new one, at the end of the rotation. */
static struct fair_source *
source_get(struct fair_queue *queue, uint64_t key)
{
	const struct fair_source wanted = { .key = key };
	struct fair_source **found = tfind(&wanted, &queue->tree, compare_keys);
	struct fair_source *source;

	if (found)
		return *found;
	source = calloc(1, sizeof(*source));
	if (source) {
		source->key = key;
		TAILQ_INIT(&source->members);
		if (!tsearch(source, &queue->tree, compare_keys)) {
			free(source);
			source = NULL;
		}
	}
	if (!source)
		source = &queue->spare;
	if (TAILQ_EMPTY(&source->members))
		TAILQ_INSERT_TAIL(&queue->rotation, source, in_rotation);
	return source;
}

static void
source_forget(struct fair_queue *queue, struct fair_source *source)
{
	TAILQ_REMOVE(&queue->rotation, source, in_rotation);
	if (source == &queue->spare)
		return;
	tdelete(source, &queue->tree, compare_keys);
	free(source);
}

void
fair_queue_remove(struct fair_queue *queue, struct fair_member *member)
{
	struct fair_source *source = member->source;

	if (!source)
		return;
	member->source = NULL;
	TAILQ_REMOVE(&source->members, member, in_source);
	if (TAILQ_EMPTY(&source->members))
		source_forget(queue, source);
}

/* The next one, which waits no longer; its source is the last of the rotation. */
static struct fair_member *
take_next(struct fair_queue *queue)
{
	struct fair_source *source = TAILQ_FIRST(&queue->rotation);
	struct fair_member *member;

	if (!source)
		return NULL;
	TAILQ_REMOVE(&queue->rotation, source, in_rotation);
	TAILQ_INSERT_TAIL(&queue->rotation, source, in_rotation);
	member = TAILQ_FIRST(&source->members);
	fair_queue_remove(queue, member);
	return member;
}

static void
on_idle(uv_idle_t *idle)
{
	struct fair_queue *queue = idle->data;
	uint64_t begin = uv_hrtime();
	struct fair_member *member;

	while ((member = take_next(queue))) {
		queue->serve(member);
		if (uv_hrtime() - begin > TURN_NS)
			return;
	}
	uv_idle_stop(idle);
}

void
fair_queue_init(struct fair_queue *queue, uv_loop_t *loop,
	void (*serve)(struct fair_member *member))
{
	*queue = (struct fair_queue){ .serve = serve };
	TAILQ_INIT(&queue->rotation);
	TAILQ_INIT(&queue->spare.members);
	uv_idle_init(loop, &queue->idle);
	queue->idle.data = queue;
}

void
fair_queue_close(struct fair_queue *queue, void *data, uv_close_cb on_closed)
{
	struct fair_member *member;

	while ((member = take_next(queue)))
		;
	queue->idle.data = data;
	uv_close((uv_handle_t *)&queue->idle, on_closed);
}

void
fair_queue_add(struct fair_queue *queue, struct fair_member *member, uint64_t key)
{
	if (member->source || uv_is_closing((uv_handle_t *)&queue->idle))
		return;
	member->source = source_get(queue, key);
	TAILQ_INSERT_TAIL(&member->source->members, member, in_source);
	uv_idle_start(&queue->idle, on_idle);
}
