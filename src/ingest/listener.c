/* SPDX-License-Identifier: MIT */
/* Accepts clients, as many as can be served, and lets the others wait. */
#include "ingest/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "base/util.h"
#include "ingest/socket.h"
#include "ingest/worker.h"
#include "lib/address.h"
#include "lib/thread.h"

/* Clients that are served in one turn of the loop, but at most this part of the
 * descriptors: one that is evicted takes a turn or two to be gone, and counts until then.
 */
#define SERVED_PER_TURN 16
#define SERVED_SHARE 64

/* Clients that may wait for their turn (arrivals.h), but at most this part of the
 * descriptors. */
#define ARRIVALS_MAX 4096
#define ARRIVALS_SHARE 8

/* Accepting takes three microseconds a client, and about ten if another one has to be
 * closed for it. */
#define ACCEPTED_PER_TURN 1024

/* Bits of an IPv6 source, unless the listener's owner says otherwise. */
#define SOURCE_PREFIX 64

/* How long a client at the door waits for a descriptor: the one that gives way to it is
 * gone after a turn or two. */
#define DOOR_MS 1000

#define PAUSE_MS 100
#define LOG_INTERVAL_MS (60 * 1000)

static void on_pause_over(uv_timer_t *timer);

/* Rate-limited, because clients can cause it at will. */
void
listener_log_shortage(struct listener *listener, int error)
{
	uint64_t now = uv_now(listener->pause.loop);

	if (listener->last_logged_ms != 0 &&
		now - listener->last_logged_ms < LOG_INTERVAL_MS)
		return;
	log_warn("%s: cannot accept clients for now: %s; raise LimitNOFILE",
		listener->name, strerror(error));
	listener->last_logged_ms = MAX(now, 1);
}

/* No descriptors or memory for another client: tries again soon. */
static void
pause_accepting(struct listener *listener, int error)
{
	listener_log_shortage(listener, error);
	uv_poll_stop(&listener->poll);
	uv_timer_start(&listener->pause, on_pause_over, PAUSE_MS, 0);
}

/* Counts clients that were closed before their plugin heard of them. */
static void
count_sent_away(struct listener *listener, uint64_t n)
{
	struct shard *shard;

	if (n == 0 || !listener->instance)
		return;
	shard = &listener->instance->shards[0]; /* the main thread's */
	mural_discard(&shard->brush, MURAL_RATE_LIMITED, n);
	shard_publish(shard);
}

/* Accepts all that wait in the kernel, so that sources take turns here and not in the
 * kernel's order; but stops at one that got a descriptor of the wall's own. */
static void
accept_arrivals(struct listener *listener)
{
	struct arrivals *arrivals = &listener->arrivals;
	/* nobody is closed because the machine is busy with something else */
	const uint64_t worked_ms = thread_worked_ns() / 1000000;
	const uint32_t all = descriptors_for_clients();

	for (uint32_t i = 0; listener->door_fd < 0 && i < ACCEPTED_PER_TURN &&
			     arrivals_take(arrivals, worked_ms);
		i++) {
		union peer_address peer = { .any.sa_family = AF_UNIX };
		socklen_t len = sizeof(peer);
		int fd = accept4(
			listener->fd, &peer.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if ((int64_t)fd >= all) {
			listener->door_fd = fd;
			listener->door_peer = peer;
			listener->door_until_ms = uv_now(listener->poll.loop) + DOOR_MS;
		} else if (fd >= 0) {
			arrivals_add(arrivals, fd, &peer);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			pause_accepting(listener, errno);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			arrivals_have_all(arrivals);
			return;
		}
	}
}

/* Moves the client to the lowest descriptor that is free now. */
static int
lowest_descriptor(int fd)
{
	int lowest = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (lowest < 0)
		return fd;
	close(MAX(fd, lowest));
	return MIN(fd, lowest);
}

static void
serve_door(struct listener *listener)
{
	if (listener->door_fd < 0)
		return;
	listener->door_fd = lowest_descriptor(listener->door_fd);
	if (listener->on_client(listener, listener->door_fd, &listener->door_peer))
		listener->door_fd = -1;
}

static void
serve_arrivals(struct listener *listener)
{
	uint32_t most = descriptors_for_clients() / SERVED_SHARE + 1;
	union peer_address peer;
	int fd;

	serve_door(listener);
	for (most = MIN(most, SERVED_PER_TURN); most > 0; most--) {
		fd = arrivals_next(&listener->arrivals, &peer);
		if (fd < 0)
			return;
		(void)listener->on_client(listener, fd, &peer);
	}
}

static bool
has_waiting(const struct listener *listener)
{
	return listener->arrivals.n > 0 || listener->door_fd >= 0;
}

/* Until nobody waits any more, once in each turn of the loop. */
static void
on_more(uv_idle_t *more)
{
	struct listener *listener = more->data;

	serve_arrivals(listener);
	if (!has_waiting(listener))
		uv_idle_stop(more);
}

static void
on_connection(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;
	const uint64_t n_closed = listener->arrivals.n_closed;

	(void)status;
	(void)events;
	accept_arrivals(listener);
	count_sent_away(listener, listener->arrivals.n_closed - n_closed);
	if (uv_is_active((uv_handle_t *)&listener->more))
		return;
	serve_arrivals(listener);
	if (has_waiting(listener))
		uv_idle_start(&listener->more, on_more);
}

static void
on_pause_over(uv_timer_t *timer)
{
	struct listener *listener = timer->data;

	uv_poll_start(&listener->poll, UV_READABLE, on_connection);
}

int
listener_open(struct listener *listener, uv_loop_t *loop, const char *name,
	const char *address,
	bool (*on_client)(
		struct listener *listener, int fd, const union peer_address *peer))
{
	const char *path = address_unix_path(address);
	int fd = socket_bind(name, address, SOCK_STREAM), ret;

	if (fd < 0)
		return fd;
	*listener = (struct listener){
		.fd = fd,
		.door_fd = -1,
		.name = name,
		.on_client = on_client,
	};
	ret = arrivals_init(&listener->arrivals,
		MIN(descriptors_for_clients() / ARRIVALS_SHARE + 1, ARRIVALS_MAX),
		SOURCE_PREFIX);
	if (ret < 0) {
		close(fd);
		listener->fd = -1;
		return ret;
	}
	if (path)
		listener->unix_path = strdup(path);
	uv_poll_init(loop, &listener->poll, fd);
	uv_timer_init(loop, &listener->pause);
	uv_idle_init(loop, &listener->more);
	listener->poll.data = listener;
	listener->more.data = listener;
	listener->pause.data = listener;
	listener->handles = LISTENER_HANDLES;
	uv_poll_start(&listener->poll, UV_READABLE, on_connection);
	return 0;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	if (--listener->handles == 0 && listener->on_closed)
		listener->on_closed(listener);
}

void
listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	uv_poll_stop(&listener->poll);
	uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
	uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
	uv_close((uv_handle_t *)&listener->more, on_handle_closed);
	arrivals_finish(&listener->arrivals);
	if (listener->door_fd >= 0)
		close(listener->door_fd);
	close(listener->fd);
	listener->fd = -1;
	if (listener->unix_path)
		unlink(listener->unix_path);
	free(listener->unix_path);
	listener->unix_path = NULL;
}
