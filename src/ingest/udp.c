/* SPDX-License-Identifier: MIT */
/* Reads datagrams in batches and feeds them to a plugin one by one. */
#include "ingest/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/conn.h"
#include "limits/ratelimit.h"

#define BATCH 64
#define BATCHES_A_TURN 16
#define DATAGRAM_BYTES (READ_BYTES / BATCH)

struct udp_socket {
	struct client client;
	struct shard *shard;
	uv_poll_t poll;
	int fd;
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

static int
reply_to_peer(struct client *client, const void *data, size_t len)
{
	struct udp_socket *udp = container_of(client, struct udp_socket, client);
	const struct sockaddr *peer = (const struct sockaddr *)&udp->peer;

	if (sendto(udp->fd, data, len, MSG_DONTWAIT, peer, udp->peer_len) < 0)
		return -ENOBUFS;
	return 0;
}

/* Charges the bytes and one pixel in advance; the others are debited afterwards. */
static bool
is_within_limits(struct udp_socket *udp, size_t bytes)
{
	struct shard *shard = udp->shard;
	int verdict = ratelimit_consume(shard->worker->ratelimit, RATELIMIT_CLAIMED,
		(const struct sockaddr *)&udp->peer, 1, bytes);

	if (verdict < 0)
		mural_discard(&shard->brush,
			verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	return verdict == 0;
}

static void
feed_datagram(struct udp_socket *udp, const struct mmsghdr *message)
{
	struct shard *shard = udp->shard;
	const struct iovec *iov = message->msg_hdr.msg_iov;
	uint64_t painted = shard->brush.painted;

	shard->counts.received_bytes += message->msg_len;
	if (message->msg_hdr.msg_flags & MSG_TRUNC) {
		mural_discard(&shard->brush, MURAL_MALFORMED, 1);
		return;
	}
	udp->peer = *(const struct sockaddr_storage *)message->msg_hdr.msg_name;
	udp->peer_len = message->msg_hdr.msg_namelen;
	if (ratelimit_active(shard->worker->ratelimit) &&
		!is_within_limits(udp, message->msg_len))
		return;
	if (shard->instance->plugin->feed(
		    &udp->client.pub, &shard->brush, iov->iov_base, message->msg_len) < 0)
		mural_discard(&shard->brush, MURAL_MALFORMED, 1);
	if (ratelimit_active(shard->worker->ratelimit))
		ratelimit_debit(shard->worker->ratelimit, RATELIMIT_CLAIMED,
			(const struct sockaddr *)&udp->peer,
			(int64_t)(shard->brush.painted - painted) - 1, 0);
}

/* Returns how many datagrams the batch had. */
static int
read_batch(struct udp_socket *udp)
{
	struct sockaddr_storage peers[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec iovs[BATCH];
	uint8_t *buf = udp->shard->worker->buf;
	int n;

	for (int i = 0; i < BATCH; i++) {
		iovs[i] = (struct iovec){ buf + i * DATAGRAM_BYTES, DATAGRAM_BYTES };
		messages[i] = (struct mmsghdr){
			.msg_hdr = {
				.msg_name = &peers[i],
				.msg_namelen = sizeof(peers[i]),
				.msg_iov = &iovs[i],
				.msg_iovlen = 1,
			},
		};
	}
	n = recvmmsg(udp->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		feed_datagram(udp, &messages[i]);
	return n;
}

/* Reads a bounded number of batches per turn, so that a flood does not starve others. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct udp_socket *udp = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < BATCHES_A_TURN; i++)
		if (read_batch(udp) < BATCH)
			break;
	shard_publish(udp->shard, &udp->shard->counts);
}

/* Closes it, and removes the file that bind() made for a Unix socket. */
static void
close_socket(int fd)
{
	struct sockaddr_un bound = { 0 };
	socklen_t len = sizeof(bound) - 1;

	if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
		bound.sun_family == AF_UNIX && bound.sun_path[0])
		unlink(bound.sun_path);
	close(fd);
}

static void
on_udp_closed(uv_handle_t *handle)
{
	struct udp_socket *udp = handle->data;

	free(udp->client.pub.state);
	free(udp);
}

int
udp_open(struct shard *shard, int fd)
{
	const struct mural_plugin *plugin = shard->instance->plugin;
	struct udp_socket *udp = calloc(1, sizeof(*udp));
	int ret;

	if (!udp) {
		close_socket(fd);
		return -ENOMEM;
	}
	udp->shard = shard;
	udp->fd = fd;
	udp->poll.data = udp;
	ret = client_init(&udp->client, shard, (const struct sockaddr *)&udp->peer);
	if (ret == 0) {
		udp->client.reply = reply_to_peer;
		ret = uv_poll_init(shard->worker->loop, &udp->poll, fd);
	}
	if (ret < 0) {
		close_socket(fd);
		on_udp_closed((uv_handle_t *)&udp->poll);
		return ret;
	}
	ret = plugin->open ? plugin->open(&udp->client.pub) : 0;
	if (ret < 0) {
		log_error("%s: the plugin refused its UDP socket: %s",
			shard->instance->host.name, strerror(-ret));
		uv_close((uv_handle_t *)&udp->poll, on_udp_closed);
		close_socket(fd);
		return ret;
	}
	shard->udp = udp;
	return uv_poll_start(&udp->poll, UV_READABLE, on_readable);
}

void
udp_close(struct shard *shard)
{
	struct udp_socket *udp = shard->udp;

	if (!udp)
		return;
	shard->udp = NULL;
	if (shard->instance->plugin->close)
		shard->instance->plugin->close(&udp->client.pub);
	uv_poll_stop(&udp->poll);
	uv_close((uv_handle_t *)&udp->poll, on_udp_closed);
	close_socket(udp->fd);
}
