/* SPDX-License-Identifier: MIT */
/* Carries p² over TCP and Unix sockets, as a plain stream of bytes. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sendbuf.h"
#include "p2/p2.h"
#include "p2/peer.h"

struct tcp_peer {
	struct peer peer; /* first: a peer is a tcp_peer */
	uv_poll_t poll;
	struct fair_member reader;
	int fd;
	struct sendbuf out;
	uint64_t last_received_ms;
	bool dropped;
};

static struct tcp_peer *
tcp_of(const struct peer *peer)
{
	return (struct tcp_peer *)peer;
}

static void on_event(uv_poll_t *poll, int status, int events);

static void
choose_events(struct tcp_peer *tcp)
{
	int writable = sendbuf_pending(&tcp->out) > 0 ? UV_WRITABLE : 0;

	if (!tcp->dropped)
		uv_poll_start(&tcp->poll, UV_READABLE | writable, on_event);
}

static void
on_closed(uv_handle_t *handle)
{
	struct tcp_peer *tcp = handle->data;

	close(tcp->fd);
	sendbuf_finish(&tcp->out);
	peer_finish(&tcp->peer);
	free(tcp);
}

static void
tcp_drop(struct peer *peer)
{
	struct tcp_peer *tcp = tcp_of(peer);

	if (tcp->dropped)
		return;
	tcp->dropped = true;
	fair_queue_remove(&peer->p2->readers, &tcp->reader);
	uv_close((uv_handle_t *)&tcp->poll, on_closed);
}

/* Other clients need the memory of what it does not read. */
static void
drop_for_others(struct sendbuf *sendbuf)
{
	tcp_drop(&((struct tcp_peer *)((char *)sendbuf - offsetof(struct tcp_peer, out)))
			  ->peer);
}

static void
tcp_send(struct peer *peer, const void *bytes, size_t len)
{
	struct tcp_peer *tcp = tcp_of(peer);

	if (tcp->dropped)
		return;
	if (sendbuf_send(&tcp->out, tcp->fd, NULL, 0, bytes, len) < 0)
		tcp_drop(peer);
	else if (sendbuf_pending(&tcp->out) > 0)
		choose_events(tcp);
}

static size_t
tcp_pending(const struct peer *peer)
{
	return sendbuf_pending(&tcp_of(peer)->out);
}

/* Closes our half only: with unread input, closing both would reset the connection before
 * the client has read what was sent last. */
static void
tcp_close(struct peer *peer, enum peer_close_reason reason)
{
	struct tcp_peer *tcp = tcp_of(peer);

	(void)reason;
	if (!tcp->dropped && sendbuf_pending(&tcp->out) == 0)
		shutdown(tcp->fd, SHUT_WR);
}

static const struct peer_transport transport = {
	.send = tcp_send,
	.pending = tcp_pending,
	.close = tcp_close,
	.drop = tcp_drop,
};

/* When it is its turn; what is left, the poll tells. */
void
tcp_serve(struct fair_member *reader)
{
	struct tcp_peer *tcp =
		(struct tcp_peer *)((char *)reader - offsetof(struct tcp_peer, reader));

	struct p2 *p2 = tcp->peer.p2;
	ssize_t len = recv(tcp->fd, p2->buf, sizeof(p2->buf), MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (len <= 0) {
		tcp_drop(&tcp->peer);
		return;
	}
	tcp->last_received_ms = uv_now(p2->host->loop);
	if (tcp->peer.state != PEER_CLOSING)
		peer_read(&tcp->peer, p2->buf, len);
	choose_events(tcp);
}

static void
tcp_flush(struct tcp_peer *tcp)
{
	if (sendbuf_pending(&tcp->out) == 0)
		return;
	if (sendbuf_flush(&tcp->out, tcp->fd) < 0) {
		tcp_drop(&tcp->peer);
		return;
	}
	if (sendbuf_pending(&tcp->out) > 0)
		return;
	if (tcp->peer.state == PEER_CLOSING)
		shutdown(tcp->fd, SHUT_WR);
	else
		broadcast_catch_up(&tcp->peer);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct tcp_peer *tcp = poll->data;

	if (status < 0) {
		tcp_drop(&tcp->peer);
		return;
	}
	if (events & UV_WRITABLE)
		tcp_flush(tcp);
	if (!tcp->dropped && events & UV_READABLE)
		fair_queue_add(&tcp->peer.p2->readers, &tcp->reader, tcp->peer.source);
	choose_events(tcp);
}

void
tcp_accept(struct mural_host *host, int fd)
{
	struct p2 *p2 = host->state;
	struct tcp_peer *tcp = calloc(1, sizeof(*tcp));
	const int one = 1;

	if (!tcp || uv_poll_init(host->loop, &tcp->poll, fd) < 0) {
		free(tcp);
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	tcp->poll.data = tcp;
	tcp->fd = fd;
	tcp->last_received_ms = uv_now(host->loop);
	tcp->peer.last_received_ms = &tcp->last_received_ms;
	tcp->out.pool = &p2->unsent;
	tcp->out.drop = drop_for_others;
	peer_init(&tcp->peer, p2, &transport, fd);
	tcp->out.source = tcp->peer.source;
	choose_events(tcp);
}
