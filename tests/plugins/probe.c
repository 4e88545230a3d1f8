/* SPDX-License-Identifier: MIT */
/* A plugin that uses what murald offers, each by a word that a client sends, and does
 * what it must not if asked to; test_host.py loads it. */
#include <mural/plugin.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct probe_config {
	bool fail_init, fail_open;
};

struct probe {
	struct mural_timer *timer;
	unsigned rings, clients, closed;
};

struct client {
	struct mural_conn *conn;
	struct mural_timer *timer;
	struct mural_reader *reader;
	struct mural_poll *poll;
	pthread_t thread;
	bool has_thread;
	int pipe[2];
	char says[64];
	unsigned rings;
	uint64_t flood; /* bytes still to send */
	bool leave, counted;
	struct sockaddr_in6 last; /* who sent the datagram before */
};

static const struct mural_option options[] = {
	MURAL_BOOL(struct probe_config, fail_init, "no", "have init() fail"),
	MURAL_BOOL(struct probe_config, fail_open, "no", "have open() fail"),
	{ 0 },
};

/* ------------------------------------------------------------------ the instance */

static void
on_heartbeat(const struct mural_event *event, struct mural_brush *brush)
{
	struct probe *probe = event->arg;

	if (event->conn || event->size < sizeof(*event))
		abort();
	mural_put(brush, 0, 0, 0xff000000 | ++probe->rings);
	if (probe->rings == 3)
		mural_log(event->host, MURAL_INFO, "three rings");
}

static int
probe_init(struct mural_host *host)
{
	const struct probe_config *config = host->config;
	struct probe *probe = host->state;

	if (probe->rings != 0)
		abort();
	if (config->fail_init) {
		mural_log(host, MURAL_ERROR, "asked to fail");
		return -ENOTSUP;
	}
	probe->timer = mural_timer_start(host, NULL, 1, 5, on_heartbeat, probe);
	mural_log(host, MURAL_INFO, "init with %u bytes of host", host->size);
	return probe->timer ? 0 : -ENOMEM;
}

static void
probe_finish(struct mural_host *host)
{
	struct probe *probe = host->state;

	mural_timer_stop(probe->timer);
	mural_log(host, MURAL_INFO, "finish after %u of %u clients",
		__atomic_load_n(&probe->closed, __ATOMIC_SEQ_CST),
		__atomic_load_n(&probe->clients, __ATOMIC_SEQ_CST));
}

/* ------------------------------------------------------------------ connections */

static int
probe_open(struct mural_conn *conn)
{
	const struct probe_config *config = conn->config;
	struct probe *probe = conn->host->state;
	struct client *client = conn->state;

	client->conn = conn;
	client->pipe[0] = client->pipe[1] = -1;
	if (conn->peer->sa_family == AF_UNSPEC)
		return 0;
	if (config->fail_open) {
		mural_reply(conn, "no\n", 3);
		return -EACCES;
	}
	client->counted = true;
	__atomic_fetch_add(&probe->clients, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void
probe_close(struct mural_conn *conn)
{
	struct probe *probe = conn->host->state;
	struct client *client = conn->state;

	if (client->has_thread)
		pthread_join(client->thread, NULL);
	if (client->poll)
		mural_poll_stop(client->poll);
	if (client->pipe[0] >= 0)
		close(client->pipe[0]);
	if (client->pipe[1] >= 0)
		close(client->pipe[1]);
	if (client->counted)
		__atomic_fetch_add(&probe->closed, 1, __ATOMIC_SEQ_CST);
}

static int
send_flood(struct client *client)
{
	static const char chunk[64 * 1024];

	while (client->flood > 0) {
		client->flood -= sizeof(chunk);
		if (mural_reply(client->conn, chunk, sizeof(chunk)) != 0)
			break;
	}
	return 0;
}

static void
describe_damage(struct client *client)
{
	const struct mural_view *view = mural_reader_view(client->reader);
	uint64_t *tiles = calloc(view->words, sizeof(*tiles));
	unsigned n = 0;

	do {
		while (mural_reader_take(client->reader, tiles))
			for (uint32_t t = 0; mural_tiles_next(view, tiles, &t); t++)
				n += t > 0; /* the heartbeat's is the first */
	} while (mural_reader_arm(client->reader));
	if (n > 0)
		snprintf(client->says, sizeof(client->says), "tiles %u\n", n);
	free(tiles);
}

static int
probe_ready(struct mural_conn *conn, struct mural_brush *brush)
{
	struct client *client = conn->state;

	if (conn->peer->sa_family == AF_UNSPEC) {
		if (mural_reply(conn, "?", 1) != -ENOBUFS ||
			mural_send(conn, "?", 1) != -ENOTSOCK || mural_unsent(conn) != 0)
			abort();
		mural_close(conn, true);
		return mural_send_to(conn, (struct sockaddr *)&client->last, "later", 5);
	}
	mural_put(brush, 1, 0, 0xff00ff00);
	if (client->reader)
		describe_damage(client);
	mural_reply(conn, client->says, strlen(client->says));
	client->says[0] = '\0';
	send_flood(client);
	return client->leave ? -ETIMEDOUT : 0;
}

static void
on_ring(const struct mural_event *event, struct mural_brush *brush)
{
	struct client *client = event->conn->state;

	mural_put(brush, 2, 0, 0xff0000ff);
	snprintf(client->says, sizeof(client->says), "ring %u\n", ++client->rings);
	if (client->rings == 3)
		mural_timer_stop(client->timer);
	mural_wake(event->conn);
}

static void
on_pipe(const struct mural_event *event, struct mural_brush *brush)
{
	struct client *client = event->arg;
	char text[32];
	ssize_t len = read(client->pipe[0], text, sizeof(text) - 1);

	(void)brush;
	if (event->error < 0 || event->events != MURAL_READABLE || len < 0)
		abort();
	snprintf(client->says, sizeof(client->says), "pipe %.*s\n", (int)len, text);
	mural_poll_events(client->poll, 0);
	mural_wake(event->conn);
}

static void
on_misreply(const struct mural_event *event, struct mural_brush *brush)
{
	(void)brush;
	mural_reply(event->conn, "never\n", 6);
}

/* ------------------------------------------------------------------ threads */

static void *
run_wakes(void *arg)
{
	struct client *client = arg;

	for (int i = 0; i < 1000; i++)
		mural_wake(client->conn);
	return NULL;
}

/* ------------------------------------------------------------------ commands */

static void
obey(struct client *client, const char *word)
{
	struct mural_conn *conn = client->conn;
	struct mural_host *host = conn->host;

	if (strcmp(word, "every") == 0)
		client->timer = mural_timer_start(host, conn, 1, 1, on_ring, NULL);
	else if (strcmp(word, "once") == 0)
		client->timer = mural_timer_start(host, conn, 1, 0, on_ring, NULL);
	else if (strcmp(word, "again") == 0)
		mural_timer_again(client->timer, 1, 0);
	else if (strcmp(word, "watch") == 0)
		client->reader = mural_reader_new(host, conn, NULL, NULL);
	else if (strcmp(word, "pipe") == 0 && pipe(client->pipe) == 0)
		client->poll = mural_poll_start(
			host, conn, client->pipe[0], MURAL_READABLE, on_pipe, client);
	else if (strcmp(word, "fill") == 0)
		(void)!write(client->pipe[1], "full", 4);
	else if (strcmp(word, "leave") == 0)
		client->leave = true;
	else if (strcmp(word, "flood") == 0)
		client->flood = 64 << 20;
	else if (strcmp(word, "misreply") == 0)
		client->timer = mural_timer_start(host, conn, 1, 0, on_misreply, NULL);
	else if (strcmp(word, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(word, "wake") == 0 && !client->has_thread) {
		snprintf(client->says, sizeof(client->says), "awake\n");
		client->has_thread =
			pthread_create(&client->thread, NULL, run_wakes, client) == 0;
	}
	if (strcmp(word, "leave") == 0 || strcmp(word, "flood") == 0)
		mural_wake(conn);
}

/* `as ADDRESS` paints for that address, `for NAME` for that name. */
static void
paint_as(struct mural_conn *conn, struct mural_brush *brush, const char *text)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	char reply[32];
	int ret;

	if (strncmp(text, "for ", 4) == 0)
		ret = mural_paint_as(conn->host, brush, NULL, text + 4);
	else if (inet_pton(AF_INET, text + 3, &in4.sin_addr) == 1)
		ret = mural_paint_as(conn->host, brush, (struct sockaddr *)&in4, NULL);
	else
		return;
	mural_put(brush, 4, 4, 0xffff0000);
	mural_row(brush, 5, 4, 2, (const uint32_t[]){ 0xffff0000, 0x80ff0000 });
	mural_swap(brush, 7, 4, 0xff000000, 0xffff0000);
	mural_reply(conn, reply, snprintf(reply, sizeof(reply), "as %d", ret));
}

static ssize_t
take_datagram(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct client *client = conn->state;
	char text[64];

	if (len >= sizeof(text)) {
		mural_reply(conn, text, snprintf(text, sizeof(text), "%zu bytes", len));
		return len;
	}
	memcpy(text, data, len);
	text[len] = '\0';
	if (strncmp(text, "as ", 3) == 0 || strncmp(text, "for ", 4) == 0) {
		paint_as(conn, brush, text);
	} else if (strcmp(text, "later") == 0) {
		memcpy(&client->last, conn->peer,
			conn->peer->sa_family == AF_INET ? sizeof(struct sockaddr_in)
							 : sizeof(client->last));
		mural_wake(conn);
	} else {
		mural_reply(conn, data, len);
	}
	return len;
}

static ssize_t
probe_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct client *client = conn->state;
	const uint8_t *end;
	size_t used = 0;
	char word[64];

	if (conn->host->udp_port > 0 && conn->host->port == 0)
		return take_datagram(conn, brush, data, len);
	while ((end = memchr(data + used, '\n', len - used))) {
		size_t n = end - data - used;

		if (n >= sizeof(word))
			return -EPROTO;
		memcpy(word, data + used, n);
		word[n] = '\0';
		obey(client, word);
		used += n + 1;
	}
	return used;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "probe",
	.summary = "uses what murald offers",
	.options = options,
	.config_size = sizeof(struct probe_config),
	.state_size = sizeof(struct probe),
	.conn_size = sizeof(struct client),
	.transports = MURAL_STREAM | MURAL_DATAGRAM,
	.init = probe_init,
	.finish = probe_finish,
	.open = probe_open,
	.feed = probe_feed,
	.ready = probe_ready,
	.close = probe_close,
	.listen_udp = "",
};
