/* SPDX-License-Identifier: MIT */
/* Finds pixels of slow protocols in what changed. */
#include "app/hud-ripples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"

#define SECOND_NS UINT64_C(1000000000)
#define RIPPLE_NS (HUD_RIPPLE_MS * UINT64_C(1000000))

enum {
	SLOW = 20,     /* pixels a second, of a protocol; or places, if it is a service */
	PLACE = 256,   /* pixels of a place at most, such as a cell of the board */
	FLOOD = 10000, /* of all */
	LOOK_MS = 33,
	FLOOD_MS = 1000,
	TILES_MAX = 1024, /* of one look */
	APART = 60,       /* of the canvas's height: two ripples closer would be one */
};

static void look(struct hud_ripples *ripples);

/* ------------------------------------------------------------------ who painted */

enum pace { PACE_NOBODY, PACE_SLOW, PACE_MIXED, PACE_FLOOD };

static void
begin_second(struct hud_ripples *ripples, uint64_t now)
{
	const bool is_last = now - ripples->second_ns < 2 * SECOND_NS;

	for (size_t i = 0; i < HUD_RIPPLES_INSTANCES; i++) {
		struct hud_ripples_rate *rate = &ripples->rates[i];

		rate->before = is_last ? rate->counted - rate->begun : 0;
		rate->begun = rate->counted;
	}
	ripples->second_ns = now;
}

/* One that was not there at the last look begins as slow. */
static void
count(struct hud_ripples_rate *rate, const struct instance *instance, uint64_t painted)
{
	if (rate->instance != instance || painted < rate->counted)
		*rate = (struct hud_ripples_rate){ instance, painted, painted, 0 };
	rate->counted = painted;
}

/* Pixels, of this second or the one before. */
static uint64_t
in_a_second(const struct hud_ripples_rate *rate)
{
	return MAX(rate->before, rate->counted - rate->begun);
}

/* A service paints whole cells, as the board does. */
static bool
is_slow(const struct hud_ripples_rate *rate)
{
	const struct mural_plugin *plugin = rate->instance->plugin;
	const uint64_t most = plugin && plugin->start ? SLOW * PLACE : SLOW;

	return in_a_second(rate) <= most;
}

/* What was painted since the last look. */
static enum pace
find_pace(struct hud_ripples *ripples)
{
	const struct instance *instance = ripples->ingest->plugins->instances;
	const uint64_t now = uv_hrtime();
	uint64_t slow = 0, others = 0, all = 0;
	struct counters sum;

	if (now - ripples->second_ns >= SECOND_NS)
		begin_second(ripples, now);
	for (size_t i = 0; instance && i < HUD_RIPPLES_INSTANCES;
		i++, instance = instance->next) {
		struct hud_ripples_rate *rate = &ripples->rates[i];
		const uint64_t counted = rate->counted;
		uint64_t new;

		ingest_counters(ripples->ingest, instance, &sum);
		count(rate, instance, sum.painted);
		new = rate->counted - MIN(counted, rate->counted);
		all += in_a_second(rate);
		if (is_slow(rate))
			slow += new;
		else
			others += new;
	}
	if (all > FLOOD)
		return PACE_FLOOD;
	if (others > 0 || instance)
		return PACE_MIXED;
	return slow > 0 ? PACE_SLOW : PACE_NOBODY;
}

/* ------------------------------------------------------------------ what changed */

static uint8_t
hash(uint32_t pixel)
{
	return (uint8_t)(pixel * UINT32_C(2654435761) >> 24);
}

struct found {
	uint32_t n; /* places; above SLOW they are not looked at, since nobody painted
		       them slowly */
	struct hud_ripple places[HUD_RIPPLES_MAX];
};

static bool
is_near(const struct mural_view *view, const struct hud_ripple *ripples, uint32_t n,
	const struct hud_ripple *ripple)
{
	const int64_t apart = view->height / APART;

	for (uint32_t i = 0; i < n; i++) {
		const int64_t x = (int64_t)ripples[i].x - ripple->x;
		const int64_t y = (int64_t)ripples[i].y - ripple->y;

		if (x * x + y * y <= apart * apart)
			return true;
	}
	return false;
}

/* The pixels of a cell are one place. */
static void
add_found(const struct hud_ripples *ripples, struct found *found, uint32_t x, uint32_t y)
{
	const struct hud_ripple place = { x, y, uv_hrtime() };

	if (is_near(ripples->view, found->places, MIN(found->n, HUD_RIPPLES_MAX), &place))
		return;
	if (found->n < HUD_RIPPLES_MAX)
		found->places[found->n] = place;
	found->n++;
}

static void
look_at_tile(struct hud_ripples *ripples, uint32_t tile, struct found *found)
{
	const struct mural_rect rect = mural_tile_rect(ripples->view, tile);
	uint32_t pixels[MURAL_TILE * MURAL_TILE];

	mural_reader_copy(ripples->reader, rect.x, rect.y, rect.width, rect.height,
		pixels, MURAL_TILE);
	for (uint32_t y = 0; y < rect.height; y++) {
		uint8_t *seen =
			&ripples->seen[(size_t)(rect.y + y) * ripples->view->width +
				       rect.x];

		for (uint32_t x = 0; x < rect.width; x++) {
			const uint8_t now = hash(pixels[y * MURAL_TILE + x]);

			if (seen[x] == now)
				continue;
			seen[x] = now;
			if (found->n <= SLOW)
				add_found(ripples, found, rect.x + x, rect.y + y);
		}
	}
}

/* False: there is more to be looked at. */
static bool
look_at_tiles(struct hud_ripples *ripples, struct found *found)
{
	uint32_t n = 0;

	for (uint32_t tile = 0;
		mural_tiles_next(ripples->view, ripples->tiles, &tile) && n < TILES_MAX;
		tile++, n++) {
		look_at_tile(ripples, tile, found);
		mural_tiles_remove(ripples->tiles, tile);
	}
	if (n < TILES_MAX)
		return true;
	mural_reader_put_back(ripples->reader, ripples->tiles);
	return false;
}

/* ------------------------------------------------------------------ the ripples */

static void
forget_old(struct hud_ripples *ripples)
{
	const uint64_t now = uv_hrtime();
	uint32_t n = 0;

	for (uint32_t i = 0; i < ripples->n; i++)
		if (now < ripples->ripples[i].began_ns + RIPPLE_NS)
			ripples->ripples[n++] = ripples->ripples[i];
	ripples->n = n;
}

static void
add_ripples(struct hud_ripples *ripples, const struct found *found)
{
	const uint32_t before = ripples->n, kept = MIN(found->n, HUD_RIPPLES_MAX);

	for (uint32_t i = 0; i < kept && ripples->n < HUD_RIPPLES_MAX; i++)
		if (!is_near(ripples->view, ripples->ripples, ripples->n,
			    &found->places[i]))
			ripples->ripples[ripples->n++] = found->places[i];
	if (ripples->n > before)
		hud_set_ripples(ripples->hud, ripples->ripples, ripples->n);
}

/* ------------------------------------------------------------------ looking */

static void
on_changed(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(poll);
	look(container_of(poll, struct hud_ripples, changed));
}

static void
on_again(uv_timer_t *timer)
{
	struct hud_ripples *ripples = container_of(timer, struct hud_ripples, again);

	if (mural_reader_arm(ripples->reader))
		look(ripples);
	else
		uv_poll_start(&ripples->changed, UV_READABLE, on_changed);
}

/* After a flood, the first look only learns what is there now. */
static void
look(struct hud_ripples *ripples)
{
	const enum pace pace = find_pace(ripples);
	/* else only what is there is learnt */
	const bool finds = ripples->knows && pace == PACE_SLOW;
	struct found found = { .n = finds ? 0 : SLOW + 1 };
	bool has_seen;

	uv_update_time(ripples->again.loop);
	uv_timer_start(
		&ripples->again, on_again, pace == PACE_FLOOD ? FLOOD_MS : LOOK_MS, 0);
	if (pace == PACE_FLOOD) {
		ripples->knows = false;
		return;
	}
	mural_reader_take(ripples->reader, ripples->tiles);
	has_seen = look_at_tiles(ripples, &found);
	memset(ripples->tiles, 0, ripples->view->words * sizeof(*ripples->tiles));
	forget_old(ripples);
	if (has_seen && found.n <= SLOW)
		add_ripples(ripples, &found);
	ripples->knows = has_seen;
}

/* ------------------------------------------------------------------ start and stop */

int
hud_ripples_start(struct hud_ripples *ripples, struct hud *hud,
	const struct ingest *ingest, struct canvas *canvas, uv_loop_t *loop)
{
	*ripples = (struct hud_ripples){
		.ingest = ingest,
		.view = &canvas->view,
		.reader = canvas_reader_new(canvas),
		.tiles = calloc(canvas->view.words, sizeof(uint64_t)),
		.seen = calloc(canvas->view.height, canvas->view.width),
	};
	if (!ripples->reader || !ripples->tiles || !ripples->seen) {
		mural_reader_free(ripples->reader);
		free(ripples->tiles);
		free(ripples->seen);
		log_error("hud: out of memory; what is painted has no ripples");
		return -ENOMEM;
	}
	ripples->hud = hud;
	uv_poll_init(loop, &ripples->changed, mural_reader_fd(ripples->reader));
	uv_timer_init(loop, &ripples->again);
	uv_timer_start(&ripples->again, on_again, 0, 0);
	return 0;
}

void
hud_ripples_stop(struct hud_ripples *ripples)
{
	if (!ripples->hud)
		return;
	uv_close((uv_handle_t *)&ripples->changed, NULL);
	uv_close((uv_handle_t *)&ripples->again, NULL);
	mural_reader_free(ripples->reader);
	free(ripples->tiles);
	free(ripples->seen);
	ripples->hud = NULL;
}
