/* SPDX-License-Identifier: MIT */
/* A socket of datagrams that take long leaves the loop to others after a short turn. */
#include <sys/socket.h>
#include <uv.h>

#include "ingest/udp.h"
#include "limits/ratelimit.h"
#include "support/unit.h"

#define QUEUED 200
#define EACH_NS 1000000

static unsigned fed;

static ssize_t
feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data, size_t len)
{
	const uint64_t begin = uv_hrtime();

	(void)conn;
	(void)brush;
	(void)data;
	fed++;
	while (uv_hrtime() - begin < EACH_NS)
		continue;
	return (ssize_t)len;
}

static const struct mural_plugin plugin = {
	MURAL_PLUGIN,
	.name = "slow",
	.transports = MURAL_DATAGRAM,
	.feed = feed,
};

static void
send_all(int fd)
{
	for (unsigned i = 0; i < QUEUED; i++)
		assert_int_equal(send(fd, "x", 1, MSG_DONTWAIT), 1);
}

/* How many of the datagrams that wait one turn takes. */
static unsigned
count_turn(uv_loop_t *loop)
{
	const unsigned before = fed;

	uv_run(loop, UV_RUN_NOWAIT);
	return fed - before;
}

static void
count_turns(uv_loop_t *loop, struct shard *shard)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(udp_open(shard, fds[0]), 0);
	send_all(fds[1]);
	/* the first turn shows how long they take */
	assert_in_range(count_turn(loop), 1, QUEUED / 2);
	while (fed < QUEUED)
		assert_in_range(count_turn(loop), 1, 3);
	udp_close(shard);
	close(fds[1]);
}

TEST(a_turn_is_short)
{
	struct config config = { .server.source_prefix = 64 };
	struct instance instance = { .plugin = &plugin };
	struct shard shard = { .instance = &instance };
	struct ratelimit ratelimit;
	struct worker worker;
	struct canvas canvas;
	uv_loop_t loop;

	instance.owner = &shard;
	instance.host.name = instance.name = "slow";
	assert_int_equal(ratelimit_init(&ratelimit, &config), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(canvas_init(&canvas, 4, 4, 0xff000000), 0);
	assert_int_equal(worker_start(&worker, &canvas, &loop), 0);
	assert_int_equal(canvas_brush_init(&canvas, &shard.brush, 0, 0, 4, 4), 0);
	canvas_brush_join(&shard.brush, &worker.painting, false);
	worker.ratelimit = &ratelimit;
	shard.worker = &worker;

	count_turns(&loop, &shard);

	uv_run(&loop, UV_RUN_DEFAULT);
	worker_stop(&worker);
	canvas_brush_finish(&shard.brush);
	canvas_finish(&canvas);
	assert_int_equal(uv_loop_close(&loop), 0);
	ratelimit_finish(&ratelimit);
}

UNIT_TESTS(NULL, NULL)
