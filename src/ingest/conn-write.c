/* SPDX-License-Identifier: MIT */
/* Writes replies to a client: collecting, pending writes and their time-outs, and the
 * graceful close. */
#include "ingest/conn-private.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How long a client that is being closed may take to read its last replies. */
#define DRAIN_TIMEOUT_MS 5000

/* How long it may keep sending after them: closing at once would make the kernel discard
 * what the client has not read yet. */
#define LINGER_MS 1000

/* Replies that the socket did not take at once. */
struct pending_write {
	uv_write_t write;
	struct conn *conn;
	struct pending_write *next, **link; /* the worker's waitlist */
	size_t unsent; /* bytes, when its progress was last checked */
	size_t len;
	char bytes[];
};

/* ------------------------------------------------------------------ waitlist */

static void
waitlist_add(struct worker *worker, struct pending_write *pending_write)
{
	pending_write->next = NULL;
	pending_write->link = worker->waitlist_end;
	*worker->waitlist_end = pending_write;
	worker->waitlist_end = &pending_write->next;
}

static void
waitlist_remove(struct worker *worker, struct pending_write *pending_write)
{
	*pending_write->link = pending_write->next;
	if (pending_write->next)
		pending_write->next->link = pending_write->link;
	else
		worker->waitlist_end = pending_write->link;
	worker->held_bytes -= pending_write->len;
}

/* Closes the client whose pending write is oldest.  Progress resets the age. */
static bool
evict_oldest(struct conn *conn)
{
	struct pending_write *oldest = conn->client.shard->worker->waitlist;

	if (!oldest || oldest->conn == conn)
		return false;
	mural_discard(&oldest->conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
	conn_close(oldest->conn);
	return true;
}

bool
conn_reserve(struct conn *conn, size_t len)
{
	struct worker *worker = conn->client.shard->worker;

	while (len > HELD_BYTES_MAX - worker->held_bytes)
		if (!evict_oldest(conn))
			return false;
	worker->held_bytes += len;
	return true;
}

/* ------------------------------------------------------------------ collecting */

static bool
grow_replies(struct worker *worker, size_t len)
{
	size_t size = MAX(worker->replies_size, 4096);
	char *larger;

	while (size < worker->replies_len + len)
		size *= 2;
	if (size == worker->replies_size)
		return true;
	larger = realloc(worker->replies, size);
	if (!larger)
		return false;
	worker->replies = larger;
	worker->replies_size = size;
	return true;
}

int
conn_reply(struct client *client, const void *data, size_t len)
{
	struct conn *conn = container_of(client, struct conn, client);
	struct worker *worker = conn->client.shard->worker;

	client_check_serving(client, "mural_reply");
	if (conn->closed || conn->overrun ||
		len > REPLY_BYTES_MAX - worker->replies_len ||
		!grow_replies(worker, len)) {
		conn->overrun = true;
		worker->replies_len = 0;
		return -ENOBUFS;
	}
	memcpy(worker->replies + worker->replies_len, data, len);
	worker->replies_len += len;
	if (worker->replies_len < REPLY_BYTES_ENOUGH)
		return 0;
	conn->reply_full = true;
	return 1;
}

/* ------------------------------------------------------------------ the end */

static void
on_drain_timeout(uv_timer_t *timer)
{
	conn_close(container_of(timer, struct conn_timer, timer)->conn);
}

/* Bytes that the client has not received: ours, and those in the socket's buffer, which
 * may be megabytes and is not writable again until a third of it is free. */
static size_t
unsent_bytes(struct conn *conn)
{
	int fd = -1, queued = 0;

	uv_fileno((uv_handle_t *)&conn->socket.stream, &fd);
	if (ioctl(fd, SIOCOUTQ, &queued) < 0)
		queued = 0;
	return uv_stream_get_write_queue_size(&conn->socket.stream) + (size_t)queued;
}

/* Closes a client that received nothing since the last check. */
static void
on_write_timer(uv_timer_t *timer)
{
	struct conn *conn = container_of(timer, struct conn_timer, timer)->conn;
	size_t before = conn->pending_write->unsent;

	conn->pending_write->unsent = unsent_bytes(conn);
	if (conn->pending_write->unsent == before) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
}

static int
start_drain_timer(struct conn *conn, uint64_t ms)
{
	return conn_timer_start(conn, &conn->write_timer, on_drain_timeout, ms, 0);
}

static int
watch_progress(struct conn *conn)
{
	uint64_t ms = conn->client.shard->worker->reply_timeout_ms;

	if (ms == 0)
		return 0;
	conn->pending_write->unsent = unsent_bytes(conn);
	return conn_timer_start(conn, &conn->write_timer, on_write_timer, ms, ms);
}

/* All replies are out: shuts our side down and gives the client a moment to close its. */
static void
linger(struct conn *conn)
{
	int fd = -1;

	uv_fileno((uv_handle_t *)&conn->socket.stream, &fd);
	if (conn->eof || shutdown(fd, SHUT_WR) < 0 ||
		start_drain_timer(conn, LINGER_MS) < 0) {
		conn_close(conn);
		return;
	}
	conn_read_start(conn);
}

void
conn_end(struct conn *conn)
{
	int ret = conn_flush(conn);

	conn->ending = true;
	conn_drop_rest(conn);
	if (ret == 0 && !conn->pending_write) {
		linger(conn);
		return;
	}
	if (ret == 0)
		ret = start_drain_timer(conn, DRAIN_TIMEOUT_MS);
	if (ret < 0)
		conn_close(conn);
}

void
conn_drop_write(struct conn *conn)
{
	if (conn->pending_write)
		waitlist_remove(conn->client.shard->worker, conn->pending_write);
}

void
conn_free_write(struct conn *conn)
{
	free(conn->pending_write);
}

/* ------------------------------------------------------------------ writing */

static void
on_written(uv_write_t *write, int status)
{
	struct conn *conn = container_of(write, struct pending_write, write)->conn;

	if (conn->closed)
		return;
	waitlist_remove(conn->client.shard->worker, conn->pending_write);
	free(conn->pending_write);
	conn->pending_write = NULL;
	if (conn->write_timer)
		uv_timer_stop(&conn->write_timer->timer);
	if (status < 0)
		conn_close(conn);
	else if (conn->ending)
		linger(conn);
	else
		conn_resume(conn);
}

/* Queues what the socket did not take; the client is not read until that is written. */
static int
write_later(struct conn *conn, const char *bytes, size_t len)
{
	struct worker *worker = conn->client.shard->worker;
	struct pending_write *pending_write;
	uv_buf_t buf;
	int ret;

	if (!conn_reserve(conn, len)) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		return -ENOBUFS;
	}
	pending_write = malloc(sizeof(*pending_write) + len);
	if (!pending_write) {
		worker->held_bytes -= len;
		return -ENOMEM;
	}
	pending_write->conn = conn;
	pending_write->len = len;
	memcpy(pending_write->bytes, bytes, len);
	conn->pending_write = pending_write;
	waitlist_add(worker, pending_write);
	uv_read_stop(&conn->socket.stream);
	buf = uv_buf_init(pending_write->bytes, len);
	ret = uv_write(&pending_write->write, &conn->socket.stream, &buf, 1, on_written);
	return ret < 0 ? ret : watch_progress(conn);
}

int
conn_flush(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;
	uv_buf_t buf = uv_buf_init(worker->replies, worker->replies_len);
	int ret;

	if (conn->overrun) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		return -ENOBUFS;
	}
	if (buf.len == 0)
		return 0;
	worker->replies_len = 0;
	ret = uv_try_write(&conn->socket.stream, &buf, 1);
	if (ret < 0 && ret != UV_EAGAIN)
		return ret;
	ret = ret < 0 ? 0 : ret;
	if ((size_t)ret == buf.len)
		return 0;
	return write_later(conn, buf.base + ret, buf.len - ret);
}
