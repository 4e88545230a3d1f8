/* SPDX-License-Identifier: MIT */
/* Holds clients to the rate limit of their source by reading them later; nothing they
 * sent is lost. */
#include <errno.h>
#include <stdlib.h>

#include "ingest/conn-private.h"
#include "limits/ratelimit.h"

struct throttle {
	uv_timer_t timer;
	struct conn *conn;
};

static void
on_throttle_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct throttle, timer));
}

static void
on_throttle_over(uv_timer_t *timer)
{
	struct conn *conn = container_of(timer, struct throttle, timer)->conn;

	if (!conn->ending && !conn->pending_write)
		conn_read_start(conn);
}

static int
throttle_reading(struct conn *conn, uint64_t ms)
{
	if (!conn->throttle) {
		conn->throttle = malloc(sizeof(*conn->throttle));
		if (!conn->throttle)
			return -ENOMEM;
		conn->throttle->conn = conn;
		uv_timer_init(conn->shard->worker->loop, &conn->throttle->timer);
	}
	uv_read_stop(&conn->socket.stream);
	return uv_timer_start(&conn->throttle->timer, on_throttle_over, ms, 0);
}

size_t
conn_allowance(struct conn *conn, size_t room)
{
	struct worker *worker = conn->shard->worker;
	ssize_t allowed = ratelimit_allowance(
		worker->ratelimit, &conn->peer.any, room, &worker->wait_ms);

	conn->denied = allowed < 0;
	return allowed > 0 ? (size_t)allowed : 0;
}

void
conn_throttle(struct conn *conn)
{
	struct shard *shard = conn->shard;

	mural_discard(
		&shard->brush, conn->denied ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	shard_publish(shard, &shard->counts);
	if (conn->denied)
		conn_end(conn);
	else if (throttle_reading(conn, shard->worker->wait_ms) < 0)
		conn_close(conn);
}

void
conn_debit(struct conn *conn, uint64_t pixels, size_t bytes)
{
	ratelimit_debit(conn->shard->worker->ratelimit, &conn->peer.any, (int64_t)pixels,
		(int64_t)bytes);
}

void
conn_drop_throttle(struct conn *conn)
{
	if (conn->throttle)
		uv_close((uv_handle_t *)&conn->throttle->timer, on_throttle_closed);
	conn->throttle = NULL;
}
