/* SPDX-License-Identifier: MIT */
/* One client from accept to close. */
#include "conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a client keeps of its memory for answers once they are taken. */
#define REPLY_BYTES_KEPT 4096

/* How long a client may take to fetch its last answers, in ms. */
#define LAST_WORDS_MS 5000

struct conn {
	struct client client;
	struct lane *lane;
	struct conn *next, **link;
	union {
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	uv_write_t write;
	uv_timer_t last_words; /* runs while `ending` waits for the last answers */
	struct sockaddr_storage peer;
	uint8_t *rest; /* made when first needed */
	size_t rest_len;
	char *replies; /* collected by this feed */
	size_t replies_len, replies_size;
	char *writing; /* the loop's while the write is under way */
	bool opened, overrun, ending, closed;
	int handles; /* not closed yet; the last one frees */
};

static void conn_close(struct conn *conn);
static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf);

static void
on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	if (--conn->handles > 0)
		return;
	free(conn->rest);
	free(conn->replies);
	free(conn->writing);
	free(conn->client.pub.state);
	free(conn);
}

static void
on_last_words(uv_timer_t *timer)
{
	conn_close(timer->data);
}

static void
on_written(uv_write_t *write, int status)
{
	struct conn *conn = container_of(write, struct conn, write);

	free(conn->writing);
	conn->writing = NULL;
	if (conn->closed)
		return;
	if (status < 0 || conn->ending)
		conn_close(conn);
	else
		uv_read_start(&conn->socket.stream, on_alloc, on_read);
}

/* Writes what the last feed collected.  What the socket does not take at once becomes a
 * write of its own, and the client is not read until it is done. */
static int
flush_replies(struct conn *conn)
{
	uv_buf_t buf = uv_buf_init(conn->replies, conn->replies_len);
	int ret;

	if (conn->replies_len == 0 || conn->writing)
		return 0;
	ret = uv_try_write(&conn->socket.stream, &buf, 1);
	if (ret < 0 && ret != UV_EAGAIN)
		return ret;
	ret = ret < 0 ? 0 : ret;
	if ((size_t)ret < conn->replies_len) {
		conn->writing = conn->replies;
		buf = uv_buf_init(conn->replies + ret, conn->replies_len - ret);
		conn->replies = NULL;
		conn->replies_size = 0;
		uv_read_stop(&conn->socket.stream);
		ret = uv_write(&conn->write, &conn->socket.stream, &buf, 1, on_written);
		if (ret < 0)
			return ret;
	}
	conn->replies_len = 0;
	if (conn->replies_size > REPLY_BYTES_KEPT) {
		free(conn->replies);
		conn->replies = NULL;
		conn->replies_size = 0;
	}
	return 0;
}

/* Ends a client of our own accord: its answers go out first. */
static void
conn_end(struct conn *conn)
{
	if (flush_replies(conn) < 0 || !conn->writing) {
		conn_close(conn);
		return;
	}
	conn->ending = true;
	uv_read_stop(&conn->socket.stream);
	uv_timer_start(&conn->last_words, on_last_words, LAST_WORDS_MS, 0);
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
	uv_close((uv_handle_t *)&conn->socket.stream, on_closed);
	uv_close((uv_handle_t *)&conn->last_words, on_closed);
}

static void
on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;

	(void)size;
	*buf = uv_buf_init((char *)conn->lane->worker->buf + MURAL_REST_MAX, READ_BYTES);
}

/* Keeps what feed() did not use; false when that is more than it may be. */
static bool
keep_rest(struct conn *conn, const uint8_t *rest, size_t len)
{
	if (len > MURAL_REST_MAX)
		return false;
	if (len > 0 && !conn->rest)
		conn->rest = malloc(MURAL_REST_MAX);
	if (len > 0 && !conn->rest)
		return false;
	if (len > 0)
		memcpy(conn->rest, rest, len);
	conn->rest_len = len;
	return true;
}

/* Socket, plugin, brush, canvas: the whole way of a pixel. */
static void
on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;
	struct lane *lane = conn->lane;

	if (nread < 0) {
		conn_close(conn);
		return;
	}
	uint8_t *data = (uint8_t *)buf->base - conn->rest_len;
	size_t len = conn->rest_len + nread;
	if (conn->rest_len > 0)
		memcpy(data, conn->rest, conn->rest_len);

	ssize_t used =
		lane->instance->plugin->feed(&conn->client.pub, &lane->brush, data, len);
	assert(used <= (ssize_t)len);
	lane->counts.received_bytes += nread;
	lane_publish(lane, &lane->counts);

	if (used < 0) {
		conn_end(conn);
		return;
	}
	if (!keep_rest(conn, data + used, len - used)) {
		mural_discard(&lane->brush, MURAL_MALFORMED, 1);
		conn_end(conn);
		return;
	}
	if (conn->overrun || flush_replies(conn) < 0)
		conn_close(conn);
}

static int
open_socket(struct conn *conn, int fd)
{
	uv_loop_t *loop = conn->lane->worker->loop;
	socklen_t len = sizeof(conn->peer);
	int ret;

	if (getpeername(fd, (struct sockaddr *)&conn->peer, &len) < 0)
		conn->peer.ss_family = AF_UNSPEC;
	if (conn->peer.ss_family == AF_INET || conn->peer.ss_family == AF_INET6) {
		uv_tcp_init(loop, &conn->socket.tcp);
		ret = uv_tcp_open(&conn->socket.tcp, fd);
		if (ret == 0)
			uv_tcp_nodelay(&conn->socket.tcp, 1);
	} else {
		uv_pipe_init(loop, &conn->socket.pipe, 0);
		ret = uv_pipe_open(&conn->socket.pipe, fd);
	}
	uv_timer_init(loop, &conn->last_words);
	conn->socket.stream.data = conn;
	conn->last_words.data = conn;
	conn->handles = 2;
	return ret;
}

static int
reply_to_conn(struct client *client, const void *data, size_t len)
{
	struct conn *conn = container_of(client, struct conn, client);
	size_t size = MAX(conn->replies_size, 512);

	if (conn->closed || len > REPLY_BYTES_MAX - conn->replies_len) {
		conn->overrun = true;
		return -ENOBUFS;
	}
	while (size < conn->replies_len + len)
		size *= 2;
	if (size > conn->replies_size) {
		char *larger = realloc(conn->replies, size);
		if (!larger) {
			conn->overrun = true;
			return -ENOBUFS;
		}
		conn->replies = larger;
		conn->replies_size = size;
	}
	memcpy(conn->replies + conn->replies_len, data, len);
	conn->replies_len += len;
	return 0;
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
conn_new(struct lane *lane)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	if (client_init(&conn->client, lane, (const struct sockaddr *)&conn->peer) < 0) {
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
	uv_read_start(&conn->socket.stream, on_alloc, on_read);
	if (conn->overrun || flush_replies(conn) < 0)
		conn_close(conn);
}

void
conn_accept(struct lane *lane, int fd)
{
	struct conn *conn = conn_new(lane);

	if (!conn) {
		figure_store(&lane->worker->gone, lane->worker->gone + 1);
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
