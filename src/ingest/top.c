/* SPDX-License-Identifier: MIT */
/* Adds up once a second what each thread has counted by source. */
#include "ingest/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits/loudest.h"

#define SECOND_MS 1000

struct top {
	struct ingest *ingest;
	uv_timer_t timer;
	struct top_watch *watches;
	struct loudest **loudest; /* one for each worker */
};

/* ------------------------------------------------------------------ the threads */

struct loudest_call {
	struct worker *worker;
	struct loudest *loudest;
};

static int
set_loudest(void *arg)
{
	const struct loudest_call *call = arg;

	call->worker->loudest = call->loudest;
	call->worker->n_watches++;
	return 0;
}

/* Unless others watch meanwhile, who have theirs. */
static int
clear_loudest(void *arg)
{
	const struct loudest_call *call = arg;

	if (call->worker->loudest == call->loudest)
		call->worker->loudest = NULL;
	return 0;
}

static void
top_free(struct top *top)
{
	for (size_t i = 0; i < top->ingest->n_workers; i++) {
		struct loudest_call call = { &top->ingest->workers[i], top->loudest[i] };

		worker_call(call.worker, clear_loudest, &call);
		loudest_free(top->loudest[i]);
	}
	free(top->loudest);
	free(top);
}

static struct top *
top_new(struct ingest *ingest)
{
	struct top *top = calloc(1, sizeof(*top));

	if (!top)
		return NULL;
	top->ingest = ingest;
	top->loudest = calloc(ingest->n_workers, sizeof(struct loudest *));
	if (!top->loudest) {
		free(top);
		return NULL;
	}
	for (size_t i = 0; i < ingest->n_workers; i++) {
		struct loudest_call call = { &ingest->workers[i], loudest_new() };

		top->loudest[i] = call.loudest;
		if (!call.loudest) {
			top_free(top);
			return NULL;
		}
		worker_call(call.worker, set_loudest, &call);
	}
	return top;
}

/* ------------------------------------------------------------------ adding up */

static int
by_key(const void *left, const void *right)
{
	const struct loudest_entry *a = left, *b = right;

	return (a->key > b->key) - (a->key < b->key);
}

static int
by_pixels(const void *left, const void *right)
{
	const struct top_entry *a = left, *b = right;

	if (a->pixels != b->pixels)
		return a->pixels < b->pixels ? 1 : -1;
	return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

/* The same source of several threads becomes one; how many are left. */
static size_t
merge(struct loudest_entry *entries, size_t n)
{
	size_t left = 0;

	qsort(entries, n, sizeof(*entries), by_key);
	for (size_t i = 0; i < n; i++) {
		if (left == 0 || entries[left - 1].key != entries[i].key) {
			entries[left++] = entries[i];
			continue;
		}
		entries[left - 1].pixels += entries[i].pixels;
		entries[left - 1].over += entries[i].over;
		entries[left - 1].bytes += entries[i].bytes;
	}
	return left;
}

static void
describe(struct ingest *ingest, const struct loudest_entry *from, struct top_entry *to)
{
	const struct loudest_who *who = &from->who;

	*to = (struct top_entry){
		.instance = who->instance,
		.pixels = from->pixels - from->over,
		.bytes = from->bytes,
		.at_least = from->over > 0,
	};
	if (*who->name)
		snprintf(to->source, sizeof(to->source), "%s:%s", who->instance,
			who->name);
	else if (who->has_address)
		ip_key_text(&who->address, ingest->ratelimit.prefix, to->source,
			sizeof(to->source));
	else
		snprintf(to->source, sizeof(to->source), "local");
	if (who->has_address)
		to->connections =
			connlimit_count(&ingest->ratelimit.clients, &who->address);
}

static void
tell(struct top *top, struct loudest_entry *counted, struct top_entry *told)
{
	size_t n = 0;

	for (size_t i = 0; i < top->ingest->n_workers; i++)
		n += loudest_take(top->loudest[i], counted + n);
	n = merge(counted, n);
	for (size_t i = 0; i < n; i++)
		describe(top->ingest, &counted[i], &told[i]);
	qsort(told, n, sizeof(*told), by_pixels);
	for (struct top_watch *i = top->watches, *next; i; i = next) {
		next = i->next;
		i->top(i, told, n);
	}
}

static void
on_second(uv_timer_t *timer)
{
	struct top *top = timer->data;
	const size_t most = top->ingest->n_workers * LOUDEST_MAX;
	struct loudest_entry *counted = malloc(most * sizeof(*counted));
	struct top_entry *told = malloc(most * sizeof(*told));

	if (counted && told)
		tell(top, counted, told);
	free(counted);
	free(told);
}

/* ------------------------------------------------------------------ watching */

int
top_watch(struct ingest *ingest, struct top_watch *watch)
{
	struct top *top = ingest->top;

	if (!top) {
		top = ingest->top = top_new(ingest);
		if (!top)
			return -ENOMEM;
		uv_timer_init(ingest->loop, &top->timer);
		uv_unref((uv_handle_t *)&top->timer);
		top->timer.data = top;
		uv_timer_start(&top->timer, on_second, SECOND_MS, SECOND_MS);
	}
	watch->next = top->watches;
	top->watches = watch;
	return 0;
}

static void
on_timer_closed(uv_handle_t *handle)
{
	top_free(handle->data);
}

void
top_unwatch(struct ingest *ingest, struct top_watch *watch)
{
	struct top *top = ingest->top;
	struct top_watch **link = top ? &top->watches : NULL;

	while (link && *link && *link != watch)
		link = &(*link)->next;
	if (!link || !*link)
		return;
	*link = watch->next;
	if (top->watches)
		return;
	ingest->top = NULL;
	uv_close((uv_handle_t *)&top->timer, on_timer_closed);
}
