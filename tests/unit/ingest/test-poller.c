/* SPDX-License-Identifier: MIT */
/* A poller that fails and is attached again keeps its totals. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ingest/poller.h"
#include "support/unit.h"

struct state {
	int fd, drains;
};

static unsigned attached, rung;

static void
on_ring(const struct mural_event *event, struct mural_brush *brush)
{
	assert_null(event->conn);
	assert_ptr_equal(event->arg, event->host->state);
	mural_put(brush, 1, 0, 0xffffffff);
	rung++;
}

/* murald stops the timer when it detaches. */
static int
attach(struct mural_host *host)
{
	struct state *state = host->state;

	attached++;
	assert_non_null(mural_timer_start(host, NULL, 0, 1, on_ring, state));
	state->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return state->fd;
}

/* Counts ten bytes and a lost packet each time, and fails from the second time on, once
 * the timer has rung. */
static int
drain(struct mural_host *host, struct mural_brush *brush)
{
	struct state *state = host->state;

	mural_put(brush, 0, 0, 0xffffffff);
	host->counts->received_bytes += 10;
	host->counts->kernel_drops++;
	host->counts->connections = 3;
	return ++state->drains >= 2 && rung > 0 ? -EIO : 0;
}

static void
detach(struct mural_host *host)
{
	struct state *state = host->state;

	host->counts->received_bytes += 1; /* a last byte */
	close(state->fd);
}

static const struct mural_plugin plugin = {
	MURAL_PLUGIN,
	.name = "breaks",
	.state_size = sizeof(struct state),
	.transports = MURAL_POLLER,
	.attach = attach,
	.drain = drain,
	.detach = detach,
};

static void
on_timer(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void
turn_until(uv_loop_t *loop, const unsigned *count, unsigned times)
{
	uv_timer_t limit;

	uv_timer_init(loop, &limit);
	uv_timer_start(&limit, on_timer, 10000, 0);
	while (*count < times && uv_timer_get_due_in(&limit) > 0)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&limit, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

TEST(totals_go_on)
{
	struct instance instance = { .plugin = &plugin };
	struct shard shard = { .instance = &instance };
	struct state source = { 0 };
	struct worker worker;
	struct canvas canvas;
	uv_loop_t loop;

	instance.host.state = &source;
	instance.host.counts = &instance.counts;
	instance.owner = &shard;
	instance.host.name = instance.name = "breaks";
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(canvas_init(&canvas, 4, 4, 0xff000000), 0);
	assert_int_equal(worker_start(&worker, &canvas, &loop), 0);
	assert_int_equal(canvas_brush_init(&canvas, &shard.brush, 0, 0, 4, 4), 0);
	canvas_brush_join(&shard.brush, &worker.painting, false);
	shard.worker = &worker;

	assert_int_equal(poller_open(&shard), 0);
	turn_until(&loop, &attached, 2);
	assert_int_equal(attached, 2);
	assert_true(shard.published.counts.received_bytes >= 21);
	assert_true(shard.published.counts.kernel_drops >= 2);
	turn_until(&loop, &attached, 3);
	turn_until(&loop, &rung, 1);
	assert_true(shard.published.counts.received_bytes >= 42);
	assert_true(shard.published.counts.kernel_drops >= 4);
	assert_true(rung > 0);
	poller_close(&shard);
	assert_null(instance.events);
	assert_int_equal(shard.published.counts.connections, 0);
	assert_int_equal(shard.published.counts.received_bytes % 10, 3);

	uv_run(&loop, UV_RUN_DEFAULT);
	worker_stop(&worker);
	canvas_brush_finish(&shard.brush);
	canvas_finish(&canvas);
	assert_int_equal(uv_loop_close(&loop), 0);
}

UNIT_TESTS(NULL, NULL)
