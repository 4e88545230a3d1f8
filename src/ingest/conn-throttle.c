/* SPDX-License-Identifier: MIT */
/* Clients whose source has a limit: how much is read of them, and when.  A client that
 * sends faster is read later: nothing of it is lost. */
#include <errno.h>
#include <stdlib.h>

#include "ingest/conn-private.h"
#include "limits/ratelimit.h"

struct pause {
	uv_timer_t timer;
	struct conn *conn;
};

static void
on_pause_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct pause, timer));
}

static void
on_pause_over(uv_timer_t *timer)
{
	struct conn *conn = container_of(timer, struct pause, timer)->conn;

	if (!conn->ending && !conn->outbox)
		conn_read_on(conn);
}

static int
pause_reading(struct conn *conn, uint64_t ms)
{
	if (!conn->pause) {
		conn->pause = malloc(sizeof(*conn->pause));
		if (!conn->pause)
			return -ENOMEM;
		conn->pause->conn = conn;
		uv_timer_init(conn->lane->worker->loop, &conn->pause->timer);
	}
	uv_read_stop(&conn->socket.stream);
	return uv_timer_start(&conn->pause->timer, on_pause_over, ms, 0);
}

size_t
conn_pace(struct conn *conn, size_t room)
{
	struct worker *worker = conn->lane->worker;
	ssize_t granted =
		rations_grant(worker->rations, &conn->peer.any, room, &worker->wait_ms);

	conn->unwelcome = granted < 0;
	return granted > 0 ? (size_t)granted : 0;
}

void
conn_not_now(struct conn *conn)
{
	struct lane *lane = conn->lane;

	mural_discard(&lane->brush,
		conn->unwelcome ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	lane_publish(lane, &lane->counts);
	if (conn->unwelcome)
		conn_end(conn);
	else if (pause_reading(conn, lane->worker->wait_ms) < 0)
		conn_close(conn);
}

void
conn_spend(struct conn *conn, uint64_t pixels, size_t bytes)
{
	rations_spend(conn->lane->worker->rations, &conn->peer.any, (int64_t)pixels,
		(int64_t)bytes);
}

void
conn_drop_pause(struct conn *conn)
{
	if (conn->pause)
		uv_close((uv_handle_t *)&conn->pause->timer, on_pause_closed);
	conn->pause = NULL;
}
