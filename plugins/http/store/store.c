/* SPDX-License-Identifier: MIT */
/* Queues changes on the main loop, and runs the thread that writes them in batches. */
#include "http/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "http/store/store-private.h"
#include "lib/thread.h"

/* The longest time that a change waits. */
#define BATCH_NS (1000 * UINT64_C(1000000))

/* Between two attempts to write a batch. */
#define RETRY_NS (1000 * UINT64_C(1000000))

/* At most this many pixels (32 MiB) are kept for a file that cannot be written. */
#define PIXELS_MAX (1u << 20)

/* -------------------------------------------------------------------- batches */

static void
batch_clear(struct batch *batch)
{
	struct store_change *change = batch->changes, *next;

	for (; change; change = next) {
		next = change->next;
		free(change);
	}
	while (batch->forgotten) {
		struct store_forgotten *some = batch->forgotten;

		batch->forgotten = some->next;
		free(some);
	}
	batch->changes = NULL;
	batch->changes_end = &batch->changes;
	batch->n_pixels = 0;
	batch->lost = 0;
	batch->since_ns = 0;
}

/* Under the lock: a change was added to the batch that fills. */
static void
batch_touch(struct store *store)
{
	struct batch *batch = store->filling;

	if (batch->since_ns > 0)
		return;
	batch->since_ns = uv_hrtime();
	store->marked = batch->mark;
	uv_cond_signal(&store->changed);
}

void
store_add_pixel(struct store *store, const struct store_pixel *pixel)
{
	uv_mutex_lock(&store->lock);
	struct batch *batch = store->filling;

	if (batch->n_pixels == batch->size && batch->size < PIXELS_MAX) {
		size_t size = batch->size ? 2 * batch->size : 1024;
		void *pixels = realloc(batch->pixels, size * sizeof(*batch->pixels));

		if (pixels) {
			batch->pixels = pixels;
			batch->size = size;
		}
	}
	if (batch->n_pixels < batch->size)
		batch->pixels[batch->n_pixels++] = *pixel;
	else
		batch->lost++;
	batch_touch(store);
	uv_mutex_unlock(&store->lock);
}

static void
add_change(struct store *store, struct store_change *change)
{
	if (!change) {
		mural_log(store->web->host, MURAL_ERROR,
			"%s: a change is lost: out of memory", store->path);
		return;
	}
	uv_mutex_lock(&store->lock);
	*store->filling->changes_end = change;
	store->filling->changes_end = &change->next;
	batch_touch(store);
	uv_mutex_unlock(&store->lock);
}

/* Appends a copy of the text at *bytes. */
static const char *
copy_string(char **bytes, const char *text)
{
	char *copy = *bytes;

	if (!text)
		return NULL;
	*bytes = stpcpy(copy, text) + 1;
	return copy;
}

void
store_put_generator(struct store *store, const struct store_generator *generator)
{
	size_t id_len = generator->id ? strlen(generator->id) : 0;
	struct store_change *change =
		calloc(1, sizeof(*change) + id_len + strlen(generator->name) +
				  strlen(generator->author) + 3);
	char *bytes = change ? change->bytes : NULL;

	if (change) {
		change->kind = CHANGE_GENERATOR;
		change->generator = *generator;
		change->generator.id = copy_string(&bytes, generator->id);
		change->generator.name = copy_string(&bytes, generator->name);
		change->generator.author = copy_string(&bytes, generator->author);
		memcpy(change->secret, generator->secret, STORE_SECRET_LEN);
		change->generator.secret = change->secret;
	}
	add_change(store, change);
}

static void
add_value(
	struct store *store, enum store_change_kind kind, const char *name, int64_t value)
{
	struct store_change *change = calloc(1, sizeof(*change) + strlen(name) + 1);
	char *bytes = change ? change->bytes : NULL;

	if (change) {
		change->kind = kind;
		change->name = copy_string(&bytes, name);
		change->value = value;
	}
	add_change(store, change);
}

void
store_set_number(struct store *store, const char *name, int64_t value)
{
	add_value(store, CHANGE_NUMBER, name, value);
}

void
store_put_removed(struct store *store, const char *id, bool is_told)
{
	add_value(store, CHANGE_REMOVED, id, is_told);
}

void
store_forget_removed(struct store *store, const char *id)
{
	add_value(store, CHANGE_FORGOTTEN, id, 0);
}

void
store_count_pixel(struct store *store, const struct store_pixel *pixel)
{
	struct store_change *change = calloc(1, sizeof(*change));

	if (change) {
		change->kind = CHANGE_COUNTED;
		change->generator.number = pixel->generator;
		change->value = pixel->unnecessary;
	}
	add_change(store, change);
}

void
store_forget_cells(struct store *store, const uint32_t *places, size_t n)
{
	struct store_forgotten *some =
		n > 0 ? malloc(sizeof(*some) + n * sizeof(*places)) : NULL;

	if (!some) {
		if (n > 0)
			mural_log(store->web->host, MURAL_ERROR,
				"%s: %zu cells are not forgotten: out of memory",
				store->path, n);
		return;
	}
	some->n = n;
	memcpy(some->places, places, n * sizeof(*places));
	uv_mutex_lock(&store->lock);
	some->after = store->filling->n_pixels;
	some->next = store->filling->forgotten;
	store->filling->forgotten = some;
	batch_touch(store);
	uv_mutex_unlock(&store->lock);
}

/* -------------------------------------------------------------------- waiting */

uint64_t
store_mark(const struct store *store)
{
	uint64_t mark;

	uv_mutex_lock((uv_mutex_t *)&store->lock);
	mark = store->marked;
	uv_mutex_unlock((uv_mutex_t *)&store->lock);
	return mark;
}

bool
store_is_written(const struct store *store, uint64_t mark)
{
	bool has;

	uv_mutex_lock((uv_mutex_t *)&store->lock);
	has = store->written >= mark;
	uv_mutex_unlock((uv_mutex_t *)&store->lock);
	return has;
}

void
store_wait(struct store *store, struct store_wait *wait)
{
	list_push(&store->waits, wait);
	uv_mutex_lock(&store->lock);
	if (store->written >= wait->mark)
		uv_async_send(&store->wakeup);
	store->urgent = true;
	uv_cond_signal(&store->changed);
	uv_mutex_unlock(&store->lock);
}

void
store_cancel(struct store_wait *wait)
{
	list_remove(wait);
}

static void
call_waits(struct store *store)
{
	struct store_wait *wait, *next;
	uint64_t written, failed;

	uv_mutex_lock(&store->lock);
	written = store->written;
	failed = store->failed;
	uv_mutex_unlock(&store->lock);
	for (wait = store->waits; wait; wait = next) {
		next = wait->next;
		if (wait->mark > written && wait->mark > failed)
			continue;
		store_cancel(wait);
		wait->done(wait, wait->mark <= written ? 0 : -EIO);
	}
}

static void
on_wakeup(uv_async_t *wakeup)
{
	call_waits(wakeup->data);
}

/* ------------------------------------------------------------------ the writer */

/* Under the lock: sleeps until there is a batch to write; false: until it is to quit. */
static bool
wait_for_batch(struct store *store)
{
	for (;;) {
		uint64_t now = uv_hrtime(), since = store->filling->since_ns;

		if (since == 0 && store->quit)
			return false;
		if (since == 0) {
			store->urgent = false;
			uv_cond_wait(&store->changed, &store->lock);
		} else if (store->urgent || store->quit || now - since >= BATCH_NS) {
			store->urgent = false;
			return true;
		} else {
			uv_cond_timedwait(
				&store->changed, &store->lock, since + BATCH_NS - now);
		}
	}
}

/* Under the lock: takes the batch that fills, and lets the other one fill. */
static struct batch *
batch_swap(struct store *store)
{
	struct batch *full = store->filling;

	store->filling = &store->batches[full == store->batches];
	store->filling->mark = full->mark + 1;
	return full;
}

/* Without the lock: retries until it is written, or, when murald stops, once more. */
static bool
write_or_wait(struct store *store, struct batch *batch)
{
	while (store_write(store, batch) < 0) {
		uv_mutex_lock(&store->lock);
		store->failed = batch->mark;
		uv_async_send(&store->wakeup);
		if (!store->quit)
			uv_cond_timedwait(&store->changed, &store->lock, RETRY_NS);
		bool quit = store->quit;
		uv_mutex_unlock(&store->lock);
		if (quit && store_write(store, batch) < 0)
			return false;
		if (quit)
			return true;
	}
	return true;
}

static void *
run_writer(void *arg)
{
	struct store *store = arg;
	bool fine = true;

	thread_give_way();
	uv_mutex_lock(&store->lock);
	while (fine && wait_for_batch(store)) {
		struct batch *batch = batch_swap(store);

		uv_mutex_unlock(&store->lock);
		fine = write_or_wait(store, batch);
		uv_mutex_lock(&store->lock);
		if (fine)
			store->written = batch->mark;
		else
			store->failed = store->filling->mark;
		batch_clear(batch);
		uv_async_send(&store->wakeup);
	}
	uv_mutex_unlock(&store->lock);
	store_mark_clean(store);
	return NULL;
}

/* ----------------------------------------------------------------- start, stop */

static int
start_sharing(struct store *store)
{
	if (uv_mutex_init(&store->lock) < 0)
		return -ENOMEM;
	if (uv_cond_init(&store->changed) < 0) {
		uv_mutex_destroy(&store->lock);
		return -ENOMEM;
	}
	return 0;
}

/* Whether the place for the file is at fault, which may pass; another murald's file, a
 * newer one or a stranger's does not. */
static bool
is_missing(int ret)
{
	return ret != -EWOULDBLOCK && ret != -EPROTONOSUPPORT && ret != -EINVAL &&
	       ret != -ENOMEM;
}

int
store_start(struct store **started, struct web *web, const char *database)
{
	struct store *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return -ENOMEM;
	store->web = web;
	store->path = database;
	store->lock_fd = -1;
	batch_clear(&store->batches[0]);
	batch_clear(&store->batches[1]);
	store->filling = store->batches;
	store->filling->mark = 1;
	ret = start_sharing(store);
	if (ret < 0) {
		free(store);
		return ret;
	}
	*started = store;
	uv_async_init(web->host->loop, &store->wakeup, on_wakeup);
	store->wakeup.data = store;
	web_hold(web);
	ret = store_open(store);
	if (ret < 0 && is_missing(ret))
		ret = store_open_memory(store);
	if (ret == 0)
		ret = store_prepare_writing(store);
	return ret;
}

const char *
store_missing(const struct store *store)
{
	return *store->missing ? store->missing : NULL;
}

int
store_probe(struct web *web, const char *database)
{
	struct store store = { .web = web, .path = database, .lock_fd = -1 };
	int ret = store_open(&store);

	store_close(&store);
	return ret;
}

/* The writer thread owns the connection from here on. */
int
store_start_writer(struct store *store)
{
	int ret = thread_start(&store->thread, run_writer, store);

	store->running = ret == 0;
	if (ret < 0)
		mural_log(store->web->host, MURAL_ERROR, "cannot start a thread: %s",
			strerror(-ret));
	return ret;
}

static void
on_store_closed(uv_handle_t *handle)
{
	struct store *store = handle->data;
	struct web *web = store->web;

	free(store);
	web_release(web);
}

void
store_stop(struct store *store)
{
	if (!store)
		return;
	if (store->running) {
		uv_mutex_lock(&store->lock);
		store->quit = true;
		uv_cond_signal(&store->changed);
		uv_mutex_unlock(&store->lock);
		pthread_join(store->thread, NULL);
		call_waits(store);
	}
	assert(!store->waits);
	store_finish_writing(store);
	store_close(store);
	for (int i = 0; i < 2; i++) {
		batch_clear(&store->batches[i]);
		free(store->batches[i].pixels);
	}
	uv_cond_destroy(&store->changed);
	uv_mutex_destroy(&store->lock);
	uv_close((uv_handle_t *)&store->wakeup, on_store_closed);
}
