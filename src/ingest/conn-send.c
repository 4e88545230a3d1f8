/* SPDX-License-Identifier: MIT */
/* What a plugin does to a connection by itself: sending, closing. */
#include <errno.h>
#include <sys/socket.h>

#include "ingest/conn-private.h"

/* NULL: a datagram socket. */
static struct conn *
conn_of(const struct mural_conn *pub, const char *function)
{
	struct client *client = container_of(pub, struct client, pub);

	worker_check(client->shard->worker, pub->host->name, function);
	return client->reply == conn_reply ? container_of(client, struct conn, client)
					   : NULL;
}

void
conn_leave(struct conn *conn, bool at_once)
{
	conn->leaving = true;
	conn->dropped |= at_once;
	mural_wake(&conn->client.pub);
}

/* Within the connection's own callback its replies go before. */
static int
conn_send(struct conn *conn, const void *data, size_t len)
{
	int ret = 0;

	if (conn->client.shard->worker->serving == &conn->client)
		ret = conn_flush(conn);
	if (ret == 0)
		ret = conn_write(conn, data, len, false);
	if (ret < 0)
		conn_leave(conn, true);
	return ret;
}

int
mural_send(struct mural_conn *pub, const void *data, size_t len)
{
	struct conn *conn = conn_of(pub, __func__);

	if (!conn)
		return -ENOTSOCK;
	if (conn->closed || conn->ending || conn->leaving)
		return -ENOTCONN;
	if (len > REPLY_BYTES_MAX || mural_unsent(pub) > REPLY_BYTES_MAX - len)
		return -ENOBUFS;
	return conn_send(conn, data, len);
}

size_t
mural_unsent(const struct mural_conn *pub)
{
	const struct conn *conn = conn_of(pub, __func__);

	if (!conn || conn->closed)
		return 0;
	return uv_stream_get_write_queue_size(&conn->socket.stream);
}

void
mural_close(struct mural_conn *pub, bool at_once)
{
	struct conn *conn = conn_of(pub, __func__);

	if (conn && !conn->closed)
		conn_leave(conn, at_once);
}

void
mural_send_buffer(struct mural_conn *pub, uint32_t bytes)
{
	struct conn *conn = conn_of(pub, __func__);
	int fd = -1, wanted = (int)MIN(bytes, INT32_MAX);

	if (conn && uv_fileno((uv_handle_t *)&conn->socket.stream, &fd) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
}
