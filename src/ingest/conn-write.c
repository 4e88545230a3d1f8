/* SPDX-License-Identifier: MIT */
/* What goes out to a client: its answers, and the farewell when it must go. */
#include "ingest/conn-private.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How long a client may take to fetch its last answers, in ms. */
#define LAST_WORDS_MS 5000

/* How long it may go on sending after them: closing at once would make the kernel take
 * back what the client has not read yet. */
#define LINGER_MS 1000

/* Answers that the socket did not take at once. */
struct outbox {
	uv_write_t write;
	struct conn *conn;
	struct outbox *next, **link; /* of those that wait on this worker */
	size_t len;
	char bytes[];
};

/* Runs while answers wait for the client, and while one that must go may still say or
 * hear something. */
struct patience {
	uv_timer_t timer;
	struct conn *conn;
	size_t left; /* of the answers, when last looked at */
};

/* ------------------------------------------------------------------ what is kept */

static void
begin_to_wait(struct worker *worker, struct outbox *outbox)
{
	outbox->next = NULL;
	outbox->link = worker->last_waiting;
	*worker->last_waiting = outbox;
	worker->last_waiting = &outbox->next;
}

static void
end_to_wait(struct worker *worker, struct outbox *outbox)
{
	*outbox->link = outbox->next;
	if (outbox->next)
		outbox->next->link = outbox->link;
	else
		worker->last_waiting = outbox->link;
	worker->held -= outbox->len;
}

/* Of all who take no answers, that is who takes none for longest.  Whoever takes some now
 * and then waits for each part anew. */
static bool
make_way(struct conn *conn)
{
	struct outbox *oldest = conn->lane->worker->waiting;

	if (!oldest || oldest->conn == conn)
		return false;
	mural_discard(&oldest->conn->lane->brush, MURAL_RATE_LIMITED, 1);
	conn_close(oldest->conn);
	return true;
}

bool
conn_hold(struct conn *conn, size_t len)
{
	struct worker *worker = conn->lane->worker;

	while (len > HELD_BYTES_MAX - worker->held)
		if (!make_way(conn))
			return false;
	worker->held += len;
	return true;
}

/* ------------------------------------------------------------------ collecting */

static bool
make_room(struct worker *worker, size_t len)
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
conn_answer(struct client *client, const void *data, size_t len)
{
	struct conn *conn = container_of(client, struct conn, client);
	struct worker *worker = conn->lane->worker;

	if (conn->closed || conn->overrun ||
		len > REPLY_BYTES_MAX - worker->replies_len || !make_room(worker, len)) {
		conn->overrun = true;
		worker->replies_len = 0;
		return -ENOBUFS;
	}
	memcpy(worker->replies + worker->replies_len, data, len);
	worker->replies_len += len;
	if (worker->replies_len < REPLY_BYTES_ENOUGH)
		return 0;
	conn->full = true;
	return 1;
}

int
mural_reply(struct mural_conn *pub, const void *data, size_t len)
{
	struct client *client = container_of(pub, struct client, pub);

	return client->reply(client, data, len);
}

/* ------------------------------------------------------------------ the end */

static void
on_patience_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct patience, timer));
}

static void
on_farewell_over(uv_timer_t *timer)
{
	conn_close(container_of(timer, struct patience, timer)->conn);
}

/* Bytes that the client has not taken: ours and the socket's, which may be megabytes and
 * says nothing until a third of that is free. */
static size_t
bytes_left(struct conn *conn)
{
	int fd = -1, queued = 0;

	uv_fileno((uv_handle_t *)&conn->socket.stream, &fd);
	if (ioctl(fd, SIOCOUTQ, &queued) < 0)
		queued = 0;
	return uv_stream_get_write_queue_size(&conn->socket.stream) + (size_t)queued;
}

/* A client that took nothing since it was last looked at goes. */
static void
on_look(uv_timer_t *timer)
{
	struct patience *patience = container_of(timer, struct patience, timer);
	struct conn *conn = patience->conn;
	size_t left = bytes_left(conn);

	if (left == patience->left) {
		mural_discard(&conn->lane->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
	patience->left = left;
}

static int
set_patience(struct conn *conn, uv_timer_cb on_over, uint64_t ms, uint64_t repeat_ms)
{
	if (!conn->patience) {
		conn->patience = malloc(sizeof(*conn->patience));
		if (!conn->patience)
			return -ENOMEM;
		conn->patience->conn = conn;
		uv_timer_init(conn->lane->worker->loop, &conn->patience->timer);
	}
	return uv_timer_start(&conn->patience->timer, on_over, ms, repeat_ms);
}

/* A client that must go goes after this time at the latest; at once without memory. */
static int
set_farewell(struct conn *conn, uint64_t ms)
{
	return set_patience(conn, on_farewell_over, ms, 0);
}

/* A client whose answers wait is looked at now and then. */
static int
watch(struct conn *conn)
{
	uint64_t ms = conn->lane->worker->patience_ms;
	int ret;

	if (ms == 0)
		return 0;
	ret = set_patience(conn, on_look, ms, ms);
	if (ret == 0)
		conn->patience->left = bytes_left(conn);
	return ret;
}

/* All answers are out: says so, and waits a moment for the client to agree. */
static void
linger(struct conn *conn)
{
	int fd = -1;

	uv_fileno((uv_handle_t *)&conn->socket.stream, &fd);
	if (conn->ended || shutdown(fd, SHUT_WR) < 0 ||
		set_farewell(conn, LINGER_MS) < 0) {
		conn_close(conn);
		return;
	}
	conn_read_on(conn);
}

void
conn_end(struct conn *conn)
{
	bool flushed = conn_flush(conn) == 0;

	conn->ending = true;
	conn_drop_rest(conn);
	if (!flushed || (conn->outbox && set_farewell(conn, LAST_WORDS_MS) < 0))
		conn_close(conn);
	else if (!conn->outbox)
		linger(conn);
}

void
conn_drop_answers(struct conn *conn)
{
	if (conn->outbox)
		end_to_wait(conn->lane->worker, conn->outbox);
	if (conn->patience)
		uv_close((uv_handle_t *)&conn->patience->timer, on_patience_closed);
}

void
conn_free_answers(struct conn *conn)
{
	free(conn->outbox);
}

/* ------------------------------------------------------------------ writing */

static void
on_written(uv_write_t *write, int status)
{
	struct conn *conn = container_of(write, struct outbox, write)->conn;

	if (conn->closed)
		return;
	end_to_wait(conn->lane->worker, conn->outbox);
	free(conn->outbox);
	conn->outbox = NULL;
	if (conn->patience)
		uv_timer_stop(&conn->patience->timer);
	if (status < 0)
		conn_close(conn);
	else if (conn->ending)
		linger(conn);
	else
		conn_go_on(conn);
}

/* What the socket did not take becomes a write of its own, and the client is not read
 * until that is done. */
static int
write_later(struct conn *conn, const char *bytes, size_t len)
{
	struct worker *worker = conn->lane->worker;
	struct outbox *outbox;
	uv_buf_t buf;
	int ret;

	if (!conn_hold(conn, len)) {
		mural_discard(&conn->lane->brush, MURAL_RATE_LIMITED, 1);
		return -ENOBUFS;
	}
	outbox = malloc(sizeof(*outbox) + len);
	if (!outbox) {
		worker->held -= len;
		return -ENOMEM;
	}
	outbox->conn = conn;
	outbox->len = len;
	memcpy(outbox->bytes, bytes, len);
	conn->outbox = outbox;
	begin_to_wait(worker, outbox);
	uv_read_stop(&conn->socket.stream);
	buf = uv_buf_init(outbox->bytes, len);
	ret = uv_write(&outbox->write, &conn->socket.stream, &buf, 1, on_written);
	return ret < 0 ? ret : watch(conn);
}

int
conn_flush(struct conn *conn)
{
	struct worker *worker = conn->lane->worker;
	uv_buf_t buf = uv_buf_init(worker->replies, worker->replies_len);
	int ret;

	if (conn->overrun) {
		mural_discard(&conn->lane->brush, MURAL_RATE_LIMITED, 1);
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
