/* SPDX-License-Identifier: MIT */
/* A plugin of which one callback fails while a file of its name is in a folder, and that
 * writes each down in `calls` there; with -DSERVICE a service instead.  It uses no bytes
 * of a client that sends dashes.  test_failing.py loads it. */
#include <mural/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct failing_config {
	const char *folder;
};

static const struct mural_option options[] = {
	MURAL_PATH(struct failing_config, folder, "", "where the files are"),
	{ 0 },
};

/* 0 or -EIO. */
static int
outcome(const struct mural_host *host, const char *name)
{
	const struct failing_config *config = host->config;
	char path[4096];
	FILE *calls;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", config->folder, name);
	ret = access(path, F_OK) == 0 ? -EIO : 0;
	snprintf(path, sizeof(path), "%s/calls", config->folder);
	calls = fopen(path, "a");
	if (!calls)
		abort();
	fprintf(calls, "%s%s\n", name, ret < 0 ? " fails" : "");
	fclose(calls);
	return ret;
}

#ifdef SERVICE

#include <uv.h>

/* More than murald itself has on its loop. */
#define TIMERS 32

struct service {
	uv_timer_t timers[TIMERS];
	unsigned open;
};

static int
failing_init(struct mural_host *host)
{
	return outcome(host, "init");
}

/* Not before all of it is gone. */
static void
failing_finish(struct mural_host *host)
{
	const struct service *service = host->state;

	if (service->open != 0)
		abort();
	(void)outcome(host, "finish");
}

static void
on_timer(const struct mural_event *event, struct mural_brush *brush)
{
	(void)event;
	(void)brush;
}

static void
on_closed(uv_handle_t *timer)
{
	((struct service *)timer->data)->open--;
}

/* If it fails it takes back what it has begun, and leaves to murald what is murald's. */
static int
failing_start(struct mural_host *host)
{
	struct service *service = host->state;

	if (outcome(host, "start") == 0)
		return 0;
	for (; service->open < TIMERS; service->open++) {
		uv_timer_t *timer = &service->timers[service->open];

		(void)mural_timer_start(host, NULL, 1000, 0, on_timer, NULL);
		uv_timer_init(host->loop, timer);
		timer->data = service;
		uv_close((uv_handle_t *)timer, on_closed);
	}
	return -EIO;
}

static void
failing_stop(struct mural_host *host)
{
	(void)outcome(host, "stop");
	mural_stopped(host);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "failing-service",
	.summary = "fails",
	.options = options,
	.config_size = sizeof(struct failing_config),
	.state_size = sizeof(struct service),
	.transports = MURAL_SERVICE,
	.init = failing_init,
	.finish = failing_finish,
	.start = failing_start,
	.stop = failing_stop,
};

#else

struct failing {
	int fd;
	unsigned begun;
};

static int
failing_attach(struct mural_host *host)
{
	struct failing *failing = host->state;

	if (failing->begun++ != 0) /* it begins anew with each attach */
		abort();
	if (outcome(host, "attach") < 0)
		return -EIO;
	failing->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return failing->fd;
}

static int
failing_drain(struct mural_host *host, struct mural_brush *brush)
{
	struct failing *failing = host->state;
	uint64_t count;

	(void)!read(failing->fd, &count, sizeof(count));
	mural_put(brush, 1, 1, 0xff00ff00);
	return outcome(host, "drain");
}

static void
failing_detach(struct mural_host *host)
{
	struct failing *failing = host->state;

	(void)outcome(host, "detach");
	close(failing->fd);
}

static int
failing_open(struct mural_conn *conn)
{
	return outcome(conn->host, "open");
}

static ssize_t
failing_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)brush;
	if (len > 0 && data[0] == '-')
		return 0;
	return outcome(conn->host, "feed") < 0 ? -EIO : (ssize_t)len;
}

static void
failing_close(struct mural_conn *conn)
{
	(void)outcome(conn->host, "close");
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "failing",
	.summary = "fails",
	.options = options,
	.config_size = sizeof(struct failing_config),
	.state_size = sizeof(struct failing),
	.transports = MURAL_STREAM | MURAL_DATAGRAM | MURAL_POLLER,
	.attach = failing_attach,
	.drain = failing_drain,
	.detach = failing_detach,
	.open = failing_open,
	.feed = failing_feed,
	.close = failing_close,
};

#endif
