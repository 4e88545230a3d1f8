/* SPDX-License-Identifier: MIT */
/*
 * Brushes and readers on many threads at once: in the end every reader's own copy, made
 * of nothing but the tiles it took, equals the canvas.  Some readers never sleep, some
 * sleep until they are woken, one is slow.  Now and then each brush has a reader that
 * ignores it, whose copy may lack what the brush painted since.  Also built with
 * ThreadSanitizer.
 */
#include "canvas/canvas.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 333
#define HEIGHT 222
#define BRUSHES 3
#define READERS 4
#define PUBLISHES 100000
#define PIXELS_A_PUBLISH 5
#define LAST_SPELL                                                                       \
	200 /* publishes at the end, of which a reader ignores those of one brush */

static struct canvas canvas;
static uint32_t painting = BRUSHES, comparing = BRUSHES, brushes_left = BRUSHES;

struct watcher {
	pthread_t thread;
	struct mural_reader *reader;
	uint32_t copy[WIDTH * HEIGHT];
	int number;
	unsigned long takes, sleeps;
};

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static bool
watcher_take(struct watcher *watcher)
{
	const struct mural_view *view = mural_reader_view(watcher->reader);
	uint64_t tiles[(WIDTH / 32 + 1) * (HEIGHT / 32 + 1) / 64 + 1];

	watcher->takes++;
	if (!mural_reader_take(watcher->reader, tiles))
		return false;
	for (uint32_t tile = 0; mural_tiles_next(view, tiles, &tile); tile++) {
		const struct mural_rect at = mural_tile_rect(view, tile);

		mural_reader_copy(watcher->reader, at.x, at.y, at.width, at.height,
			&watcher->copy[at.y * WIDTH + at.x], WIDTH);
	}
	return true;
}

struct random_painter {
	pthread_t thread;
	struct mural_brush brush;
	uint32_t random;
	struct watcher watcher;   /* without a reader, or its reader ignores the brush */
	bool own[WIDTH * HEIGHT]; /* pixels that were painted since it does */
	unsigned long spells;
	int wrong;
};

/* Begins or ends to ignore, or not. */
static void
ignore_random(struct random_painter *run, bool always)
{
	struct watcher *watcher = &run->watcher;

	if (!always && next_random(&run->random) % 256 != 0)
		return;
	if (watcher->reader && !always) {
		mural_reader_free(watcher->reader);
		watcher->reader = NULL;
		return;
	}
	mural_reader_free(watcher->reader);
	watcher->reader = canvas_reader_new(&canvas);
	if (!watcher->reader)
		abort();
	watcher_take(watcher);
	memset(run->own, 0, sizeof(run->own));
	mural_reader_ignore(watcher->reader, &run->brush);
	run->spells++;
}

/* Also paints outside and half transparent: neither may break the invariant. */
static void
put_random(struct random_painter *run)
{
	const uint32_t at = next_random(&run->random), argb = next_random(&run->random);
	const uint32_t x = at % (WIDTH + 3), y = (at >> 16) % (HEIGHT + 3);

	mural_put(&run->brush, x, y, argb & 1 ? argb : argb | 0xff000000);
	if (x < WIDTH && y < HEIGHT)
		run->own[y * WIDTH + x] = true;
}

/* What the others painted is in the copy of who ignores this brush. */
static void
painter_compare(struct random_painter *run)
{
	uint32_t *truth = malloc(sizeof(run->watcher.copy));

	watcher_take(&run->watcher);
	mural_reader_copy(run->watcher.reader, 0, 0, WIDTH, HEIGHT, truth, WIDTH);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		run->wrong += truth[i] != run->watcher.copy[i] && !run->own[i];
	free(truth);
}

/* Until all brushes have come so far.  What is taken meanwhile shows nothing of what will
 * be lost later. */
static void
painter_wait(struct random_painter *run, uint32_t *left)
{
	__atomic_fetch_sub(left, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(left, __ATOMIC_SEQ_CST) > 0) {
		watcher_take(&run->watcher);
		sched_yield();
	}
}

static void *
painter_run(void *arg)
{
	struct random_painter *run = arg;

	if (canvas_brush_init(&canvas, &run->brush, 0, 0, WIDTH, HEIGHT) < 0)
		abort();
	for (int i = 0; i < PUBLISHES; i++) {
		for (int j = 0; j < PIXELS_A_PUBLISH; j++)
			put_random(run);
		if (i <= PUBLISHES - LAST_SPELL)
			ignore_random(run, i == PUBLISHES - LAST_SPELL);
		canvas_publish(&canvas, &run->brush);
		if (run->watcher.reader && i % 16 == 0)
			watcher_take(&run->watcher);
		if (i % 64 == 0)
			sched_yield();
	}
	painter_wait(run, &painting);
	painter_compare(run);
	painter_wait(run, &comparing);
	put_random(run); /* which all others get also when the reader goes at once */
	canvas_publish(&canvas, &run->brush);
	mural_reader_free(run->watcher.reader);
	canvas_brush_finish(&run->brush);
	__atomic_fetch_sub(&brushes_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* A lost wake-up shows as damage that no reader was woken for. */
static void
watcher_sleep(struct watcher *watcher)
{
	struct pollfd fd = { .fd = mural_reader_fd(watcher->reader), .events = POLLIN };

	if (mural_reader_arm(watcher->reader))
		return;
	watcher->sleeps++;
	/* once all brushes are done, there are no more wake-ups */
	while (poll(&fd, 1, 50) == 0 &&
		__atomic_load_n(&brushes_left, __ATOMIC_SEQ_CST) > 0)
		;
}

static void *
watcher_run(void *arg)
{
	struct watcher *watcher = arg;
	const struct timespec nap = { .tv_nsec = 3000000 };
	bool done;

	do {
		done = __atomic_load_n(&brushes_left, __ATOMIC_SEQ_CST) == 0;
		watcher_take(watcher);
		if (watcher->number == 0)
			nanosleep(&nap, NULL);
		else if (watcher->number % 2)
			watcher_sleep(watcher);
	} while (!done);
	watcher_take(watcher);
	return NULL;
}

static int
watcher_compare(const struct watcher *watcher)
{
	uint32_t *truth = malloc(sizeof(watcher->copy));
	int wrong = 0;

	mural_reader_copy(watcher->reader, 0, 0, WIDTH, HEIGHT, truth, WIDTH);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		wrong += truth[i] != watcher->copy[i];
	free(truth);
	printf("reader %d: %lu takes, %lu sleeps, %d wrong pixels\n", watcher->number,
		watcher->takes, watcher->sleeps, wrong);
	return wrong;
}

/* ---- taking turns */

#define TURNS 20000
#define TIMEOUT_MS 10000

struct sleeper {
	pthread_t thread;
	struct mural_reader *reader;
	uint32_t seen;  /* the value of pixel 0,0; the painter waits for it */
	bool timed_out; /* it was not woken */
};

static void *
sleeper_run(void *arg)
{
	struct sleeper *sleeper = arg;
	uint64_t tiles[(WIDTH / 32 + 1) * (HEIGHT / 32 + 1) / 64 + 1];
	uint32_t argb = 0;

	while (argb != (0xff000000 | TURNS)) {
		struct pollfd fd = { .fd = mural_reader_fd(sleeper->reader),
			.events = POLLIN };
		if (!mural_reader_arm(sleeper->reader) && poll(&fd, 1, TIMEOUT_MS) == 0) {
			sleeper->timed_out = true;
			break;
		}
		if (!mural_reader_take(sleeper->reader, tiles))
			continue;
		mural_reader_copy(sleeper->reader, 0, 0, 1, 1, &argb, 1);
		__atomic_store_n(&sleeper->seen, argb, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool
wait_for_sleeper(const struct sleeper *sleeper, uint32_t argb)
{
	for (long i = 0; i < 200000000; i++) {
		if (__atomic_load_n(&sleeper->seen, __ATOMIC_ACQUIRE) == argb)
			return true;
		if (i % 64 == 63)
			sched_yield();
	}
	return false;
}

static int
take_turns(void)
{
	static struct sleeper sleepers[2];
	struct mural_brush brush;
	uint32_t turn = 0;
	bool seen = true;

	if (canvas_brush_init(&canvas, &brush, 0, 0, WIDTH, HEIGHT) < 0)
		return 1;
	for (int i = 0; i < 2; i++) {
		sleepers[i].reader = canvas_reader_new(&canvas);
		pthread_create(&sleepers[i].thread, NULL, sleeper_run, &sleepers[i]);
	}
	while (seen && turn < TURNS) {
		mural_put(&brush, 0, 0, 0xff000000 | ++turn);
		canvas_publish(&canvas, &brush);
		for (int i = 0; i < 2 && seen; i++)
			seen = wait_for_sleeper(&sleepers[i], 0xff000000 | turn);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(sleepers[i].thread, NULL);
		seen = seen && !sleepers[i].timed_out;
		mural_reader_free(sleepers[i].reader);
	}
	canvas_brush_finish(&brush);
	printf("sleepers: %u of %u turns, %s\n", turn, TURNS,
		seen ? "no wake-up was lost" : "a wake-up was lost");
	return !seen;
}

/* ---- a rectangle that is refused to all, while all paint */

#define GUARDED_PAINTERS 4
#define GUARDED_ROUNDS 50000
#define REFUSED_LEFT 100
#define REFUSED_RIGHT 150
#define BACKGROUND 0xff000000
#define GUARDED_COLOUR 0xff123456

struct guarded_painter {
	pthread_t thread;
	struct mural_brush brush;
	uint32_t seed;
	uint64_t sent, refused_sent;
};

static void
store_refusing(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = batch->places[i] % canvas.stride;

		if (x >= REFUSED_LEFT && x < REFUSED_RIGHT) {
			mural_discard(brush, MURAL_UNAUTHORIZED, 1);
			continue;
		}
		__atomic_store_n(&brush->pixels[batch->places[i]], batch->colours[i],
			__ATOMIC_RELAXED);
		mural_mark(brush, batch->tiles[i]);
		brush->painted++;
	}
}

static void *
guarded_run(void *arg)
{
	struct guarded_painter *painter = arg;
	struct mural_brush *brush = &painter->brush;
	struct mural_batch batch;
	uint32_t random = painter->seed, n = 0;

	for (int i = 0; i < GUARDED_ROUNDS; i++) {
		uint32_t at = next_random(&random);
		uint32_t x = at % (WIDTH + 3), y = (at >> 16) % (HEIGHT + 3);

		painter->sent++;
		painter->refused_sent +=
			x >= REFUSED_LEFT && x < REFUSED_RIGHT && y < HEIGHT;
		n = mural_batch_put(brush, &batch, n, x, y, GUARDED_COLOUR);
		if (i % 100 == 99) {
			mural_batch_flush(brush, &batch, n);
			n = 0;
			canvas_publish(&canvas, brush);
		}
	}
	return NULL;
}

static int
refuse_a_rectangle(void)
{
	static struct guarded_painter painters[GUARDED_PAINTERS];
	int wrong = 0;

	for (size_t i = 0; i < (size_t)canvas.stride * HEIGHT; i++)
		canvas.pixels[i] = BACKGROUND;
	for (int i = 0; i < GUARDED_PAINTERS; i++) {
		struct mural_brush *brush = &painters[i].brush;

		if (canvas_brush_init(&canvas, brush, 0, 0, WIDTH, HEIGHT) < 0)
			return 1;
		brush->near_width = brush->near_height = 0;
		brush->store = store_refusing;
		painters[i].seed = 77777 + i;
		pthread_create(&painters[i].thread, NULL, guarded_run, &painters[i]);
	}
	for (int i = 0; i < GUARDED_PAINTERS; i++) {
		struct mural_brush *brush = &painters[i].brush;

		pthread_join(painters[i].thread, NULL);
		wrong += brush->discarded[MURAL_UNAUTHORIZED] != painters[i].refused_sent;
		wrong += brush->painted + brush->discarded[MURAL_UNAUTHORIZED] +
				 brush->discarded[MURAL_OUT_OF_BOUNDS] !=
			 painters[i].sent;
		canvas_brush_finish(brush);
	}
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = REFUSED_LEFT; x < REFUSED_RIGHT; x++)
			wrong += canvas.pixels[y * canvas.stride + x] != BACKGROUND;
	printf("refused rectangle: %d wrong\n", wrong);
	return wrong;
}

int
main(void)
{
	static struct watcher watchers[READERS];
	static struct random_painter painters[BRUSHES];
	int wrong = 0;

	if (canvas_init(&canvas, WIDTH, HEIGHT, 0xff000000) < 0)
		return 1;
	for (int i = 0; i < READERS; i++) {
		watchers[i].number = i;
		watchers[i].reader = canvas_reader_new(&canvas);
		pthread_create(&watchers[i].thread, NULL, watcher_run, &watchers[i]);
	}
	for (int i = 0; i < BRUSHES; i++) {
		painters[i].random = 2463534242u + i;
		pthread_create(&painters[i].thread, NULL, painter_run, &painters[i]);
	}
	for (int i = 0; i < BRUSHES; i++) {
		pthread_join(painters[i].thread, NULL);
		printf("brush %d: ignored %lu times, %d wrong pixels\n", i,
			painters[i].spells, painters[i].wrong);
		wrong += painters[i].wrong;
	}
	for (int i = 0; i < READERS; i++)
		pthread_join(watchers[i].thread, NULL);
	for (int i = 0; i < READERS; i++)
		wrong += watcher_compare(&watchers[i]);
	for (int i = 0; i < READERS; i++)
		mural_reader_free(watchers[i].reader);
	wrong += take_turns();
	wrong += refuse_a_rectangle();
	canvas_finish(&canvas);
	return wrong != 0;
}
