/* SPDX-License-Identifier: MIT */
/* Holds clients to the rate limit of their source by reading them later; nothing they
 * sent is lost. */
#include "ingest/conn-private.h"
#include "limits/ratelimit.h"

static void
on_throttle_over(uv_timer_t *timer)
{
	struct conn *conn = container_of(timer, struct conn_timer, timer)->conn;

	if (!conn->ending && !conn->replies_unsent)
		conn_read_start(conn);
}

bool
conn_is_limited(const struct conn *conn)
{
	const struct shard *shard = conn->client.shard;

	return ratelimit_active(shard->worker->ratelimit) &&
	       !(shard->instance->plugin->flags & MURAL_OWN_LIMITS);
}

size_t
conn_allowance(struct conn *conn, size_t room)
{
	struct worker *worker = conn->client.shard->worker;
	ssize_t allowed = ratelimit_allowance(
		worker->ratelimit, &conn->peer.any, room, &worker->wait_ms);

	conn->denied = allowed < 0;
	return allowed > 0 ? (size_t)allowed : 0;
}

void
conn_throttle(struct conn *conn)
{
	struct shard *shard = conn->client.shard;

	mural_discard(
		&shard->brush, conn->denied ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	shard_publish(shard);
	if (conn->denied) {
		conn_end(conn);
		return;
	}
	uv_read_stop(&conn->socket.stream);
	if (conn_timer_start(conn, &conn->throttle, on_throttle_over,
		    shard->worker->wait_ms, 0) < 0)
		conn_close(conn);
}

void
conns_end_denied(struct shard *shard)
{
	struct conn *next;

	for (struct conn *conn = shard->conns; conn; conn = next) {
		next = conn->next;
		if (conn->ending ||
			ratelimit_check(shard->worker->ratelimit, &conn->peer.any) == 0)
			continue;
		mural_discard(&shard->brush, MURAL_UNAUTHORIZED, 1);
		conn_end(conn);
	}
	shard_publish(shard);
}

void
conns_tell(struct shard *shard, const char *text, size_t len)
{
	char unread[65536];
	int fd;

	for (struct conn *conn = shard->conns; conn; conn = conn->next) {
		if (conn->ending || conn->unsent ||
			uv_fileno((uv_handle_t *)&conn->socket.stream, &fd) < 0 ||
			send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			continue;
		shutdown(fd, SHUT_WR);
		(void)recv(fd, unread, sizeof(unread), MSG_DONTWAIT);
	}
}

void
conn_debit(struct conn *conn, uint64_t pixels, size_t bytes)
{
	ratelimit_debit(conn->client.shard->worker->ratelimit, RATELIMIT_CONNECTED,
		&conn->peer.any, (int64_t)pixels, (int64_t)bytes);
}
