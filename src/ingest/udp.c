/* SPDX-License-Identifier: MIT */
/* Reads datagrams in batches and feeds them one by one. */
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

struct dgram {
	struct client client;
	struct lane *lane;
	uv_poll_t poll;
	int fd;
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

static int
reply_to_peer(struct client *client, const void *data, size_t len)
{
	struct dgram *dgram = container_of(client, struct dgram, client);
	const struct sockaddr *peer = (const struct sockaddr *)&dgram->peer;

	if (sendto(dgram->fd, data, len, MSG_DONTWAIT, peer, dgram->peer_len) < 0)
		return -ENOBUFS;
	return 0;
}

/* Takes the bytes and, until it is known how many there are, a pixel. */
static bool
is_within_limits(struct dgram *dgram, size_t bytes)
{
	struct lane *lane = dgram->lane;
	int verdict = rations_take(
		lane->worker->rations, (const struct sockaddr *)&dgram->peer, 1, bytes);

	if (verdict < 0)
		mural_discard(&lane->brush,
			verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	return verdict == 0;
}

static void
feed_datagram(struct dgram *dgram, const struct mmsghdr *message)
{
	struct lane *lane = dgram->lane;
	const struct iovec *iov = message->msg_hdr.msg_iov;
	uint64_t painted = lane->brush.painted;

	lane->counts.received_bytes += message->msg_len;
	if (message->msg_hdr.msg_flags & MSG_TRUNC) {
		mural_discard(&lane->brush, MURAL_MALFORMED, 1);
		return;
	}
	dgram->peer = *(const struct sockaddr_storage *)message->msg_hdr.msg_name;
	dgram->peer_len = message->msg_hdr.msg_namelen;
	if (rations_active(lane->worker->rations) &&
		!is_within_limits(dgram, message->msg_len))
		return;
	if (lane->instance->plugin->feed(&dgram->client.pub, &lane->brush, iov->iov_base,
		    message->msg_len) < 0)
		mural_discard(&lane->brush, MURAL_MALFORMED, 1);
	if (rations_active(lane->worker->rations))
		rations_spend(lane->worker->rations,
			(const struct sockaddr *)&dgram->peer,
			(int64_t)(lane->brush.painted - painted) - 1, 0);
}

/* One batch; how many datagrams it had. */
static int
read_batch(struct dgram *dgram)
{
	struct sockaddr_storage peers[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec iovs[BATCH];
	uint8_t *buf = dgram->lane->worker->buf;
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
	n = recvmmsg(dgram->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		feed_datagram(dgram, &messages[i]);
	return n;
}

/* A bounded number of batches a turn, so that a flood does not starve the others. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct dgram *dgram = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < BATCHES_A_TURN; i++)
		if (read_batch(dgram) < BATCH)
			break;
	lane_publish(dgram->lane, &dgram->lane->counts);
}

/* Of a Unix socket, the file that bind() made. */
static void
remove_file(int fd)
{
	struct sockaddr_un bound = { 0 };
	socklen_t len = sizeof(bound) - 1;

	if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
		bound.sun_family == AF_UNIX && bound.sun_path[0])
		unlink(bound.sun_path);
}

/* The address is free when this returns; the memory goes when the loop is done with it.
 */
static void
close_socket(struct dgram *dgram)
{
	remove_file(dgram->fd);
	close(dgram->fd);
}

static void
dgram_free(struct dgram *dgram)
{
	free(dgram->client.pub.state);
	free(dgram);
}

static void
on_closed(uv_handle_t *handle)
{
	struct dgram *dgram = handle->data;

	dgram_free(dgram);
}

int
dgram_open(struct lane *lane, int fd)
{
	const struct mural_plugin *plugin = lane->instance->plugin;
	struct dgram *dgram = calloc(1, sizeof(*dgram));
	int ret;

	if (!dgram) {
		close(fd);
		return -ENOMEM;
	}
	dgram->lane = lane;
	dgram->fd = fd;
	dgram->poll.data = dgram;
	ret = client_init(&dgram->client, lane, (const struct sockaddr *)&dgram->peer);
	if (ret == 0) {
		dgram->client.reply = reply_to_peer;
		ret = uv_poll_init(lane->worker->loop, &dgram->poll, fd);
	}
	if (ret < 0) {
		close_socket(dgram);
		dgram_free(dgram);
		return ret;
	}
	ret = plugin->open ? plugin->open(&dgram->client.pub) : 0;
	if (ret < 0) {
		log_error("%s: the plugin refused its UDP socket: %s",
			lane->instance->host.name, strerror(-ret));
		uv_close((uv_handle_t *)&dgram->poll, on_closed);
		close_socket(dgram);
		return ret;
	}
	lane->dgram = dgram;
	return uv_poll_start(&dgram->poll, UV_READABLE, on_readable);
}

void
dgram_close(struct lane *lane)
{
	struct dgram *dgram = lane->dgram;

	if (!dgram)
		return;
	lane->dgram = NULL;
	if (lane->instance->plugin->close)
		lane->instance->plugin->close(&dgram->client.pub);
	uv_poll_stop(&dgram->poll);
	uv_close((uv_handle_t *)&dgram->poll, on_closed);
	close_socket(dgram);
}
