/* SPDX-License-Identifier: MIT */
/* A tick with thousands of subscribers who read nothing leaves the loop to others. */
#include <string.h>

#include "canvas/canvas.h"
#include "ingest/worker.h"
#include "p2/p2.h"
#include "p2/peer.h"
#include "support/unit.h"

#define WIDTH 1920
#define HEIGHT 1080
#define PEERS 6000

/* All of them together take tens of milliseconds, and a turn four. */
#define PEERS_A_TURN_MAX (PEERS / 4)

static size_t
pending(const struct peer *peer)
{
	(void)peer;
	return 1;
}

static const struct peer_transport deaf = { .pending = pending };

static void
subscribe(struct p2 *p2, struct peer *peers)
{
	const struct p2_event all = { .x2 = WIDTH - 1, .y2 = HEIGHT - 1 };

	for (size_t i = 0; i < PEERS; i++) {
		peers[i] = (struct peer){ .p2 = p2,
			.transport = &deaf,
			.next = i + 1 < PEERS ? &peers[i + 1] : NULL };
		broadcast_subscribe(&peers[i], &all);
	}
	p2->peers = peers;
}

/* How many know of the change. */
static size_t
count_told(const struct peer *peers)
{
	size_t n = 0;

	for (size_t i = 0; i < PEERS; i++)
		n += peers[i].subscription.n_missed > 0;
	return n;
}

static void
paint_all(struct shard *shard, uint32_t argb)
{
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			mural_put(&shard->brush, x, y, argb);
	shard_publish(shard);
}

/* As peer_finish() does, and its memory is somebody else's: it counts as told. */
static void
leave(struct peer *peer)
{
	broadcast_unsubscribe(peer);
	peer[-1].next = peer->next;
	memset(peer, 0xff, sizeof(*peer));
}

/* No turn of the loop tells too many, and all are told in the end; who was next leaves in
 * the middle of it. */
static void
check_turns(struct broadcast *broadcast, uv_loop_t *loop, const struct peer *peers)
{
	for (size_t told = 0, now; told < PEERS; told = now) {
		uv_run(loop, UV_RUN_NOWAIT);
		now = count_told(peers);
		assert_in_range(now - told, 0, PEERS_A_TURN_MAX);
		if (told == 0 && now > 0)
			leave(broadcast->next);
	}
}

/* Peers that miss all of it already have nothing to note. */
static void
check_next_tick(uv_loop_t *loop, const struct broadcast *broadcast)
{
	const uint64_t last_ms = broadcast->last_ms;
	const struct peer *before = NULL;
	unsigned turns = 0;

	while (broadcast->last_ms == last_ms)
		uv_run(loop, UV_RUN_NOWAIT);
	for (; broadcast->next; uv_run(loop, UV_RUN_NOWAIT)) {
		turns += broadcast->next != before;
		before = broadcast->next;
	}
	assert_in_range(turns, 0, 10);
}

static void
watch(struct p2 *p2, struct shard *shard, uv_loop_t *loop)
{
	struct peer *peers = calloc(PEERS, sizeof(*peers));

	assert_int_equal(broadcast_open(p2), 0);
	subscribe(p2, peers);
	paint_all(shard, 0xffffffff);
	check_turns(&p2->broadcast, loop, peers);
	paint_all(shard, 0xff0000ff);
	check_next_tick(loop, &p2->broadcast);
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		broadcast_unsubscribe(peer);
	free(peers);
}

static void
on_closed(uv_handle_t *handle)
{
	(void)handle;
}

TEST(a_tick_is_cut_into_turns)
{
	struct instance instance = { 0 };
	struct shard shard = { .instance = &instance };
	static struct p2_config config;
	struct p2 *p2 = calloc(1, sizeof(*p2));
	struct worker worker;
	struct canvas canvas;
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(canvas_init(&canvas, WIDTH, HEIGHT, 0xff000000), 0);
	assert_int_equal(worker_start(&worker, &canvas, &loop), 0);
	assert_int_equal(
		canvas_brush_init(&canvas, &shard.brush, 0, 0, WIDTH, HEIGHT), 0);
	canvas_brush_join(&shard.brush, &worker.painting, false);
	shard.worker = &worker;
	instance.shards = &shard;
	instance.host.name = "p2";
	instance.host.loop = &loop;
	instance.host.counts = &instance.counts;
	instance.host.width = WIDTH;
	instance.host.height = HEIGHT;
	p2->host = &instance.host;
	p2->config = &config;

	watch(p2, &shard, &loop);

	broadcast_close(p2, on_closed);
	uv_run(&loop, UV_RUN_DEFAULT);
	broadcast_finish(p2);
	worker_stop(&worker);
	canvas_brush_finish(&shard.brush);
	canvas_finish(&canvas);
	assert_int_equal(uv_loop_close(&loop), 0);
	free(p2);
}

UNIT_TESTS(NULL, NULL)
