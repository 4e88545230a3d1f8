/* SPDX-License-Identifier: MIT */
/* A client's beginning and end: accepting, opening and closing it, and its timers. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/conn-private.h"
#include "ingest/painter.h"
#include "limits/ratelimit.h"

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
conn_log_failure(const struct conn *conn, const char *function, int error)
{
	log_debug("%s: a client is closed: %s() failed: %s",
		conn->client.shard->instance->name, function, strerror(-error));
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
	canvas_release_owner(shard->worker->canvas, conn->client.owner);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	shard->counts.connections--;
	counter_store(&shard->worker->n_closed, shard->worker->n_closed + 1);
	shard_publish(shard);
	conn_release_peer(shard, &conn->peer);
	conn_drop_rest(conn);
	conn_drop_unsent(conn);
	close_timer(conn->write_timer);
	close_timer(conn->throttle);
	uv_close((uv_handle_t *)&conn->socket.stream, on_conn_closed);
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
	conn->read_bytes = READ_BYTES;
	/* or a client that reconnects for each turn would always be next */
	conn->heavy_round = shard->worker->heavy_round.number;
	if (client_init(&conn->client, shard, &conn->peer.any) < 0) {
		free(conn);
		return NULL;
	}
	conn->client.owner = painter_take_owner(shard, &conn->peer.any);
	conn->client.reply = conn_reply;
	conn->client.ready = conn_ready;
	conn->unsent_end = &conn->unsent;
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
	struct shard *shard = conn->client.shard;
	const struct mural_plugin *plugin = shard->instance->plugin;
	int ret;

	conn_serve_begin(conn);
	ret = plugin->open ? plugin->open(&conn->client.pub) : 0;
	conn->opened = ret >= 0;
	conn_serve_end(conn, shard->brush.painted);
	if (!conn->opened) {
		conn_log_failure(conn, "open", ret);
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
