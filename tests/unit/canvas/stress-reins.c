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
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit/canvas/stress-reins.h"

/* What is broken, in words. */
static const char *const broken_names[CONTROLS] = { "nothing",
	"rules hold without waiting", "undo stores without comparing",
	"damage is told before the pixels", "colour and owner are two stores" };

int broken;
struct canvas canvas;
struct reins *reins;
uv_loop_t loop;
struct painter_thread painters[PAINTERS];
struct deed deeds[ACTS_MAX];
int n_deeds;
uint32_t hot;
uint64_t stamp;
uint32_t painting, reading;
uint32_t copy[PIXELS];
struct found found;

static inline uint64_t
now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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
			struct keeper_row kept = keeper_row(reins->keeper, x, y);
			uint64_t top = pixel_load(&canvas, x, y);
			uint64_t put = keeper_under(&kept, 0, top);

			if (word_id(top) != owner)
				continue;
			if (x % 32 == 0) /* long enough for others, on any machine */
				usleep(10);
			put = put ? put : colour_word(BACKGROUND);
			word_exchange(pixel_at(&canvas, x, y), canvas.step, put);
			keeper_put(&kept, 0, put, 0);
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

/* ------------------------------------------------------------------ rounds */

static void
ring(struct canvas_thread *thread)
{
	(void)thread; /* painters wake by themselves */
}

static void
round_begin(uint64_t *seed)
{
	static const char *const names[PAINTERS] = { "anna", "ben", "carl", "carl" };

	if (canvas_init(&canvas, WIDTH, HEIGHT, BACKGROUND) < 0 ||
		canvas_keep_owners(&canvas) < 0 || !(reins = reins_new(&canvas, &loop)))
		abort();
	hot = 4 + random_below(seed, 60);
	forget_passes();
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

/* Rounds until something is wrong, or the time is over, by that clock. */
static bool
run(int what, clockid_t clock, uint64_t ms, uint64_t seed)
{
	const uint64_t until = now_ms(clock) + ms;
	int rounds = 0;

	broken = what;
	memset(&found, 0, sizeof(found));
	do {
		run_round(&seed);
		rounds++;
	} while (now_ms(clock) < until && count_wrong() == 0);
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
	wrong += !run(0, CLOCK_MONOTONIC, ms, seed);
#ifndef __SANITIZE_THREAD__
	/* a second is enough, where the processors are its own */
	for (int i = 1; i < CONTROLS; i++)
		if (run(i, CLOCK_PROCESS_CPUTIME_ID, 120000, seed)) {
			printf("FAIL: not noticed: %s\n", broken_names[i]);
			wrong++;
		}
#endif
	uv_close((uv_handle_t *)&awake, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	return wrong != 0;
}
