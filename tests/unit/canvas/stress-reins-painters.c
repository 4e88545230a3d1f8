/* SPDX-License-Identifier: MIT */
/* The painters of stress-reins, which remember what they painted, and its reader. */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "unit/canvas/stress-reins.h"

/* ------------------------------------------------------------------ painters */

/* Each has four numbers for its batches, of 16 bits. */
#define FEEDS_MAX 16000

static void
store_halves(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	const struct painter *painter = brush->canvas;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t *pixel = &brush->pixels[batch->places[i]];

		__atomic_store_n(pixel, batch->colours[i], __ATOMIC_RELAXED);
		if (i == n / 2)
			sched_yield();
		__atomic_store_n(&pixel[1], (uint32_t)(painter->owner >> OWNER_SHIFT),
			__ATOMIC_RELAXED);
		mural_mark(brush, batch->tiles[i]);
	}
	brush->painted += n;
}

/* What who fills batches may paint by himself. */
static void
flush_pairs(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		mural_store_pair(&brush->pixels[batch->places[i]], batch->colours[i],
			brush->owner);
		mural_mark(brush, batch->tiles[i]);
	}
	brush->painted += n;
}

static void
begin(struct painter_thread *me)
{
	const struct ip_key address = { .v4 = true, .low = me->owner };
	const struct rules *rules = canvas_brush_begin(&me->brush);
	const struct canvas_painter as = { .id = me->owner,
		.banned = cidr_list_contains(&rules->banned, &address) };

	canvas_brush_paint_as(&me->brush, &as);
	if (broken == HALVES && me->brush.store == store_pairs)
		me->brush.store = store_halves;
}

/* Tells the model what landed; of a batch that was refused in part nobody knows which. */
static void
remember(struct painter_thread *me, const uint32_t *places, uint32_t n, uint64_t begun,
	uint16_t number, bool landed)
{
	const uint64_t ended = tick();

	for (uint32_t i = 0; landed && i < n; i++) {
		struct stroke *stroke = &me->strokes[places[i]];

		*stroke = (struct stroke){ stroke->first ? stroke->first : begun, begun,
			ended, number };
	}
}

static void
paint_batch(struct painter_thread *me, uint16_t number)
{
	const uint32_t argb = 0xff000000 | (uint32_t)me->number << 16 | number;
	uint32_t places[BATCH_MAX], wanted = 1 + random_below(&me->seed, BATCH_MAX);
	struct mural_batch batch;
	const uint64_t before = me->brush.painted, begun = tick();
	uint32_t n = 0, held = 0;

	for (uint32_t i = 0; i < wanted; i++) {
		bool meet = random_below(&me->seed, 2);
		uint32_t x = random_below(&me->seed, meet ? hot : WIDTH + 2);
		uint32_t y = random_below(&me->seed, meet ? hot : HEIGHT);

		me->sent++;
		if (x < WIDTH)
			places[n++] = y * WIDTH + x;
		held = mural_batch_put(&me->brush, &batch, held, x, y, argb);
		if (broken == EARLY_DAMAGE && x < WIDTH)
			mural_mark(&me->brush, mural_tile_at(&me->brush, x, y));
	}
	if (broken == EARLY_DAMAGE) {
		canvas_publish(&canvas, &me->brush);
		sched_yield();
	}
	if (me->brush.owner != 0 && broken != HALVES && number % 2)
		flush_pairs(&me->brush, &batch, held);
	else
		mural_batch_flush(&me->brush, &batch, held);
	if (broken == EARLY_DAMAGE)
		memset(me->brush.damage, 0, canvas.view.words * 64);
	canvas_publish(&canvas, &me->brush);
	remember(me, places, n, begun, me->brush.painted - before == n ? number : UNKNOWN,
		me->brush.painted > before);
}

/* What is broken in these shows only while the operator acts, who may get the processor
 * late. */
static bool
must_meet(void)
{
	return (broken == NO_WAIT || broken == PLAIN_STORE) &&
	       __atomic_load_n(&painting, __ATOMIC_RELAXED);
}

void *
paint(void *arg)
{
	struct painter_thread *me = arg;
	int feeds = 100 + (int)random_below(&me->seed, 200);

	for (int i = 0; i < feeds || (i < FEEDS_MAX && must_meet()); i++) {
		begin(me);
		if (broken == NO_WAIT) /* what it looked at grows old, on any machine */
			usleep(random_below(&me->seed, 300));
		for (uint32_t n = 1 + random_below(&me->seed, 4); n > 0; n--)
			paint_batch(me, (uint16_t)(1 + i * 4 + n));
		if (random_below(&me->seed, 8) == 0)
			usleep(random_below(&me->seed, 300));
	}
	/* as a worker without clients does: it is rung, and looks */
	while (__atomic_load_n(&painting, __ATOMIC_RELAXED)) {
		canvas_thread_look(&me->thread);
		usleep(100);
	}
	return NULL;
}

/* ------------------------------------------------------------------ the reader */

#define PASSES_MAX (1 << 16)

static uint64_t pass_begin[PASSES_MAX], pass_end[PASSES_MAX];
static int passes;

void
forget_passes(void)
{
	passes = 0;
}

void
read_once(struct mural_reader *reader)
{
	uint64_t tiles[(WIDTH / MURAL_TILE) * (HEIGHT / MURAL_TILE) / 64 + 1];

	keeper_lock(reins->keeper);
	if (passes < PASSES_MAX)
		pass_begin[passes] = tick();
	keeper_pass(reins->keeper);
	if (passes < PASSES_MAX)
		pass_end[passes++] = tick();
	keeper_unlock(reins->keeper);
	if (!mural_reader_take(reader, tiles))
		return;
	for (uint32_t t = 0; mural_tiles_next(&canvas.view, tiles, &t); t++) {
		const struct mural_rect at = mural_tile_rect(&canvas.view, t);

		mural_reader_copy(reader, at.x, at.y, at.width, at.height,
			&copy[at.y * WIDTH + at.x], WIDTH);
	}
}

void *
read_on(void *arg)
{
	while (__atomic_load_n(&reading, __ATOMIC_RELAXED)) {
		read_once(arg);
		sched_yield();
	}
	return NULL;
}

bool
was_seen(uint64_t after, uint64_t before)
{
	int low = 0, high = passes;

	while (low < high) {
		int middle = (low + high) / 2;

		if (pass_begin[middle] > after)
			high = middle;
		else
			low = middle + 1;
	}
	return low < passes && pass_end[low] < before;
}
