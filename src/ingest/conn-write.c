/* SPDX-License-Identifier: MIT */
/* Writes replies to a client: collecting, pending writes and their time-outs, and the
 * graceful close. */
#include "ingest/conn-private.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/memory-left.h"

/* How long a client that is being closed may take to read its last replies. */
#define DRAIN_TIMEOUT_MS 5000

/* How long it may keep sending after them: closing at once would make the kernel discard
 * what the client has not read yet. */
#define LINGER_MS 1000

/* What the socket did not take at once: all replies of a callback, or what the plugin
 * sent by itself. */
struct unsent {
	uv_write_t write;
	struct conn *conn;
	struct unsent *next;          /* of the client */
	struct unsent *later, **link; /* the worker's waitlist; link NULL: not on it */
	bool replies;
	size_t len;
	char bytes[];
};

/* ------------------------------------------------------------------ waitlist */

static void
waitlist_add(struct worker *worker, struct unsent *unsent)
{
	unsent->later = NULL;
	unsent->link = worker->waitlist_end;
	*worker->waitlist_end = unsent;
	worker->waitlist_end = &unsent->later;
}

/* Accepts one that was taken off before. */
static void
waitlist_remove(struct worker *worker, struct unsent *unsent)
{
	if (!unsent->link)
		return;
	*unsent->link = unsent->later;
	if (unsent->later)
		unsent->later->link = unsent->link;
	else
		worker->waitlist_end = unsent->link;
	unsent->link = NULL;
	worker->held_bytes -= sizeof(*unsent) + unsent->len;
}

/* Closes the client that has not read for longest, in a later turn: the plugin may be in
 * a callback for that one, or go through its clients.  What waits for it counts no more.
 * Progress resets the age. */
static bool
waitlist_evict(const struct conn *conn)
{
	const struct unsent *oldest = conn->client.shard->worker->waitlist;

	if (!oldest || oldest->conn == conn)
		return false;
	mural_discard(&oldest->conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
	conn_leave(oldest->conn, true);
	conn_drop_unsent(oldest->conn);
	return true;
}

bool
conn_reserve(struct conn *conn, size_t len)
{
	struct worker *worker = conn->client.shard->worker;

	/* before the wall's own memory is touched, somebody gives way already */
	if (!memory_is_left(2 * MEMORY_RESERVE)) {
		(void)waitlist_evict(conn);
		if (!memory_is_left(MEMORY_RESERVE))
			return false;
	}
	while (len > worker->held_bytes_max - worker->held_bytes)
		if (!waitlist_evict(conn))
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
	if (worker->replies_len <
		(conn->drains ? REPLY_BYTES_DRAINED : REPLY_BYTES_ENOUGH))
		return 0;
	conn->reply_full = true;
	return 1;
}

/* ------------------------------------------------------------------ the end */

static struct conn *
timer_conn(uv_timer_t *timer)
{
	return container_of(timer, struct conn_timer, timer)->conn;
}

static void
on_drain_timeout(uv_timer_t *timer)
{
	conn_close(timer_conn(timer));
}

static int
drain_timer_start(struct conn *conn, uint64_t ms)
{
	return conn_timer_start(conn, &conn->write_timer, on_drain_timeout, ms, 0);
}

/* All is out: shuts our side down and gives the client a moment to close its. */
static void
conn_linger(struct conn *conn)
{
	int fd = -1;

	uv_fileno((uv_handle_t *)&conn->socket.stream, &fd);
	if (conn->eof || shutdown(fd, SHUT_WR) < 0 ||
		drain_timer_start(conn, LINGER_MS) < 0) {
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
	if (ret == 0 && !conn->unsent) {
		conn_linger(conn);
		return;
	}
	/* or the end of the client's input would close it before all is out */
	uv_read_stop(&conn->socket.stream);
	if (ret == 0)
		ret = drain_timer_start(conn, DRAIN_TIMEOUT_MS);
	if (ret < 0)
		conn_close(conn);
}

void
conn_drop_unsent(struct conn *conn)
{
	for (struct unsent *unsent = conn->unsent; unsent; unsent = unsent->next)
		waitlist_remove(conn->client.shard->worker, unsent);
}

/* ------------------------------------------------------------------ progress */

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
on_progress_timer(uv_timer_t *timer)
{
	struct conn *conn = timer_conn(timer);
	size_t before = conn->write_timer->unsent;

	conn->write_timer->unsent = unsent_bytes(conn);
	if (conn->write_timer->unsent == before) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
}

static int
progress_timer_start(struct conn *conn)
{
	uint64_t ms = conn->client.shard->worker->reply_timeout_ms;
	int ret;

	if (ms == 0)
		return 0;
	ret = conn_timer_start(conn, &conn->write_timer, on_progress_timer, ms, ms);
	if (ret == 0)
		conn->write_timer->unsent = unsent_bytes(conn);
	return ret;
}

/* ------------------------------------------------------------------ writing */

/* Writes end in the order in which they began. */
static void
unsent_remove(struct conn *conn, struct unsent *unsent)
{
	assert(conn->unsent == unsent);
	conn->unsent = unsent->next;
	if (!conn->unsent)
		conn->unsent_end = &conn->unsent;
	waitlist_remove(conn->client.shard->worker, unsent);
	if (!unsent->replies)
		return;
	if (--conn->replies_unsent == 0 && conn->write_timer && !conn->ending)
		uv_timer_stop(&conn->write_timer->timer);
}

static void
on_written(uv_write_t *write, int status)
{
	struct unsent *unsent = container_of(write, struct unsent, write);
	struct conn *conn = unsent->conn;

	if (!conn->closed)
		unsent_remove(conn, unsent);
	free(unsent);
	if (conn->closed)
		return;
	if (status < 0)
		conn_close(conn);
	else if (conn->ending && !conn->unsent)
		conn_linger(conn);
	else if (!conn->ending && !conn->replies_unsent)
		conn_resume(conn);
}

/* Until replies are written, the client is not read. */
static int
unsent_add(struct conn *conn, const char *bytes, size_t len, bool replies)
{
	struct worker *worker = conn->client.shard->worker;
	struct unsent *unsent;
	uv_buf_t buf;
	int ret;

	if (!conn_reserve(conn, sizeof(*unsent) + len)) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		return -ENOBUFS;
	}
	unsent = malloc(sizeof(*unsent) + len);
	if (!unsent) {
		worker->held_bytes -= sizeof(*unsent) + len;
		return -ENOMEM;
	}
	*unsent = (struct unsent){ .conn = conn, .replies = replies, .len = len };
	memcpy(unsent->bytes, bytes, len);
	buf = uv_buf_init(unsent->bytes, len);
	ret = uv_write(&unsent->write, &conn->socket.stream, &buf, 1, on_written);
	if (ret < 0) {
		worker->held_bytes -= sizeof(*unsent) + len;
		free(unsent);
		return ret;
	}
	*conn->unsent_end = unsent;
	conn->unsent_end = &unsent->next;
	waitlist_add(worker, unsent);
	if (!replies)
		return 0;
	conn->replies_unsent++;
	uv_read_stop(&conn->socket.stream);
	return progress_timer_start(conn);
}

int
conn_write(struct conn *conn, const char *bytes, size_t len, bool replies)
{
	uv_buf_t buf = uv_buf_init((char *)bytes, len);
	int ret = uv_try_write(&conn->socket.stream, &buf, 1);

	if (ret < 0 && ret != UV_EAGAIN)
		return ret;
	ret = ret < 0 ? 0 : ret;
	if ((size_t)ret == len)
		return 0;
	return unsent_add(conn, bytes + ret, len - ret, replies);
}

int
conn_flush(struct conn *conn)
{
	struct worker *worker = conn->client.shard->worker;
	size_t len = worker->replies_len;
	int ret;

	if (conn->overrun) {
		mural_discard(&conn->client.shard->brush, MURAL_RATE_LIMITED, 1);
		return -ENOBUFS;
	}
	if (len == 0)
		return 0;
	worker->replies_len = 0;
	ret = conn_write(conn, worker->replies, len, true);
	conn->drains = !conn->replies_unsent;
	return ret;
}
