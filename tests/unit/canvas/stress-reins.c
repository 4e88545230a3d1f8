/* SPDX-License-Identifier: MIT */
/*
 * Painters, an operator and a reader at random, against a model that knows who painted
 * what.  A colour says which thread painted it and its how manieth batch that was;
 * strokes and acts carry stamps of one counter, taken before and after, so that "this
 * came wholly after that" is known without forcing an order on them.  The last two
 * painters are two connections of one source.
 *
 * Then four times with something broken: each of these must be noticed.  Also built with
 * ThreadSanitizer.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
#define PASSES_MAX (1 << 16)

/* The number of a stroke that may have landed. */
#define UNKNOWN 0

/* What is broken; 0: nothing. */
enum { NO_WAIT = 1, PLAIN_STORE, EARLY_DAMAGE, HALVES, CONTROLS };
static const char *const broken_names[CONTROLS] = { "nothing",
	"rules hold without waiting", "undo stores without comparing",
	"damage is told before the pixels", "colour and owner are two stores" };
static int broken;

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

static struct canvas canvas;
static struct reins *reins;
static uv_loop_t loop;
static struct painter_thread painters[PAINTERS];
static struct deed deeds[ACTS_MAX];
static int n_deeds;
static uint32_t hot; /* painters prefer so many rows and columns, so that they meet */
static uint64_t stamp;
static uint32_t painting, reading;
static uint32_t copy[PIXELS];
static uint64_t pass_begin[PASSES_MAX], pass_end[PASSES_MAX];
static int passes;

static struct {
	uint64_t judged, torn, lost, not_undone, landed, banned, miscounted, stale, stood,
		stood_wrong;
} found;

static uint64_t
tick(void)
{
	return __atomic_add_fetch(&stamp, 1, __ATOMIC_SEQ_CST);
}

static uint32_t
random_below(uint64_t *seed, uint32_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*seed >> 33) % n);
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------ painters */

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

static void *
paint(void *arg)
{
	struct painter_thread *me = arg;
	int feeds = 100 + (int)random_below(&me->seed, 200);

	for (int i = 0; i < feeds; i++) {
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

static void
ring(struct canvas_thread *thread)
{
	(void)thread; /* painters wake by themselves */
}

/* ------------------------------------------------------------------ the reader */

static void
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

static void *
read_on(void *arg)
{
	while (__atomic_load_n(&reading, __ATOMIC_RELAXED)) {
		read_once(arg);
		sched_yield();
	}
	return NULL;
}

/* Whether a whole pass of the keeper lay between two stamps. */
static bool
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

/* ------------------------------------------------------------------ the operator */

static struct reins_done last_done;
static bool is_done;

static void
on_done(void *arg, const struct reins_done *done)
{
	(void)arg;
	last_done = *done;
	is_done = true;
}

static void
wait_done(int ret)
{
	if (ret < 0)
		abort();
	while (!is_done)
		uv_run(&loop, UV_RUN_ONCE);
	is_done = false;
}

/* Replaced without waiting, so that some may still look at them. */
static struct rules *replaced[2 * ACTS_MAX];
static int n_replaced;

/* Publishes rules and takes them to hold at once. */
static void
close_without_waiting(const struct mural_rect *rect, enum rules_kind kind, bool close)
{
	struct rules *rules = rules_next(&canvas, canvas.rules);

	rules_set(rules, &canvas, kind, rect, close);
	rules_finish(rules, &canvas);
	if (canvas.rules != canvas.open)
		replaced[n_replaced++] = (struct rules *)canvas.rules;
	__atomic_store_n(&canvas.rules, rules, __ATOMIC_RELEASE);
}

static void
set_closed(const struct mural_rect *rect, enum rules_kind kind, bool close)
{
	if (broken == NO_WAIT)
		close_without_waiting(rect, kind, close);
	else if (kind == RULES_PROTECTED)
		wait_done(close ? reins_protect(reins, rect, NULL, on_done, NULL)
				: reins_unprotect(reins, rect, on_done, NULL));
	else
		wait_done(close ? reins_freeze(reins, rect, on_done, NULL)
				: reins_thaw(reins, rect, on_done, NULL));
}

/* Closes a part, looks, waits, looks again: nothing may have landed. */
static void
close_and_look(const struct mural_rect *rect, enum rules_kind kind, uint64_t *seed)
{
	static uint64_t words[PIXELS];

	set_closed(rect, kind, true);
	for (int round = 0; round < 2; round++) {
		for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
			for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
				uint64_t word = pixel_load(&canvas, x, y);

				found.landed += round && words[y * WIDTH + x] != word;
				words[y * WIDTH + x] = word;
			}
		if (!round)
			usleep(random_below(seed, 1500));
	}
	set_closed(rect, kind, false);
}

static uint64_t
count_painted(uint16_t owner)
{
	uint64_t n = 0;

	for (int i = 0; i < PAINTERS; i++)
		if (painters[i].owner == owner)
			n += __atomic_load_n(
				&painters[i].brush.painted, __ATOMIC_RELAXED);
	return n;
}

static void
ban_and_look(uint16_t owner, uint64_t *seed)
{
	struct cidr_list networks = { 0 };
	const struct ip_key address = { .v4 = true, .low = owner };
	const struct cidr network = { address, address };
	uint64_t before;

	cidr_list_add(&networks, &network);
	wait_done(reins_ban(reins, &networks, on_done, NULL));
	before = count_painted(owner);
	usleep(random_below(seed, 1500));
	found.banned += before != count_painted(owner);
	networks.n = 0;
	wait_done(reins_ban(reins, &networks, on_done, NULL));
	cidr_list_finish(&networks);
}

/* Looks, and then stores what lies under it, whoever has come meanwhile. */
static void
undo_by_storing(
	const struct mural_rect *rect, uint16_t owner, const uint64_t ids[65536 / 64])
{
	keeper_lock(reins->keeper);
	keeper_pass(reins->keeper);
	for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
			uint64_t top = pixel_load(&canvas, x, y);
			uint64_t put = keeper_under(reins->keeper, x, y, top);

			if (word_id(top) != owner)
				continue;
			if (x % 32 == 0)
				sched_yield();
			put = put ? put : colour_word(BACKGROUND);
			pixel_exchange(&canvas, x, y, put);
			keeper_put(reins->keeper, x, y, put, 0);
		}
	keeper_forget(reins->keeper, rect, ids);
	keeper_unlock(reins->keeper);
}

static void
undo(const struct mural_rect *rect, uint16_t owner)
{
	struct reins_undo what = { .rect = rect };

	what.sources.ids[owner / 64] |= UINT64_C(1) << owner % 64;
	if (broken == PLAIN_STORE) {
		undo_by_storing(rect, owner, what.sources.ids);
		canvas_highlight(&canvas, NULL); /* all tiles come again */
		return;
	}
	wait_done(reins_undo(reins, &what, on_done, NULL));
}

static void
act(struct deed *deed, uint64_t *seed)
{
	static uint64_t number;

	switch (deed->verb) {
	case CLEAR:
		wait_done(reins_clear(reins, &deed->rect, 0xff102030, on_done, NULL));
		number = last_done.number;
		break;
	case UNDO:
		undo(&deed->rect, deed->owner);
		number = last_done.number;
		break;
	case TAKE_BACK:
		deed->rect = (struct mural_rect){ 0, 0, WIDTH, HEIGHT };
		wait_done(reins_take_back(reins, number, on_done, NULL));
		number = last_done.number;
		break;
	case FREEZE:
	case PROTECT:
		close_and_look(&deed->rect,
			deed->verb == FREEZE ? RULES_FROZEN : RULES_PROTECTED, seed);
		break;
	default:
		ban_and_look(deed->owner, seed);
	}
}

static void
operate(uint64_t *seed)
{
	uint32_t n = random_below(seed, ACTS_MAX + 1);

	n_deeds = 0;
	usleep(random_below(seed, 2000));
	for (uint32_t i = 0; i < n; i++) {
		struct deed *deed = &deeds[n_deeds];
		struct mural_rect at = { random_below(seed, WIDTH),
			random_below(seed, HEIGHT), WIDTH, HEIGHT };

		at.width -= at.x;
		at.height -= at.y;
		if (random_below(seed, 2))
			at = (struct mural_rect){ 0, 0, WIDTH, HEIGHT };
		*deed = (struct deed){ .rect = at,
			.verb = random_below(seed, 2) ? UNDO : random_below(seed, VERBS),
			.owner = painters[random_below(seed, PAINTERS)].owner };
		deed->begin = tick();
		act(deed, seed);
		deed->end = tick();
		n_deeds += deed->verb <= TAKE_BACK;
		if (random_below(seed, 2))
			usleep(random_below(seed, 1000));
	}
}

/* ------------------------------------------------------------------ the model */

static bool
is_inside(const struct deed *deed, uint32_t x, uint32_t y)
{
	return x - deed->rect.x < deed->rect.width &&
	       y - deed->rect.y < deed->rect.height;
}

/* Whether painter `i` came wholly after all others and after all acts that touch him. */
static bool
came_last(int i, uint32_t x, uint32_t y)
{
	const size_t at = (size_t)y * WIDTH + x;
	const struct stroke *mine = &painters[i].strokes[at];

	if (mine->begin == 0 || mine->number == UNKNOWN)
		return false;
	for (int j = 0; j < PAINTERS; j++) {
		const struct stroke *other = &painters[j].strokes[at];

		if (j != i && other->begin && other->end > mine->begin)
			return false;
		if (other->begin && other->number == UNKNOWN)
			return false;
	}
	for (int a = 0; a < n_deeds; a++) {
		bool his = deeds[a].verb != UNDO || deeds[a].owner == painters[i].owner;

		if (is_inside(&deeds[a], x, y) && his && deeds[a].end > mine->begin)
			return false;
	}
	return true;
}

/* Whether all that this source painted there was painted before. */
static bool
painted_before(uint16_t owner, size_t at, uint64_t before)
{
	for (int i = 0; i < PAINTERS; i++) {
		const struct stroke *stroke = &painters[i].strokes[at];

		if (painters[i].owner == owner && stroke->begin &&
			(stroke->end > before || stroke->number == UNKNOWN))
			return false;
	}
	return true;
}

/* After an undo nothing older of that source shows, unless something was taken back. */
static void
judge_undone(uint32_t x, uint32_t y, uint64_t top)
{
	for (int a = 0; a < n_deeds; a++) {
		bool must = deeds[a].verb == UNDO && is_inside(&deeds[a], x, y) &&
			    painted_before(deeds[a].owner, (size_t)y * WIDTH + x,
				    deeds[a].begin);

		for (int b = a + 1; b < n_deeds; b++)
			must &= deeds[b].verb != TAKE_BACK;
		found.not_undone += must && word_id(top) == deeds[a].owner;
	}
}

/* One act there, an undo of `owner`, and one other painted there, wholly before him, and
 * stood for a pass of the keeper: that one is back. */
static void
judge_what_came_back(uint32_t x, uint32_t y, uint64_t top)
{
	const size_t at = (size_t)y * WIDTH + x;
	const struct deed *undo = NULL;
	const struct painter_thread *under = NULL;
	uint64_t first = UINT64_MAX, last = 0;

	for (int a = 0; a < n_deeds; a++)
		if (is_inside(&deeds[a], x, y)) {
			if (undo || deeds[a].verb != UNDO)
				return;
			undo = &deeds[a];
		}
	for (int i = 0; undo && i < PAINTERS; i++) {
		const struct stroke *stroke = &painters[i].strokes[at];

		if (stroke->begin == 0)
			continue;
		if (stroke->number == UNKNOWN)
			return;
		if (painters[i].owner == undo->owner) {
			first = MIN(first, stroke->first);
			last = MAX(last, stroke->end);
		} else if (under) {
			return;
		} else {
			under = &painters[i];
		}
	}
	if (!undo || !under || last == 0 || last > undo->begin ||
		under->strokes[at].end > first ||
		!was_seen(under->strokes[at].end, first))
		return;
	found.stood++;
	found.stood_wrong += word_id(top) != under->owner ||
			     (word_colour(top) & 0xffff) != under->strokes[at].number;
}

static void
judge(uint32_t x, uint32_t y)
{
	const uint64_t top = pixel_load(&canvas, x, y);
	const uint32_t number = word_colour(top) >> 16 & 0xff;
	const uint16_t id = word_id(top);

	found.judged++;
	if (id >= OWNER_FIRST && (number >= PAINTERS || painters[number].owner != id)) {
		found.torn++;
		return;
	}
	for (int i = 0; i < PAINTERS; i++)
		if (came_last(i, x, y))
			found.lost += id != painters[i].owner || (int)number != i ||
				      (word_colour(top) & 0xffff) !=
					      painters[i].strokes[y * WIDTH + x].number;
	judge_undone(x, y, top);
	judge_what_came_back(x, y, top);
	found.stale += copy[y * WIDTH + x] != word_colour(top);
}

static void
judge_all(void)
{
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			judge(x, y);
	for (int i = 0; i < PAINTERS; i++) {
		uint64_t sum = painters[i].brush.painted;

		for (int reason = 0; reason < MURAL_REASONS; reason++)
			sum += painters[i].brush.discarded[reason];
		found.miscounted += sum != painters[i].sent;
	}
}

/* ------------------------------------------------------------------ rounds */

static void
round_begin(uint64_t *seed)
{
	static const char *const names[PAINTERS] = { "anna", "ben", "carl", "carl" };

	if (canvas_init(&canvas, WIDTH, HEIGHT, BACKGROUND) < 0 ||
		canvas_keep_owners(&canvas) < 0 || !(reins = reins_new(&canvas, &loop)))
		abort();
	hot = 4 + random_below(seed, 60);
	passes = 0;
	for (int i = 0; i < PAINTERS; i++) {
		struct painter_thread *painter = &painters[i];
		const struct owner_key key = { .name = names[i], .proven = true };

		memset(painter, 0, sizeof(*painter));
		painter->number = i;
		painter->seed = *seed + (uint64_t)i * 7919;
		painter->owner = canvas_find_owner(&canvas, &key, OWNER_CROWD);
		canvas_thread_start(&canvas, &painter->thread, ring);
		if (canvas_brush_init(&canvas, &painter->brush, 0, 0, WIDTH, HEIGHT) < 0)
			abort();
		canvas_brush_join(&painter->brush, &painter->thread, false);
	}
}

static void
round_end(void)
{
	for (int i = 0; i < PAINTERS; i++) {
		canvas_brush_finish(&painters[i].brush);
		canvas_thread_stop(&painters[i].thread);
	}
	while (n_replaced > 0)
		rules_free(replaced[--n_replaced]);
	reins_free(reins);
	canvas_finish(&canvas);
}

static void
run_round(uint64_t *seed)
{
	struct mural_reader *reader;
	pthread_t reader_id;

	round_begin(seed);
	reader = canvas_reader_new(&canvas);
	painting = reading = 1;
	for (int i = 0; i < PAINTERS; i++)
		pthread_create(&painters[i].id, NULL, paint, &painters[i]);
	pthread_create(&reader_id, NULL, read_on, reader);
	operate(seed);
	__atomic_store_n(&painting, 0, __ATOMIC_RELAXED);
	for (int i = 0; i < PAINTERS; i++)
		pthread_join(painters[i].id, NULL);
	__atomic_store_n(&reading, 0, __ATOMIC_RELAXED);
	pthread_join(reader_id, NULL);
	read_once(reader);
	judge_all();
	mural_reader_free(reader);
	round_end();
}

static uint64_t
count_wrong(void)
{
	return found.torn + found.lost + found.not_undone + found.landed + found.banned +
	       found.miscounted + found.stale + found.stood_wrong;
}

/* Rounds until something is wrong, or the time is over. */
static bool
run(int what, uint64_t ms, uint64_t seed)
{
	const uint64_t until = now_ms() + ms;
	int rounds = 0;

	broken = what;
	memset(&found, 0, sizeof(found));
	do {
		run_round(&seed);
		rounds++;
	} while (now_ms() < until && count_wrong() == 0);
	printf("%s: %d rounds, %" PRIu64 " pixels judged, %" PRIu64
	       " for what came back; wrong: torn %" PRIu64 ", lost %" PRIu64
	       ", not undone %" PRIu64 ", landed where closed %" PRIu64
	       ", banned %" PRIu64 ", miscounted %" PRIu64 ", stale %" PRIu64
	       ", came back %" PRIu64 "\n",
		broken_names[what], rounds, found.judged, found.stood, found.torn,
		found.lost, found.not_undone, found.landed, found.banned,
		found.miscounted, found.stale, found.stood_wrong);
	fflush(stdout);
	return count_wrong() == 0;
}

static void
on_late(uv_timer_t *timer)
{
	(void)timer;
	abort();
}

int
main(int argc, char *argv[])
{
	const uint64_t ms = getenv("MURALD_LONG") ? 60000 : 5000;
	const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uv_timer_t awake;
	int wrong = 0;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &awake);
	uv_timer_start(&awake, on_late, UINT32_MAX, 0);
	wrong += !run(0, ms, seed);
#ifndef __SANITIZE_THREAD__
	for (int i = 1; i < CONTROLS; i++)
		if (run(i, 120000,
			    seed)) { /* a second, where the processors are its own */
			printf("FAIL: not noticed: %s\n", broken_names[i]);
			wrong++;
		}
#endif
	uv_close((uv_handle_t *)&awake, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	return wrong != 0;
}
