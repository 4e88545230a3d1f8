/* SPDX-License-Identifier: MIT */
/* Reads one client from accept to close: feeds the plugin, keeps what it left over, and
 * divides the worker's time fairly. */
#include "ingest/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/misuse.h"
#include "ingest/conn-private.h"
#include "ingest/painter.h"
#include "limits/ratelimit.h"

/* How long the others wait for one read, as far as its predecessor can tell. */
#define READ_NS 1000000
#define READ_BYTES_MIN (32 * 1024)

/* Shorter reads are not measured: their fixed costs take as long as the input. */
#define MEASURED_BYTES 4096

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
	conn->throttled = false; /* one that has to wait for its turn goes on asking */
	if (room > 0 && conn_is_limited(conn) && !conn->ending) {
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

/* ------------------------------------------------------------------ feeding */

void
conn_serve_begin(struct conn *conn)
{
	struct shard *shard = conn->client.shard;

	conn->reply_full = false;
	shard->worker->serving = &conn->client;
	painter_lend(shard, &conn->client);
}

void
conn_serve_end(struct conn *conn, uint64_t painted)
{
	struct shard *shard = conn->client.shard;

	shard->worker->serving = NULL;
	painter_received(shard, conn->received - conn->counted);
	conn->counted = conn->received;
	painter_return(shard);
	painted = shard->brush.painted - painted;
	conn->painted += painted;
	if (painted > 0 && conn_is_limited(conn))
		conn_debit(conn, painted, 0);
	shard_publish(shard);
}

static ssize_t
feed_once(struct conn *conn, const uint8_t *data, size_t len)
{
	struct shard *shard = conn->client.shard;
	uint64_t painted = shard->brush.painted;
	ssize_t used;

	conn_serve_begin(conn);
	used = shard->instance->plugin->feed(&conn->client.pub, &shard->brush, data, len);
	if (used > (ssize_t)len)
		misuse_end(conn->client.pub.host->name, "used %zd bytes of %zu in feed()",
			used, len);
	conn_serve_end(conn, painted);
	return used;
}

/* Most commands take half a nanosecond per byte, some take a hundred. */
static uint32_t
bytes_in_time(uint64_t ns, size_t len)
{
	const uint64_t bytes = (uint64_t)len * READ_NS / MAX(ns, 1);

	return MIN(MAX(bytes, READ_BYTES_MIN), READ_BYTES);
}

/* Whether these are many replies for that much input: a quarter of it, or of
 * REPLY_BYTES_ENOUGH if there is more. */
static bool
are_many(size_t replies, size_t input)
{
	return replies > MIN(input, REPLY_BYTES_ENOUGH) / 4;
}

/* Feeds the plugin until all is used, flushing replies whenever it pauses for them; when
 * they become a pending write, the remainder is deferred. */
static void
feed_all(struct conn *conn, const uint8_t *data, size_t len)
{
	struct shard *shard = conn->client.shard;
	const uint64_t begin = uv_hrtime();
	const size_t all = len;

	conn->reply_heavy = false;
	do {
		ssize_t used = feed_once(conn, data, len);
		if (used < 0)
			conn_log_failure(conn, "feed", (int)used);
		if (used < 0 || conn->leaving) {
			conn_end(conn);
			return;
		}
		data += used;
		len -= used;
		conn->reply_heavy |= are_many(shard->worker->replies_len, all);
		if (conn_flush(conn) < 0) {
			conn_close(conn);
			return;
		}
	} while (conn->reply_full && len > 0 && !conn->replies_unsent);
	if (all >= MEASURED_BYTES)
		conn->read_bytes = bytes_in_time(uv_hrtime() - begin, all);

	conn->deferred = conn->reply_full && len > 0;
	if (!conn->deferred && len > MURAL_REST_MAX) {
		log_debug("%s: a client is closed: feed() left %zu bytes, more than "
			  "MURAL_REST_MAX",
			shard->instance->name, len);
		mural_discard(&shard->brush, MURAL_MALFORMED, 1);
		conn_end(conn);
	} else if (!keep_rest(conn, data, len)) {
		mural_discard(&shard->brush, MURAL_RATE_LIMITED, 1);
		conn_close(conn);
	}
}

void
conn_ready(struct client *client)
{
	struct conn *conn = container_of(client, struct conn, client);
	struct shard *shard = client->shard;
	const struct mural_plugin *plugin = shard->instance->plugin;
	uint64_t painted = shard->brush.painted;
	int ret;

	if (conn->dropped)
		conn_close(conn);
	else if (conn->leaving && !conn->ending)
		conn_end(conn);
	if (conn->closed || conn->ending || !plugin->ready)
		return;
	conn->woken = conn->unsent;
	if (conn->woken)
		return;
	conn_serve_begin(conn);
	ret = plugin->ready(&client->pub, &shard->brush);
	conn_serve_end(conn, painted);
	if (ret < 0)
		conn_log_failure(conn, "ready", ret);
	if (ret < 0 || conn->leaving) {
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

	if (conn->deferred && !conn->leaving) {
		memcpy(little, conn->short_rest, sizeof(little));
		feed_all(conn, conn->long_rest ? rest_of(conn) : little, conn->rest_len);
	}
	if (conn->woken)
		conn_ready(&conn->client);
	if (!conn->closed && !conn->ending && !conn->replies_unsent)
		conn_read_start(conn);
}

/* The client has closed its side; it may still read. */
static void
end_of_input(struct conn *conn)
{
	struct shard *shard = conn->client.shard;
	const struct mural_plugin *plugin = shard->instance->plugin;

	conn->eof = true;
	if (plugin->end && !conn->leaving) {
		uint64_t painted = shard->brush.painted;

		conn_serve_begin(conn);
		plugin->end(
			&conn->client.pub, &shard->brush, rest_of(conn), conn->rest_len);
		conn_serve_end(conn, painted);
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
	conn_turn_read(conn, nread, buf->len);
	if (conn->ending || conn->leaving)
		return;
	shard->counts.received_bytes += nread;
	conn->received += nread;
	if (conn_is_limited(conn))
		conn_debit(conn, 0, nread);

	uint8_t *data = (uint8_t *)buf->base - conn->rest_len;
	size_t len = conn->rest_len + nread;
	memcpy(data, rest_of(conn), conn->rest_len);
	conn_drop_rest(conn);
	feed_all(conn, data, len);
}
