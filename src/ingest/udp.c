/* SPDX-License-Identifier: MIT */
/* Reads datagrams in batches and feeds them to a plugin one by one. */
#include "ingest/udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/client.h"
#include "ingest/painter.h"
#include "limits/ratelimit.h"

/* Read at once, and so without a look at anybody else, whatever they turn out to be: 64
 * saves another 4 % of what a short datagram takes, but 64 long ones take 66 ms. */
#define BATCH 16

/* How long a turn takes, and a batch is meant to: everybody else on the loop waits for
 * it. */
#define TURN_NS 1000000

/* Distance between datagrams in the buffer.  At a multiple of a page, all would compete
 * for the same lines of the first-level cache. */
#define DATAGRAM_STRIDE (DATAGRAM_BYTES + 25 * CACHE_LINE)

struct udp_socket {
	struct client client;
	struct udp_socket *next; /* on its shard */
	uv_poll_t poll;
	int fd;
	unsigned batch; /* datagrams that are read at once */
	uint32_t drops; /* the kernel's count when last looked at */
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

static int
reply_to_peer(struct client *client, const void *data, size_t len)
{
	struct udp_socket *udp = container_of(client, struct udp_socket, client);
	const struct sockaddr *peer = (const struct sockaddr *)&udp->peer;

	client_check_serving(client, "mural_reply");
	if (sendto(udp->fd, data, len, MSG_DONTWAIT, peer, udp->peer_len) < 0)
		return -ENOBUFS;
	return 0;
}

static socklen_t
address_len(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return sizeof(struct sockaddr_un);
	}
}

int
mural_send_to(
	struct mural_conn *pub, const struct sockaddr *to, const void *data, size_t len)
{
	struct client *client = container_of(pub, struct client, pub);
	struct udp_socket *udp = container_of(client, struct udp_socket, client);

	worker_check(client->shard->worker, pub->host->name, __func__);
	if (client->reply != reply_to_peer)
		return -ENOTSOCK;
	if (sendto(udp->fd, data, len, MSG_DONTWAIT, to, address_len(to)) < 0)
		return -errno;
	return 0;
}

/* There is no datagram, and so no peer, that ready() could answer. */
static void
on_udp_ready(struct client *client)
{
	struct udp_socket *udp = container_of(client, struct udp_socket, client);
	struct shard *shard = client->shard;

	if (!shard->instance->plugin->ready)
		return;
	udp->peer.ss_family = AF_UNSPEC;
	udp->peer_len = sizeof(sa_family_t);
	shard->worker->serving = client;
	painter_begin(shard);
	(void)shard->instance->plugin->ready(&client->pub, &shard->brush);
	shard->worker->serving = NULL;
	shard_publish(shard);
}

/* Charges the bytes and one pixel in advance; the others are debited afterwards. */
static bool
is_within_limits(struct udp_socket *udp, size_t bytes)
{
	struct shard *shard = udp->client.shard;
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
	struct shard *shard = udp->client.shard;
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
	shard->worker->serving = &udp->client;
	painter_set_peer(shard, udp->client.pub.peer);
	if (shard->instance->plugin->feed(
		    &udp->client.pub, &shard->brush, iov->iov_base, message->msg_len) < 0)
		mural_discard(&shard->brush, MURAL_MALFORMED, 1);
	shard->worker->serving = NULL;
	painter_received(shard, message->msg_len);
	if (ratelimit_active(shard->worker->ratelimit))
		ratelimit_debit(shard->worker->ratelimit, RATELIMIT_CLAIMED,
			(const struct sockaddr *)&udp->peer,
			(int64_t)(shard->brush.painted - painted) - 1, 0);
}

/* Adapts the batch to what its `n` datagrams took: most take less than a microsecond, one
 * of 64 KiB may take milliseconds. */
static void
adapt_batch(struct udp_socket *udp, unsigned n, uint64_t took_ns)
{
	if (took_ns > TURN_NS)
		udp->batch = MAX((unsigned)(n * TURN_NS / took_ns), 1);
	else if (took_ns < TURN_NS / 2)
		udp->batch = MIN(2 * udp->batch, BATCH);
}

/* Whether there may be more. */
static bool
read_batch(struct udp_socket *udp)
{
	const unsigned wanted = udp->batch;
	const uint64_t begin = uv_hrtime();
	struct sockaddr_storage peers[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec iovs[BATCH];
	uint8_t *buf = udp->client.shard->worker->datagrams;
	int n;

	for (unsigned i = 0; i < wanted; i++) {
		/* the kernel writes nothing of a local socket that has no address */
		peers[i].ss_family = AF_UNIX;
		iovs[i] = (struct iovec){ buf + (size_t)i * DATAGRAM_STRIDE,
			DATAGRAM_BYTES };
		messages[i] = (struct mmsghdr){
			.msg_hdr = {
				.msg_name = &peers[i],
				.msg_namelen = sizeof(peers[i]),
				.msg_iov = &iovs[i],
				.msg_iovlen = 1,
			},
		};
	}
	painter_begin(udp->client.shard);
	n = recvmmsg(udp->fd, messages, wanted, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		feed_datagram(udp, &messages[i]);
	if (n > 0)
		adapt_batch(udp, (unsigned)n, uv_hrtime() - begin);
	return n == (int)wanted;
}

/* Counts what the kernel had no room for, which only shows in the socket; an emulator
 * that runs murald for another processor may tell less of it. */
static void
count_drops(struct udp_socket *udp)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(memory);

	if (getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0 ||
		len < sizeof(memory))
		return;
	udp->client.shard->counts.kernel_drops +=
		(uint32_t)(memory[SK_MEMINFO_DROPS] - udp->drops);
	udp->drops = memory[SK_MEMINFO_DROPS];
}

/* Reads for a bounded time per turn, so that a flood does not starve others.  After an
 * error of the socket (EPOLLERR) libuv stops polling it, though it works on once the
 * error was read. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct udp_socket *udp = poll->data;
	const uint64_t begin = uv_hrtime();

	(void)events;
	while (read_batch(udp) && uv_hrtime() - begin < TURN_NS)
		continue;
	count_drops(udp);
	shard_publish(udp->client.shard);
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
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

	client_finish(&udp->client);
	free(udp);
}

/* Memory that no datagram needed is never touched. */
static int
alloc_datagrams(struct worker *worker)
{
	if (!worker->datagrams)
		worker->datagrams = malloc((size_t)BATCH * DATAGRAM_STRIDE);
	return worker->datagrams ? 0 : -ENOMEM;
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
	udp->fd = fd;
	udp->batch = BATCH;
	udp->poll.data = udp;
	ret = client_init(&udp->client, shard, (const struct sockaddr *)&udp->peer);
	if (ret == 0) {
		udp->client.reply = reply_to_peer;
		udp->client.ready = on_udp_ready;
		ret = alloc_datagrams(shard->worker);
	}
	if (ret == 0)
		ret = uv_poll_init(shard->worker->loop, &udp->poll, fd);
	if (ret < 0) {
		close_socket(fd);
		on_udp_closed((uv_handle_t *)&udp->poll);
		return ret;
	}
	shard->worker->serving = &udp->client;
	ret = plugin->open ? plugin->open(&udp->client.pub) : 0;
	shard->worker->serving = NULL;
	if (ret < 0) {
		client_close(&udp->client);
		log_error("%s: the plugin refused its UDP socket: %s",
			shard->instance->host.name, strerror(-ret));
		uv_close((uv_handle_t *)&udp->poll, on_udp_closed);
		close_socket(fd);
		return ret;
	}
	udp->next = shard->udps;
	shard->udps = udp;
	return uv_poll_start(&udp->poll, UV_READABLE, on_readable);
}

static void
udp_close_one(struct udp_socket *udp)
{
	struct shard *shard = udp->client.shard;

	if (shard->instance->plugin->close)
		shard->instance->plugin->close(&udp->client.pub);
	client_close(&udp->client);
	uv_poll_stop(&udp->poll);
	uv_close((uv_handle_t *)&udp->poll, on_udp_closed);
	close_socket(udp->fd);
}

void
udp_close(struct shard *shard)
{
	while (shard->udps) {
		struct udp_socket *udp = shard->udps;

		shard->udps = udp->next;
		udp_close_one(udp);
	}
}
