/* SPDX-License-Identifier: MIT */
/* A socket of datagrams that take long leaves the loop to others after a short turn, and
 * counts those that the kernel had no room for. */
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <uv.h>

#include "ingest/udp.h"
#include "limits/ratelimit.h"
#include "support/unit.h"

#define QUEUED 200
#define LONG_NS 1000000

/* Datagrams of which feed() takes no time, and LONG_NS. */
#define SHORT "s"
#define LONG "l"

/* The most that take long, until somebody else has a turn. */
#define LONG_MAX_A_TURN 16

static unsigned fed, fed_long;

static ssize_t
feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data, size_t len)
{
	const uint64_t begin = uv_hrtime();

	(void)conn;
	(void)brush;
	fed++;
	if (*data != *LONG)
		return (ssize_t)len;
	fed_long++;
	while (uv_hrtime() - begin < LONG_NS)
		continue;
	return (ssize_t)len;
}

static const struct mural_plugin plugin = {
	MURAL_PLUGIN,
	.name = "slow",
	.transports = MURAL_DATAGRAM,
	.feed = feed,
};

struct scene {
	struct instance instance;
	struct shard shard;
	struct ratelimit ratelimit;
	struct worker worker;
	struct canvas canvas;
	uv_loop_t loop;
};

static void
scene_open(struct scene *scene)
{
	struct config config = { .server.source_prefix = 64 };

	*scene = (struct scene){ .instance.plugin = &plugin };
	scene->shard.instance = &scene->instance;
	scene->shard.worker = &scene->worker;
	scene->instance.owner = &scene->shard;
	scene->instance.host.name = scene->instance.name = "slow";
	assert_int_equal(ratelimit_init(&scene->ratelimit, &config), 0);
	assert_int_equal(uv_loop_init(&scene->loop), 0);
	assert_int_equal(canvas_init(&scene->canvas, 4, 4, 0xff000000), 0);
	assert_int_equal(worker_start(&scene->worker, &scene->canvas, &scene->loop), 0);
	assert_int_equal(
		canvas_brush_init(&scene->canvas, &scene->shard.brush, 0, 0, 4, 4), 0);
	canvas_brush_join(&scene->shard.brush, &scene->worker.painting, false);
	scene->worker.ratelimit = &scene->ratelimit;
	fed = fed_long = 0;
}

static void
scene_close(struct scene *scene)
{
	udp_close(&scene->shard);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	worker_stop(&scene->worker);
	canvas_brush_finish(&scene->shard.brush);
	canvas_finish(&scene->canvas);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
	ratelimit_finish(&scene->ratelimit);
}

static void
send_some(int fd, unsigned n, const char *datagram)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(send(fd, datagram, 1, MSG_DONTWAIT), 1);
}

/* How many of the datagrams that wait one turn takes. */
static unsigned
count_turn(struct scene *scene)
{
	const unsigned before = fed;

	uv_run(&scene->loop, UV_RUN_NOWAIT);
	return fed - before;
}

TEST(a_turn_is_short)
{
	struct scene scene;
	int fds[2];

	scene_open(&scene);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(udp_open(&scene.shard, fds[0]), 0);
	send_some(fds[1], QUEUED, LONG);
	/* the first turn shows how long they take */
	assert_in_range(count_turn(&scene), 1, QUEUED / 2);
	while (fed < QUEUED)
		assert_in_range(count_turn(&scene), 1, 3);
	close(fds[1]);
	scene_close(&scene);
}

/* Batches are longest after what takes no time. */
TEST(a_turn_is_short_after_a_quick_one)
{
	struct scene scene;
	unsigned before;
	int fds[2];

	scene_open(&scene);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(udp_open(&scene.shard, fds[0]), 0);
	send_some(fds[1], QUEUED / 2, SHORT);
	send_some(fds[1], QUEUED / 2, LONG);
	while (fed < QUEUED) {
		before = fed_long;
		(void)count_turn(&scene);
		assert_in_range(fed_long - before, 0, LONG_MAX_A_TURN);
	}
	close(fds[1]);
	scene_close(&scene);
}

/* A UDP socket with room for a few datagrams, and `to`, which is connected to it. */
static int
open_small(int *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), bytes = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*to = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(*to, (struct sockaddr *)&address, len), 0);
	return fd;
}

TEST(what_the_kernel_drops_is_counted)
{
	struct scene scene;
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t len = sizeof(memory);
	int to, fd = open_small(&to);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0 ||
		len < sizeof(memory)) {
		puts("SKIP: what_the_kernel_drops_is_counted: an emulator does not tell");
		skip();
	}
	scene_open(&scene);
	assert_int_equal(udp_open(&scene.shard, fd), 0);
	for (unsigned i = 1; i <= 2; i++) {
		send_some(to, QUEUED, SHORT);
		while (count_turn(&scene) > 0)
			continue;
		assert_in_range(fed, i, i * QUEUED / 2);
		assert_int_equal(
			fed + scene.shard.published.counts.kernel_drops, i * QUEUED);
	}
	close(to);
	scene_close(&scene);
}

UNIT_TESTS(NULL, NULL)
