/* SPDX-License-Identifier: MIT */
/* One client from accept to close. */
#include "conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a client may take to fetch its last answers, in ms. */
#define LAST_WORDS_MS 5000

/* How long it may go on sending after them: closing at once would make the kernel take
 * back what the client has not read yet. */
#define LINGER_MS 1000

/* A client that has sent so much without a pause lets the others have a turn. */
#define BYTES_A_TURN READ_BYTES

/* The end of a command is seldom longer. */
#define SHORT_REST 32

/* Answers that the socket did not take at once. */
struct outbox {
	uv_write_t write;
	struct conn *conn;
	size_t len;
	char bytes[];
};

/* Runs while a client that must go may still say or hear something. */
struct farewell {
	uv_timer_t timer;
	struct conn *conn;
};

/* What few clients need is allocated when they need it: of this struct there are ten
 * thousands. */
struct conn {
	struct client client;
	struct lane *lane;
	struct conn *next, **link;
	union {
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	struct outbox *outbox; /* NULL: every answer is taken, and the client is read */
	struct farewell *farewell;
	uint8_t *long_rest; /* NULL: it fits into short_rest */
	uint32_t long_len;  /* of which the last rest_len bytes are the rest */
	uint32_t rest_len;
	uint8_t short_rest[SHORT_REST];
	union peer peer;
	bool opened;  /* the plugin has it */
	bool full;    /* murald asked this feed to stop */
	bool overrun; /* there was no room for an answer */
	bool parked;  /* the rest is what a full feed did not come to */
	bool curious; /* asks a lot, so little is read of it at once */
	bool ended;   /* the client will say no more */
	bool ending;  /* what it says is thrown away */
	bool closed;
};

static void conn_close(struct conn *conn);
static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf);

/* ------------------------------------------------------------------ what is kept */

static bool
hold(struct worker *worker, size_t len)
{
	if (len > HELD_BYTES_MAX - worker->held)
		return false;
	worker->held += len;
	return true;
}

static void
drop_rest(struct conn *conn)
{
	conn->lane->worker->held -= conn->long_len;
	free(conn->long_rest);
	conn->long_rest = NULL;
	conn->long_len = 0;
	conn->rest_len = 0;
}

static const uint8_t *
rest_of(const struct conn *conn)
{
	if (conn->long_rest)
		return conn->long_rest + conn->long_len - conn->rest_len;
	return conn->short_rest;
}

/* Keeps what feed() did not use.  It may be the end of the present rest, and stays there
 * when it is parked once more.  False: it cannot be kept. */
static bool
keep_rest(struct conn *conn, const uint8_t *rest, size_t len)
{
	uint8_t little[SHORT_REST], *copy = NULL;

	if (conn->parked && conn->long_rest) {
		conn->rest_len = len;
		return true;
	}
	if (len <= SHORT_REST) {
		memcpy(little, rest, len);
		drop_rest(conn);
		memcpy(conn->short_rest, little, len);
	} else {
		copy = malloc(len);
		if (!copy || !hold(conn->lane->worker, len)) {
			free(copy);
			return false;
		}
		memcpy(copy, rest, len);
		drop_rest(conn);
		conn->long_rest = copy;
		conn->long_len = len;
	}
	conn->rest_len = len;
	return true;
}

/* ------------------------------------------------------------------ reading */

/* libuv would read one busy client 32 times before it looks at another; no buffer makes
 * it go on with the others. */
static void
on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;
	struct worker *worker = conn->lane->worker;

	(void)size;
	if (worker->reading != conn) {
		worker->reading = conn;
		worker->read_in_a_row = 0;
	}
	if (worker->read_in_a_row >= BYTES_A_TURN) {
		worker->reading = NULL;
		*buf = uv_buf_init(NULL, 0);
		return;
	}
	*buf = uv_buf_init((char *)worker->buf + MURAL_REST_MAX,
		conn->curious ? READ_BYTES / 8 : READ_BYTES);
}

static void
read_on(struct conn *conn)
{
	uv_read_start(&conn->socket.stream, on_alloc, on_read);
}

/* ------------------------------------------------------------------ the end */

static void
on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	free(conn->outbox);
	free(conn->client.pub.state);
	free(conn);
}

static void
on_farewell_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct farewell, timer));
}

static void
on_farewell_over(uv_timer_t *timer)
{
	conn_close(container_of(timer, struct farewell, timer)->conn);
}

/* A client that must go goes after this time at the latest; at once without memory. */
static int
set_farewell(struct conn *conn, uint64_t ms)
{
	if (!conn->farewell) {
		conn->farewell = malloc(sizeof(*conn->farewell));
		if (!conn->farewell)
			return -ENOMEM;
		conn->farewell->conn = conn;
		uv_timer_init(conn->lane->worker->loop, &conn->farewell->timer);
	}
	return uv_timer_start(&conn->farewell->timer, on_farewell_over, ms, 0);
}

static void
conn_close(struct conn *conn)
{
	struct lane *lane = conn->lane;

	if (conn->closed)
		return;
	conn->closed = true;
	if (conn->opened && lane->instance->plugin->close)
		lane->instance->plugin->close(&conn->client.pub);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	lane->counts.connections--;
	figure_store(&lane->worker->gone, lane->worker->gone + 1);
	lane_publish(lane, &lane->counts);
	if (lane->quota)
		quota_leave(lane->quota, &conn->peer);
	drop_rest(conn);
	if (conn->outbox)
		lane->worker->held -= conn->outbox->len;
	if (conn->farewell)
		uv_close((uv_handle_t *)&conn->farewell->timer, on_farewell_closed);
	uv_close((uv_handle_t *)&conn->socket.stream, on_closed);
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
	read_on(conn);
}

/* ------------------------------------------------------------------ answers */

static void feed_parked(struct conn *conn);

static void
on_written(uv_write_t *write, int status)
{
	struct conn *conn = container_of(write, struct outbox, write)->conn;

	if (conn->closed)
		return;
	conn->lane->worker->held -= conn->outbox->len;
	free(conn->outbox);
	conn->outbox = NULL;
	if (status < 0)
		conn_close(conn);
	else if (conn->ending)
		linger(conn);
	else if (conn->parked)
		feed_parked(conn);
	else
		read_on(conn);
}

/* What the socket did not take becomes a write of its own, and the client is not read
 * until that is done. */
static int
write_later(struct conn *conn, const char *bytes, size_t len)
{
	struct worker *worker = conn->lane->worker;
	struct outbox *outbox;
	uv_buf_t buf;

	if (!hold(worker, len))
		return -ENOBUFS;
	outbox = malloc(sizeof(*outbox) + len);
	if (!outbox) {
		worker->held -= len;
		return -ENOMEM;
	}
	outbox->conn = conn;
	outbox->len = len;
	memcpy(outbox->bytes, bytes, len);
	conn->outbox = outbox;
	uv_read_stop(&conn->socket.stream);
	buf = uv_buf_init(outbox->bytes, len);
	return uv_write(&outbox->write, &conn->socket.stream, &buf, 1, on_written);
}

/* Writes what the plugin just answered. */
static int
flush_replies(struct conn *conn)
{
	struct worker *worker = conn->lane->worker;
	uv_buf_t buf = uv_buf_init(worker->replies, worker->replies_len);
	int ret;

	if (conn->overrun)
		return -ENOBUFS;
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

/* Ends a client of our own accord: its answers go out first. */
static void
conn_end(struct conn *conn)
{
	bool flushed = flush_replies(conn) == 0;

	conn->ending = true;
	drop_rest(conn);
	if (!flushed || (conn->outbox && set_farewell(conn, LAST_WORDS_MS) < 0))
		conn_close(conn);
	else if (!conn->outbox)
		linger(conn);
}

/* ------------------------------------------------------------------ feeding */

static ssize_t
feed_once(struct conn *conn, const uint8_t *data, size_t len)
{
	struct lane *lane = conn->lane;
	ssize_t used;

	conn->full = false;
	used = lane->instance->plugin->feed(&conn->client.pub, &lane->brush, data, len);
	assert(used <= (ssize_t)len);
	lane_publish(lane, &lane->counts);
	return used;
}

/* Feeds all of it, with a pause for the answers whenever the plugin made one; when the
 * client does not take them, the remainder is parked. */
static void
feed_all(struct conn *conn, const uint8_t *data, size_t len)
{
	struct lane *lane = conn->lane;

	do {
		ssize_t used = feed_once(conn, data, len);
		if (used < 0) {
			conn_end(conn);
			return;
		}
		data += used;
		len -= used;
		conn->curious = lane->worker->replies_len > REPLY_BYTES_ENOUGH / 4;
		if (flush_replies(conn) < 0) {
			conn_close(conn);
			return;
		}
	} while (conn->full && len > 0 && !conn->outbox);

	conn->parked = conn->full && len > 0;
	if (!conn->parked && len > MURAL_REST_MAX) {
		mural_discard(&lane->brush, MURAL_MALFORMED, 1);
		conn_end(conn);
	} else if (!keep_rest(conn, data, len)) {
		mural_discard(&lane->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
}

static void
feed_parked(struct conn *conn)
{
	uint8_t little[SHORT_REST];

	memcpy(little, conn->short_rest, sizeof(little));
	feed_all(conn, conn->long_rest ? rest_of(conn) : little, conn->rest_len);
	if (!conn->closed && !conn->ending && !conn->outbox)
		read_on(conn);
}

/* The client has closed its side; it may still listen. */
static void
end_of_input(struct conn *conn)
{
	struct lane *lane = conn->lane;
	const struct mural_plugin *plugin = lane->instance->plugin;

	conn->ended = true;
	if (plugin->end) {
		plugin->end(
			&conn->client.pub, &lane->brush, rest_of(conn), conn->rest_len);
		lane_publish(lane, &lane->counts);
	}
	conn_end(conn);
}

/* Socket, plugin, brush, canvas: the whole way of a pixel. */
static void
on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;
	struct lane *lane = conn->lane;

	if (nread == UV_ENOBUFS)
		return;
	if (nread == UV_EOF && !conn->ending) {
		end_of_input(conn);
		return;
	}
	if (nread < 0) {
		conn_close(conn);
		return;
	}
	lane->worker->read_in_a_row += nread;
	if (conn->ending)
		return;
	lane->counts.received_bytes += nread;

	uint8_t *data = (uint8_t *)buf->base - conn->rest_len;
	size_t len = conn->rest_len + nread;
	memcpy(data, rest_of(conn), conn->rest_len);
	drop_rest(conn);
	feed_all(conn, data, len);
}

/* ------------------------------------------------------------------ the beginning */

static int
open_socket(struct conn *conn, int fd)
{
	uv_loop_t *loop = conn->lane->worker->loop;
	int ret;

	if (conn->peer.any.sa_family != AF_UNIX) {
		uv_tcp_init(loop, &conn->socket.tcp);
		ret = uv_tcp_open(&conn->socket.tcp, fd);
		if (ret == 0)
			uv_tcp_nodelay(&conn->socket.tcp, 1);
	} else {
		uv_pipe_init(loop, &conn->socket.pipe, 0);
		ret = uv_pipe_open(&conn->socket.pipe, fd);
	}
	conn->socket.stream.data = conn;
	return ret;
}

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

static int
reply_to_conn(struct client *client, const void *data, size_t len)
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

int
client_init(struct client *client, const struct lane *lane, const struct sockaddr *peer)
{
	struct instance *instance = lane->instance;
	size_t state_size = instance->plugin->conn_size;

	*client = (struct client){
		.pub = {
			.config = instance->config,
			.host = &instance->host,
			.peer = peer,
		},
	};
	client->pub.state = state_size ? calloc(1, state_size) : NULL;
	return state_size && !client->pub.state ? -ENOMEM : 0;
}

static struct conn *
conn_new(struct lane *lane, const union peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->peer = *peer;
	if (client_init(&conn->client, lane, &conn->peer.any) < 0) {
		free(conn);
		return NULL;
	}
	conn->client.reply = reply_to_conn;
	conn->lane = lane;
	conn->link = &lane->conns;
	conn->next = lane->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	lane->conns = conn;
	lane->counts.connections++;
	lane_publish(lane, &lane->counts);
	return conn;
}

/* What the plugin's open() may answer is flushed like what feed() answers. */
static void
begin_talking(struct conn *conn)
{
	const struct mural_plugin *plugin = conn->lane->instance->plugin;

	conn->opened = !plugin->open || plugin->open(&conn->client.pub) == 0;
	if (!conn->opened) {
		conn_end(conn);
		return;
	}
	read_on(conn);
	if (flush_replies(conn) < 0)
		conn_close(conn);
}

void
conn_accept(struct lane *lane, int fd, const union peer *peer)
{
	struct conn *conn = conn_new(lane, peer);

	if (!conn) {
		figure_store(&lane->worker->gone, lane->worker->gone + 1);
		if (lane->quota)
			quota_leave(lane->quota, peer);
		close(fd);
		return;
	}
	if (open_socket(conn, fd) < 0) {
		close(fd);
		conn_close(conn);
		return;
	}
	begin_talking(conn);
}

void
conns_close(struct lane *lane)
{
	while (lane->conns)
		conn_close(lane->conns);
}
