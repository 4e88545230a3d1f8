/* SPDX-License-Identifier: MIT */
/* A plugin whose author did not read the manual: each client's word is a mistake.  With
 * -DSERVICE a service that says it has stopped with a timer on the loop, or fails so.
 * test_careless.py loads both. */
#include <mural/plugin.h>

#include <string.h>

#ifdef SERVICE

#include <errno.h>
#include <uv.h>

struct service_config {
	bool fails;
};

static const struct mural_option options[] = {
	MURAL_BOOL(struct service_config, fails, "no", "whether start() does"),
	{ 0 },
};

static void
on_second(uv_timer_t *timer)
{
	((uint64_t *)timer->data)[0]++;
}

struct service {
	uint64_t seconds;
	uv_timer_t timer;
};

static int
careless_start(struct mural_host *host)
{
	const struct service_config *config = host->config;
	struct service *service = host->state;

	uv_timer_init(host->loop, &service->timer);
	service->timer.data = &service->seconds;
	uv_timer_start(&service->timer, on_second, 100, 100);
	return config->fails ? -EIO : 0;
}

static void
careless_stop(struct mural_host *host)
{
	mural_stopped(host);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "careless-service",
	.summary = "leaves a timer behind",
	.options = options,
	.config_size = sizeof(struct service_config),
	.state_size = sizeof(struct service),
	.transports = MURAL_SERVICE,
	.start = careless_start,
	.stop = careless_stop,
};

#else

struct client {
	struct mural_timer *timer;
};

static const struct mural_metric metrics[] = {
	{ "words", MURAL_COUNTER, "Words." },
	{ 0 },
};

static void
on_spin(const struct mural_event *event, struct mural_brush *brush)
{
	struct client *client = event->conn->state;

	mural_put(brush, 0, 0, 0xff00ff00);
	mural_timer_again(client->timer, 0, 0);
}

static void
on_link(const struct mural_event *event, struct mural_brush *brush)
{
	struct client *client = event->conn->state;

	mural_put(brush, 0, 0, 0xff00ff00);
	mural_timer_stop(client->timer);
	client->timer = mural_timer_start(event->host, event->conn, 0, 0, on_link, NULL);
}

static void
on_damage(const struct mural_event *event, struct mural_brush *brush)
{
	(void)event;
	(void)brush;
}

/* What feed() returns. */
static ssize_t
err(struct mural_conn *conn, struct mural_brush *brush, const char *word, size_t len)
{
	struct client *client = conn->state;
	struct mural_listener *listener;
	uint32_t outside = 1;

	if (strcmp(word, "spin\n") == 0)
		client->timer = mural_timer_start(conn->host, conn, 0, 0, on_spin, NULL);
	else if (strcmp(word, "chain\n") == 0)
		client->timer = mural_timer_start(conn->host, conn, 0, 0, on_link, NULL);
	else if (strcmp(word, "watch\n") == 0)
		return mural_reader_new(conn->host, conn, on_damage, NULL) ? (ssize_t)len
									   : -1;
	else if (strcmp(word, "feed\n") == 0)
		return (ssize_t)len + 1;
	else if (strcmp(word, "mural_metric_set\n") == 0)
		mural_metric_set(conn->host, outside, 1);
	else if (strcmp(word, "mural_metric_add\n") == 0)
		mural_metric_add(conn->host, outside, 1);
	else if (strcmp(word, "mural_bind\n") == 0)
		(void)mural_bind(conn->host, "127.0.0.1:0", MURAL_POLLER);
	else if (strcmp(word, "mural_reader_new\n") == 0)
		(void)mural_reader_new(conn->host, NULL, NULL, NULL);
	else if (strcmp(word, "mural_conn_admit\n") == 0)
		(void)mural_conn_admit(conn->host, conn->peer);
	else if (strcmp(word, "mural_listen\n") == 0)
		(void)mural_listen(conn->host, "127.0.0.1:0", NULL, NULL, &listener);
	else if (strcmp(word, "mural_stopped\n") == 0)
		mural_stopped(conn->host);
	else
		mural_put(brush, 1, 0, 0xff0000ff);
	return (ssize_t)len;
}

static ssize_t
careless_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	char word[64] = { 0 };

	if (len == 0 || len >= sizeof(word) || data[len - 1] != '\n')
		return 0;
	memcpy(word, data, len);
	return err(conn, brush, word, len);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "careless",
	.summary = "makes mistakes",
	.conn_size = sizeof(struct client),
	.transports = MURAL_STREAM,
	.feed = careless_feed,
	.metrics = metrics,
};

#endif
