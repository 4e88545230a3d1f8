/* SPDX-License-Identifier: MIT */
/* Owns the pixels, and passes damage from brushes to readers (see canvas.h). */
#include "canvas/canvas.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "canvas/canvas-private.h"

#define HUGE_PAGE ((size_t)2 << 20)

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void *
canvas_alloc_lines(size_t bytes)
{
	void *memory = aligned_alloc(CACHE_LINE, round_up(MAX(bytes, 1), CACHE_LINE));

	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

/* Pixels, in huge pages if the machine has them: with small ones, painting at random
 * misses the processor's TLB almost every time. */
static void *
alloc_pixels(size_t bytes)
{
	void *memory;

	if (bytes < HUGE_PAGE)
		return canvas_alloc_lines(bytes);
	memory = aligned_alloc(HUGE_PAGE, round_up(bytes, HUGE_PAGE));
	if (!memory)
		return NULL;
	/* nothing beyond the last whole one; a kernel without them is only slower */
	(void)madvise(memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	memset(memory, 0, bytes);
	return memory;
}

int
canvas_init(struct canvas *canvas, uint32_t width, uint32_t height, uint32_t background)
{
	if (width - 1 >= MURAL_SIDE_MAX || height - 1 >= MURAL_SIDE_MAX)
		return -EINVAL;

	*canvas = (struct canvas){
		.view = mural_view_of(width, height),
		.background = background,
		.stride = round_up(width, CACHE_LINE / sizeof(uint32_t)),
		.step = 1,
		.open = calloc(1, sizeof(struct rules)),
	};
	pthread_mutex_init(&canvas->lock, NULL);
	pthread_cond_init(&canvas->calm, NULL);
	canvas->pixels = alloc_pixels((size_t)canvas->stride * height * sizeof(uint32_t));
	canvas->published = canvas_alloc_lines(canvas->view.words * sizeof(uint64_t));
	if (!canvas->pixels || !canvas->published || !canvas->open) {
		canvas_finish(canvas);
		return -ENOMEM;
	}
	canvas->open->generation = 1;
	canvas->rules = canvas->open;
	for (size_t i = 0; i < (size_t)canvas->stride * height; i++)
		canvas->pixels[i] = background;
	return 0;
}

int
canvas_keep_owners(struct canvas *canvas)
{
	const size_t n = (size_t)canvas->stride * canvas->view.height;
	pixel_word *words = alloc_pixels(n * sizeof(*words));

	canvas->owners = owners_new();
	canvas->highlighted = calloc(65536 / 64, sizeof(*canvas->highlighted));
	if (!words || !canvas->owners || !canvas->highlighted) {
		free(words);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		words[i] = colour_word(canvas->background);
	free(canvas->pixels);
	canvas->pixels = (uint32_t *)words;
	canvas->step = 2;
	canvas->wants_painters = 1;
	return 0;
}

void
canvas_finish(struct canvas *canvas)
{
	struct wakeup *wakeup = canvas->wakeups, *next;

	if (canvas->view.words == 0)
		return;
	for (; wakeup; wakeup = next) {
		next = wakeup->next;
		if (wakeup->fd >= 0)
			close(wakeup->fd);
		free(wakeup);
	}
	free(canvas->pixels);
	free(canvas->published);
	free(canvas->highlighted);
	owners_free(canvas->owners);
	rules_free(canvas->open);
	pthread_cond_destroy(&canvas->calm);
	pthread_mutex_destroy(&canvas->lock);
	*canvas = (struct canvas){ 0 };
}

/* Signals every armed wakeup, once: it is disarmed first. */
static void
notify_wakeups(struct canvas *canvas)
{
	const uint64_t one = 1;
	struct wakeup *wakeup;

	if (__atomic_exchange_n(&canvas->armed, 0, __ATOMIC_SEQ_CST) == 0)
		return;
	__atomic_fetch_add(&canvas->notifying, 1, __ATOMIC_SEQ_CST);
	wakeup = __atomic_load_n(&canvas->wakeups, __ATOMIC_ACQUIRE);
	for (; wakeup; wakeup = wakeup->next)
		if (__atomic_exchange_n(&wakeup->armed, 0, __ATOMIC_SEQ_CST))
			(void)!write(wakeup->fd, &one, sizeof(one));
	__atomic_fetch_sub(&canvas->notifying, 1, __ATOMIC_SEQ_CST);
}

typedef uint64_t two_words __attribute__((vector_size(16), may_alias));

/* Whether any of 64 tiles is marked. */
static bool
has_damage(const uint8_t *marks)
{
	const two_words *words = (const two_words *)marks;
	const two_words all = words[0] | words[1] | words[2] | words[3];

	return (all[0] | all[1]) != 0;
}

/* Turns the marks of 64 tiles into bits and clears them.  Eight bytes of 0 or 1 become
 * eight bits by one multiplication, which moves byte i to bit 56 + i. */
static uint64_t
collect_damage(uint8_t *marks)
{
	uint64_t eight, bits = 0;

	for (unsigned i = 0; i < 64; i += 8) {
		memcpy(&eight, marks + i, sizeof(eight));
		bits |= le64toh(eight) * UINT64_C(0x0102040810204080) >> 56 << i;
	}
	memset(marks, 0, 64);
	return bits;
}

/* The OR pairs with the exchange in canvas_distribute(): a reader that sees the bit sees
 * the pixels under it.  The OR and the load of `armed` pair with the stores and loads in
 * mural_reader_arm(). */
void
canvas_publish(struct canvas *canvas, struct mural_brush *brush)
{
	uint64_t *published = ((struct painter *)brush->canvas)->published;
	bool any = false;

	for (size_t i = 0; i < canvas->view.words; i++) {
		if (!has_damage(&brush->damage[i * 64]))
			continue;
		__atomic_fetch_or(&published[i], collect_damage(&brush->damage[i * 64]),
			__ATOMIC_SEQ_CST);
		any = true;
	}
	if (any && __atomic_load_n(&canvas->armed, __ATOMIC_SEQ_CST))
		notify_wakeups(canvas);
}

void
canvas_hurry(struct canvas *canvas, bool hurries)
{
	pthread_mutex_lock(&canvas->lock);
	__atomic_store_n(
		&canvas->hurries, canvas->hurries + (hurries ? 1 : -1), __ATOMIC_RELAXED);
	pthread_mutex_unlock(&canvas->lock);
	if (!hurries)
		pthread_cond_broadcast(&canvas->calm);
}

void
canvas_give_way(struct canvas *canvas)
{
	if (__atomic_load_n(&canvas->hurries, __ATOMIC_RELAXED) == 0)
		return;
	pthread_mutex_lock(&canvas->lock);
	while (canvas->hurries)
		pthread_cond_wait(&canvas->calm, &canvas->lock);
	pthread_mutex_unlock(&canvas->lock);
}

/* All tiles come again, so that all is shown in the new way. */
void
canvas_highlight(struct canvas *canvas, const uint64_t ids[65536 / 64])
{
	const struct mural_view *view = &canvas->view;
	uint64_t *all = calloc(view->words, sizeof(*all));

	for (size_t i = 0; ids && i < 65536 / 64; i++)
		__atomic_store_n(&canvas->highlighted[i], ids[i], __ATOMIC_RELAXED);
	__atomic_store_n(&canvas->highlighting, ids != NULL, __ATOMIC_RELAXED);
	if (!all)
		return;
	mural_tiles_add_all(view, all);
	for (size_t i = 0; i < view->words; i++)
		__atomic_fetch_or(&canvas->published[i], all[i], __ATOMIC_SEQ_CST);
	free(all);
	if (__atomic_load_n(&canvas->armed, __ATOMIC_SEQ_CST))
		notify_wakeups(canvas);
}

/* Of those that are free, the one with the lowest descriptor, since clients may not have
 * the last; or else one without.  NULL: none is free. */
static struct wakeup *
wakeup_find(const struct canvas *canvas)
{
	struct wakeup *best = NULL;

	for (struct wakeup *w = canvas->wakeups; w; w = w->next)
		if (!w->in_use && (!best || (unsigned)w->fd < (unsigned)best->fd))
			best = w;
	return best;
}

/* Reuses a free wakeup, or adds a new one to the list.  Lock held. */
static struct wakeup *
wakeup_acquire(struct canvas *canvas)
{
	struct wakeup *found = wakeup_find(canvas);
	struct wakeup *wakeup = found ? found : calloc(1, sizeof(*wakeup));

	if (!wakeup)
		return NULL;
	if (!found || wakeup->fd < 0)
		wakeup->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wakeup->fd < 0) {
		if (!found)
			free(wakeup);
		return NULL;
	}
	if (!found) {
		wakeup->next = canvas->wakeups;
		__atomic_store_n(&canvas->wakeups, wakeup, __ATOMIC_RELEASE);
	}
	wakeup->in_use = true;
	return wakeup;
}

/* Threads that write to descriptors are counted before they look which are armed: if none
 * is counted now, none writes to this one any more.  Else it stays open, for the next
 * reader.  Lock held. */
static void
wakeup_release(struct canvas *canvas, struct wakeup *wakeup, bool closes)
{
	__atomic_store_n(&wakeup->armed, 0, __ATOMIC_SEQ_CST);
	wakeup->in_use = false;
	if (!closes || __atomic_load_n(&canvas->notifying, __ATOMIC_SEQ_CST) > 0)
		return;
	close(wakeup->fd);
	wakeup->fd = -1;
}

struct mural_reader *
canvas_reader_new(struct canvas *canvas)
{
	const struct mural_view *view = &canvas->view;
	struct mural_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->canvas = canvas;
	reader->pending = calloc(view->words, sizeof(uint64_t));
	pthread_mutex_lock(&canvas->lock);
	reader->wakeup = reader->pending ? wakeup_acquire(canvas) : NULL;
	if (!reader->wakeup) {
		pthread_mutex_unlock(&canvas->lock);
		free(reader->pending);
		free(reader);
		return NULL;
	}
	mural_tiles_add_all(view, reader->pending);
	reader->next = canvas->readers;
	canvas->readers = reader;
	pthread_mutex_unlock(&canvas->lock);
	return reader;
}

/* Moves published damage into the bitmap of every reader but one.  Lock held. */
static void
distribute(
	struct canvas *canvas, uint64_t *published, const struct mural_reader *ignorant)
{
	for (size_t i = 0; i < canvas->view.words; i++) {
		/* a load first: an idle take must not dirty the publishers' cache lines
		 */
		if (__atomic_load_n(&published[i], __ATOMIC_SEQ_CST) == 0)
			continue;
		const uint64_t tiles =
			__atomic_exchange_n(&published[i], 0, __ATOMIC_SEQ_CST);
		for (struct mural_reader *r = canvas->readers; r; r = r->next)
			if (r != ignorant)
				r->pending[i] |= tiles;
	}
}

/* The same with what readers ignore, which only they do not get.  Lock held. */
static void
canvas_distribute(struct canvas *canvas)
{
	distribute(canvas, canvas->published, NULL);
	for (struct mural_reader *r = canvas->readers; r; r = r->next)
		if (r->apart)
			distribute(canvas, r->apart, r);
}

void
mural_reader_ignore(struct mural_reader *reader, struct mural_brush *brush)
{
	struct canvas *canvas = reader->canvas;
	struct painter *painter = brush->canvas;
	uint64_t *apart = NULL;

	if (!reader->apart && painter->published == canvas->published)
		apart = canvas_alloc_lines(canvas->view.words * sizeof(*apart));
	if (!apart)
		return; /* it only looks at more than it would have to */
	pthread_mutex_lock(&canvas->lock);
	reader->apart = apart;
	reader->ignored = painter;
	pthread_mutex_unlock(&canvas->lock);
	canvas_publish(canvas, brush); /* what it painted before is damage */
	painter->published = apart;
}

void
canvas_reader_set_brief(struct mural_reader *reader)
{
	reader->is_brief = true;
}

void
canvas_reader_on_free(struct mural_reader *reader, void (*on_free)(void *arg), void *arg)
{
	reader->on_free = on_free;
	reader->on_free_arg = arg;
}

void
mural_reader_free(struct mural_reader *reader)
{
	struct mural_reader **link;

	if (!reader)
		return;
	if (reader->on_free)
		reader->on_free(reader->on_free_arg);
	if (reader->ignored)
		reader->ignored->published = reader->canvas->published;
	pthread_mutex_lock(&reader->canvas->lock);
	canvas_distribute(reader->canvas);
	for (link = &reader->canvas->readers; *link != reader; link = &(*link)->next)
		;
	*link = reader->next;
	wakeup_release(reader->canvas, reader->wakeup, reader->is_brief);
	pthread_mutex_unlock(&reader->canvas->lock);
	free(reader->pending);
	free(reader->apart);
	free(reader);
}

void
mural_reader_show(struct mural_reader *reader)
{
	reader->shows = true;
}

const struct mural_view *
mural_reader_view(const struct mural_reader *reader)
{
	return &reader->canvas->view;
}

int
mural_reader_fd(const struct mural_reader *reader)
{
	return reader->wakeup->fd;
}

bool
mural_reader_take(struct mural_reader *reader, uint64_t *tiles)
{
	struct canvas *canvas = reader->canvas;
	uint64_t any = 0;

	pthread_mutex_lock(&canvas->lock);
	canvas_distribute(canvas);
	for (size_t i = 0; i < canvas->view.words; i++) {
		any |= tiles[i] = reader->pending[i];
		reader->pending[i] = 0;
	}
	pthread_mutex_unlock(&canvas->lock);
	return any != 0;
}

void
mural_reader_put_back(struct mural_reader *reader, const uint64_t *tiles)
{
	struct canvas *canvas = reader->canvas;

	pthread_mutex_lock(&canvas->lock);
	for (size_t i = 0; i < canvas->view.words; i++)
		reader->pending[i] |= tiles[i];
	pthread_mutex_unlock(&canvas->lock);
}

bool
mural_reader_arm(struct mural_reader *reader)
{
	struct canvas *canvas = reader->canvas;
	uint64_t any = 0, count;

	(void)!read(reader->wakeup->fd, &count, sizeof(count));
	pthread_mutex_lock(&canvas->lock);
	__atomic_store_n(&reader->wakeup->armed, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&canvas->armed, 1, __ATOMIC_SEQ_CST);
	canvas_distribute(canvas);
	for (size_t i = 0; i < canvas->view.words; i++)
		any |= reader->pending[i];
	if (any)
		__atomic_store_n(&reader->wakeup->armed, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&canvas->lock);
	return any != 0;
}

/* Of a tile, rows are prefetched so many in advance: each lies in another place. */
#define ROWS_AHEAD 8

/* A pixel that changes meanwhile comes again with its tile. */
void
mural_reader_copy(const struct mural_reader *reader, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height, uint32_t *pixels, size_t stride)
{
	const struct canvas *canvas = reader->canvas;
	const uint64_t *ids = NULL;

	if (reader->shows &&
		__atomic_load_n(&canvas->highlighting, __ATOMIC_RELAXED) != 0)
		ids = canvas->highlighted;
	for (uint32_t row = 0; row < height; row++) {
		if (row + ROWS_AHEAD < height) {
			__builtin_prefetch(pixel_at(canvas, x, y + row + ROWS_AHEAD));
			__builtin_prefetch(
				pixel_at(canvas, x + width - 1, y + row + ROWS_AHEAD));
		}
		if (canvas->step == 1)
			canvas_copy_pixels(pixels + row * stride,
				pixel_at(canvas, x, y + row), width);
		else
			canvas_copy_words(pixels + row * stride,
				pixel_at(canvas, x, y + row), width, ids);
	}
}
