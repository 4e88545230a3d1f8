/* SPDX-License-Identifier: MIT */
/* Reads one client from accept to close: feeds the plugin, keeps what it left over, and
 * divides the worker's time fairly. */
#include "ingest/conn.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/conn-private.h"
#include "ingest/painter.h"
#include "limits/ratelimit.h"

/* One whose input would take longer yields sooner. */
#define TURN_NS 1000000

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf);

/* ------------------------------------------------------------------ the rest */

void
conn_drop_rest(struct conn *conn)
{
	conn->client.shard->worker->held_bytes -= conn->long_len;
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

/* Keeps what feed() did not use.  `rest` may be the end of the present rest, which stays
 * in place when it is deferred once more.  False: no room for it. */
static bool
keep_rest(struct conn *conn, const uint8_t *rest, size_t len)
{
	uint8_t little[SHORT_REST], *copy = NULL;

	if (conn->deferred && conn->long_rest) {
		conn->rest_len = len;
		return true;
	}
	if (len <= SHORT_REST) {
		memcpy(little, rest, len);
		conn_drop_rest(conn);
		memcpy(conn->short_rest, little, len);
	} else {
		copy = malloc(len);
		if (!copy || !conn_reserve(conn, len)) {
			free(copy);
			return false;
		}
		memcpy(copy, rest, len);
		conn_drop_rest(conn);
		conn->long_rest = copy;
		conn->long_len = len;
	}
	conn->rest_len = len;
	return true;
}

/* ------------------------------------------------------------------ reading */

static void
on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;
	struct worker *worker = conn->client.shard->worker;
	size_t room = conn_turn_room(conn);

	(void)size;
	if (room > 0 && ratelimit_active(worker->ratelimit) && !conn->ending) {
		room = conn_allowance(conn, room);
		conn->throttled = room == 0;
	}
	*buf = room > 0 ? uv_buf_init((char *)worker->buf + MURAL_REST_MAX, room)
			: uv_buf_init(NULL, 0);
}

void
conn_read_start(struct conn *conn)
{
	uv_read_start(&conn->socket.stream, on_alloc, on_read);
}

/* ------------------------------------------------------------------ timers */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct conn_timer, timer));
}

static void
close_timer(struct conn_timer *timer)
{
	if (timer)
		uv_close((uv_handle_t *)&timer->timer, on_timer_closed);
}

int
conn_timer_start(struct conn *conn, struct conn_timer **timer, uv_timer_cb callback,
	uint64_t ms, uint64_t repeat_ms)
{
	if (!*timer) {
		*timer = malloc(sizeof(**timer));
		if (!*timer)
			return -ENOMEM;
		(*timer)->conn = conn;
		uv_timer_init(conn->client.shard->worker->loop, &(*timer)->timer);
	}
	return uv_timer_start(&(*timer)->timer, callback, ms, repeat_ms);
}

/* ------------------------------------------------------------------ the end */

static void
on_conn_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	conn_free_write(conn);
	client_finish(&conn->client);
	free(conn);
}

void
conn_release_peer(const struct shard *shard, const union peer_address *peer)
{
	ratelimit_release(shard->worker->ratelimit, &peer->any);
	if (shard->connlimit)
		connlimit_release(shard->connlimit, &peer->any);
}

static void
log_totals(const struct conn *conn)
{
	char name[INET6_ADDRSTRLEN] = "local";

	if (conn->peer.any.sa_family != AF_UNIX)
		uv_ip_name(&conn->peer.any, name, sizeof(name));
	log_debug("%s: client %s port %u: painted %" PRIu64 " pixels with %" PRIu64
		  " bytes",
		conn->client.shard->instance->name, name, peer_address_port(&conn->peer),
		conn->painted, conn->received);
}

void
conn_close(struct conn *conn)
{
	struct shard *shard = conn->client.shard;

	if (conn->closed)
		return;
	conn->closed = true;
	log_totals(conn);
	if (conn->opened && shard->instance->plugin->close)
		shard->instance->plugin->close(&conn->client.pub);
	client_close(&conn->client);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	shard->counts.connections--;
	counter_store(&shard->worker->n_closed, shard->worker->n_closed + 1);
	shard_publish(shard);
	conn_release_peer(shard, &conn->peer);
	conn_drop_rest(conn);
	conn_drop_write(conn);
	close_timer(conn->write_timer);
	close_timer(conn->throttle);
	uv_close((uv_handle_t *)&conn->socket.stream, on_conn_closed);
}

/* ------------------------------------------------------------------ feeding */

static void
serve_begin(struct conn *conn)
{
	struct shard *shard = conn->client.shard;

	conn->reply_full = false;
	shard->worker->serving = &conn->client;
	painter_begin_client(shard, &conn->client);
}

/* `painted` is what the brush had painted before. */
static void
serve_end(struct conn *conn, uint64_t painted)
{
	struct shard *shard = conn->client.shard;

	shard->worker->serving = NULL;
	painted = shard->brush.painted - painted;
	conn->painted += painted;
	if (painted > 0 && ratelimit_active(shard->worker->ratelimit))
		conn_debit(conn, painted, 0);
	shard_publish(shard);
}

static ssize_t
feed_once(struct conn *conn, const uint8_t *data, size_t len)
{
	struct shard *shard = conn->client.shard;
	uint64_t painted = shard->brush.painted;
	ssize_t used;

	serve_begin(conn);
	used = shard->instance->plugin->feed(&conn->client.pub, &shard->brush, data, len);
	assert(used <= (ssize_t)len);
	serve_end(conn, painted);
	return used;
}

/* Most commands take a nanosecond per byte, some take a hundred. */
static bool
is_cpu_heavy(uint64_t ns, size_t len)
{
	return ns * READ_BYTES > (uint64_t)TURN_NS * len;
}

/* Feeds the plugin until all is used, flushing replies whenever it pauses for them; when
 * they become a pending write, the remainder is deferred. */
static void
feed_all(struct conn *conn, const uint8_t *data, size_t len)
{
	struct shard *shard = conn->client.shard;
	const uint64_t begin = uv_hrtime();
	const size_t all = len;

	do {
		ssize_t used = feed_once(conn, data, len);
		if (used < 0) {
			conn_end(conn);
			return;
		}
		data += used;
		len -= used;
		conn->reply_heavy = shard->worker->replies_len > REPLY_BYTES_ENOUGH / 4;
		if (conn_flush(conn) < 0) {
			conn_close(conn);
			return;
		}
	} while (conn->reply_full && len > 0 && !conn->pending_write);
	conn->cpu_heavy = is_cpu_heavy(uv_hrtime() - begin, all);

	conn->deferred = conn->reply_full && len > 0;
	if (!conn->deferred && len > MURAL_REST_MAX) {
		mural_discard(&shard->brush, MURAL_MALFORMED, 1);
		conn_end(conn);
	} else if (!keep_rest(conn, data, len)) {
		mural_discard(&shard->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
}

/* A client that has asked for more than it reads waits for its turn. */
static void
on_conn_ready(struct client *client)
{
	struct conn *conn = container_of(client, struct conn, client);
	struct shard *shard = client->shard;
	const struct mural_plugin *plugin = shard->instance->plugin;
	uint64_t painted = shard->brush.painted;
	int ret;

	if (conn->closed || conn->ending || !plugin->ready)
		return;
	conn->woken = conn->pending_write;
	if (conn->woken)
		return;
	serve_begin(conn);
	ret = plugin->ready(&client->pub, &shard->brush);
	serve_end(conn, painted);
	if (ret < 0) {
		conn_end(conn);
	} else if (conn_flush(conn) < 0) {
		conn_close(conn);
	} else if (conn->reply_full) {
		mural_wake(&client->pub);
	}
}

void
conn_resume(struct conn *conn)
{
	uint8_t little[SHORT_REST];

	if (conn->deferred) {
		memcpy(little, conn->short_rest, sizeof(little));
		feed_all(conn, conn->long_rest ? rest_of(conn) : little, conn->rest_len);
	}
	if (conn->woken)
		on_conn_ready(&conn->client);
	if (!conn->closed && !conn->ending && !conn->pending_write)
		conn_read_start(conn);
}

/* The client has closed its side; it may still read. */
static void
end_of_input(struct conn *conn)
{
	struct shard *shard = conn->client.shard;
	const struct mural_plugin *plugin = shard->instance->plugin;

	conn->eof = true;
	if (plugin->end) {
		uint64_t painted = shard->brush.painted;

		serve_begin(conn);
		plugin->end(
			&conn->client.pub, &shard->brush, rest_of(conn), conn->rest_len);
		serve_end(conn, painted);
	}
	conn_end(conn);
}

/* The way of a pixel: socket, plugin, brush, canvas. */
static void
on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;
	struct shard *shard = conn->client.shard;

	if (nread == UV_ENOBUFS) {
		if (conn->throttled)
			conn_throttle(conn);
		return;
	}
	if (nread == UV_EOF && !conn->ending) {
		end_of_input(conn);
		return;
	}
	if (nread < 0) {
		conn_close(conn);
		return;
	}
	shard->worker->read_in_a_row += nread;
	if (conn->ending)
		return;
	shard->counts.received_bytes += nread;
	conn->received += nread;
	if (ratelimit_active(shard->worker->ratelimit))
		conn_debit(conn, 0, nread);

	uint8_t *data = (uint8_t *)buf->base - conn->rest_len;
	size_t len = conn->rest_len + nread;
	memcpy(data, rest_of(conn), conn->rest_len);
	conn_drop_rest(conn);
	feed_all(conn, data, len);
}

/* ------------------------------------------------------------------ the beginning */

static int
open_socket(struct conn *conn, int fd)
{
	uv_loop_t *loop = conn->client.shard->worker->loop;
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

static struct conn *
conn_new(struct shard *shard, const union peer_address *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->peer = *peer;
	if (client_init(&conn->client, shard, &conn->peer.any) < 0) {
		free(conn);
		return NULL;
	}
	conn->client.reply = conn_reply;
	conn->client.ready = on_conn_ready;
	conn->link = &shard->conns;
	conn->next = shard->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	shard->conns = conn;
	shard->counts.connections++;
	shard_publish(shard);
	return conn;
}

static void
open_client(struct conn *conn)
{
	const struct mural_plugin *plugin = conn->client.shard->instance->plugin;

	serve_begin(conn);
	conn->opened = !plugin->open || plugin->open(&conn->client.pub) >= 0;
	conn->client.shard->worker->serving = NULL;
	if (!conn->opened) {
		conn_end(conn);
		return;
	}
	conn_read_start(conn);
	if (conn_flush(conn) < 0)
		conn_close(conn);
}

void
conn_accept(struct shard *shard, int fd, const union peer_address *peer)
{
	struct conn *conn = conn_new(shard, peer);

	if (!conn) {
		counter_store(&shard->worker->n_closed, shard->worker->n_closed + 1);
		conn_release_peer(shard, peer);
		close(fd);
		return;
	}
	if (open_socket(conn, fd) < 0) {
		close(fd);
		conn_close(conn);
		return;
	}
	open_client(conn);
}

void
conns_close(struct shard *shard)
{
	while (shard->conns)
		conn_close(shard->conns);
}
