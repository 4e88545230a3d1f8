/* SPDX-License-Identifier: MIT */
/* Runs libmicrohttpd on a libuv loop. */
#include "common/mhd-uv.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/websocket-reader.h"

/* From 0.9.77.7 on libmicrohttpd keeps what it is given for its next turn, and so says
 * too late that it is there, unless it is told that there are no threads.  Older ones
 * take it at once and do not look at the bit. */
#if MHD_VERSION < 0x00097707
#define MHD_USE_NO_THREAD_SAFETY (1 << 19)
#endif

static void on_timer(uv_timer_t *timer);
static void on_idle(uv_idle_t *idle);

/* libmicrohttpd's epoll is edge-triggered: what it left in this turn only its time-out
 * reports, which must be asked for after every turn, and which does not know of
 * connections resumed during the turn (0.9.75).
 *
 * The next turn is an idle handle's, not a timer's of 0 ms: libuv 1.44 runs such timers
 * again and again before it polls, and one client who pipelines would keep all others,
 * and signals, waiting. */
static void
mhd_uv_run(struct mhd_uv *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	bool has_timeout;

	server->wake_pending = false;
	if (server->on_turn)
		server->on_turn(server);
	MHD_run(server->daemon);
	has_timeout = MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES;
	if (server->wake_pending || (has_timeout && timeout_ms == 0)) {
		uv_idle_start(&server->idle, on_idle);
		return;
	}
	uv_idle_stop(&server->idle);
	if (has_timeout)
		uv_timer_start(&server->timer, on_timer, timeout_ms, 0);
	else
		uv_timer_stop(&server->timer);
}

static void
on_idle(uv_idle_t *idle)
{
	mhd_uv_run(idle->data);
}

static void
on_timer(uv_timer_t *timer)
{
	mhd_uv_run(timer->data);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct mhd_uv *server = poll->data;

	(void)status;
	(void)events;
	/* one turn in each iteration of the loop */
	if (!uv_is_active((uv_handle_t *)&server->idle))
		mhd_uv_run(server);
}

/* libmicrohttpd needs no limit of its own: murald's limits decide how many each source
 * may have. */
static unsigned
connection_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur > 65536)
		return 65536;
	return files.rlim_cur;
}

int
mhd_uv_start(struct mhd_uv *server, uv_loop_t *loop, size_t memory, unsigned timeout,
	MHD_AccessHandlerCallback handler, void *arg,
	const struct MHD_OptionItem *options)
{
	static const struct MHD_OptionItem no_options[] = { { MHD_OPTION_END, 0, NULL } };
	const union MHD_DaemonInfo *info;

	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_UPGRADE |
			MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_THREAD_SAFETY,
		0, NULL, NULL, handler, arg, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
		MHD_OPTION_CONNECTION_TIMEOUT, timeout, MHD_OPTION_CONNECTION_LIMIT,
		connection_limit(), MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		options ? options : no_options, MHD_OPTION_END);
	if (!server->daemon)
		return errno ? -errno : -ENOMEM;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	uv_poll_init(loop, &server->poll, info->epoll_fd);
	uv_timer_init(loop, &server->timer);
	uv_idle_init(loop, &server->idle);
	TAILQ_INIT(&server->unsent.waiting);
	fair_queue_init(&server->readers, loop, websocket_serve);
	server->poll.data = server;
	server->timer.data = server;
	server->idle.data = server;
	server->handles = 4;
	uv_poll_start(&server->poll, UV_READABLE, on_poll);
	return 0;
}

void
mhd_uv_accept(struct mhd_uv *server, int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
		close(fd);
		return;
	}
	/* closes a socket that it refuses */
	MHD_add_connection(server->daemon, fd, (struct sockaddr *)&peer, len);
	mhd_uv_wake(server);
}

void
mhd_uv_wake(struct mhd_uv *server)
{
	server->wake_pending = true;
	if (server->daemon)
		uv_idle_start(&server->idle, on_idle);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct mhd_uv *server = handle->data;

	if (--server->handles == 0)
		server->on_stopped(server);
}

void
mhd_uv_stop(struct mhd_uv *server, void (*on_stopped)(struct mhd_uv *server))
{
	if (!server->daemon)
		return;
	server->on_stopped = on_stopped;
	uv_poll_stop(&server->poll);
	/* releases upgraded connections, and those upgrading right now */
	MHD_run(server->daemon);
	MHD_run(server->daemon);
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
	websocket_decoder_free(server->decoder);
	server->decoder = NULL;
	uv_close((uv_handle_t *)&server->poll, on_handle_closed);
	uv_close((uv_handle_t *)&server->timer, on_handle_closed);
	uv_close((uv_handle_t *)&server->idle, on_handle_closed);
	fair_queue_close(&server->readers, server, on_handle_closed);
}
