/* SPDX-License-Identifier: MIT */
/* Carries p² over murald's own connections, TCP and Unix sockets, as a stream of bytes.
 */
#include "p2/transport-stream.h"

#include "p2/p2.h"

static struct stream_peer *
stream_of(const struct peer *peer)
{
	return (struct stream_peer *)peer;
}

/* The rest of what waits is written first; then catching up goes on. */
static void
stream_send(struct peer *peer, const void *bytes, size_t len)
{
	struct mural_conn *conn = stream_of(peer)->conn;

	if (mural_send(conn, bytes, len) == 0 && mural_unsent(conn) > 0)
		mural_wake(conn);
}

static size_t
stream_pending(const struct peer *peer)
{
	return mural_unsent(stream_of(peer)->conn);
}

static void
stream_close(struct peer *peer, enum peer_close_reason reason)
{
	(void)reason;
	mural_close(stream_of(peer)->conn, false);
}

static void
stream_drop(struct peer *peer)
{
	mural_close(stream_of(peer)->conn, true);
}

static const struct peer_transport transport = {
	.send = stream_send,
	.pending = stream_pending,
	.close = stream_close,
	.drop = stream_drop,
};

int
stream_peer_open(struct mural_conn *conn)
{
	struct p2 *p2 = conn->host->state;
	struct stream_peer *stream = conn->state;

	mural_send_buffer(conn, SOCKET_BYTES);
	stream->conn = conn;
	stream->last_received_ms = uv_now(conn->host->loop);
	stream->peer.last_received_ms = &stream->last_received_ms;
	stream->peer.address = conn->peer;
	peer_init(&stream->peer, p2, &transport);
	return 0;
}

/* The brush is the instance's own, since all is on one thread. */
ssize_t
stream_peer_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct stream_peer *stream = conn->state;

	(void)brush;
	stream->last_received_ms = uv_now(conn->host->loop);
	peer_read(&stream->peer, data, len);
	return (ssize_t)len;
}

int
stream_peer_ready(struct mural_conn *conn, struct mural_brush *brush)
{
	struct stream_peer *stream = conn->state;

	(void)brush;
	broadcast_catch_up(&stream->peer);
	return 0;
}

void
stream_peer_close(struct mural_conn *conn)
{
	struct stream_peer *stream = conn->state;

	peer_finish(&stream->peer);
}
