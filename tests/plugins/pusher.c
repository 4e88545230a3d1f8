/* SPDX-License-Identifier: MIT */
/* A plugin whose clients and service share one thread and one state, and that sends and
 * closes by itself, as its clients' words say; test_pusher.py loads it. */
#include <mural/plugin.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pusher_config {
	int64_t clients;
};

struct client;

struct pusher {
	pthread_t thread;
	struct mural_timer *timer;
	struct client *first; /* this and the next without a lock */
	unsigned clients;
	bool is_telling; /* goes through the list */
};

struct client {
	struct mural_conn *conn;
	struct client *next;
	struct mural_timer *timer;
};

static const struct mural_option options[] = {
	MURAL_NUMBER(
		struct pusher_config, clients, "0", NULL, 0, 1000, "clients of a source"),
	{ 0 },
};

static void
pusher_check(const void *config, struct mural_check *check)
{
	(void)config;
	if (!*mural_check_listen(check))
		mural_reject(check, "listen", "is empty; write an address");
}

/* ------------------------------------------------------------------ the service */

/* For somebody whose network is denied. */
static void
on_stroke(const struct mural_event *event, struct mural_brush *brush)
{
	(void)event;
	mural_put(brush, 0, 0, 0xffff0000);
}

static int
pusher_start(struct mural_host *host)
{
	struct sockaddr_in denied = { .sin_family = AF_INET };
	struct pusher *pusher = host->state;

	pusher->thread = pthread_self();
	inet_pton(AF_INET, "192.0.2.7", &denied.sin_addr);
	(void)mural_paint_as(host, host->brush, (struct sockaddr *)&denied, NULL);
	pusher->timer = mural_timer_start(host, NULL, 1, 1, on_stroke, NULL);
	mural_log(host, MURAL_INFO, "listens on <%s>", host->listen);
	return pusher->timer ? 0 : -ENOMEM;
}

static void
pusher_stop(struct mural_host *host)
{
	mural_stopped(host);
}

/* ------------------------------------------------------------------ clients */

static int
pusher_open(struct mural_conn *conn)
{
	struct pusher *pusher = conn->host->state;
	struct client *client = conn->state;

	client->conn = conn;
	client->next = pusher->first;
	pusher->first = client;
	pusher->clients++;
	return mural_send(conn, "hello\n", 6);
}

static void
pusher_close(struct mural_conn *conn)
{
	struct pusher *pusher = conn->host->state;
	struct client **link = &pusher->first;

	while (*link != conn->state)
		link = &(*link)->next;
	*link = (*link)->next;
	pusher->clients--;
	if (pusher->is_telling || mural_send(conn, "x", 1) != -ENOTCONN ||
		mural_unsent(conn) != 0)
		abort();
	mural_close(conn, true);
}

static void
on_later(const struct mural_event *event, struct mural_brush *brush)
{
	(void)brush;
	mural_send(event->conn, "later\n", 6);
}

static void
tell(struct mural_conn *conn, const char *what, long n)
{
	char text[64];

	mural_reply(
		conn, text, (size_t)snprintf(text, sizeof(text), "%s %ld\n", what, n));
}

static int
push(struct mural_conn *conn, size_t len)
{
	char *bytes = calloc(1, len);
	int ret = bytes ? mural_send(conn, bytes, len) : -ENOMEM;

	free(bytes);
	return ret;
}

static void
push_to_others(struct mural_conn *conn, size_t len)
{
	struct pusher *pusher = conn->host->state;

	pusher->is_telling = true;
	for (struct client *client = pusher->first; client; client = client->next)
		if (client->conn != conn)
			(void)push(client->conn, len);
	pusher->is_telling = false;
}

static void
obey(struct mural_conn *conn, struct mural_brush *brush, const char *word)
{
	struct pusher *pusher = conn->host->state;
	struct client *client = conn->state;
	unsigned n;

	if (strcmp(word, "thread") == 0) {
		tell(conn, "same", pthread_equal(pusher->thread, pthread_self()) != 0);
	} else if (strcmp(word, "clients") == 0) {
		tell(conn, "clients", pusher->clients);
	} else if (strcmp(word, "order") == 0) {
		mural_reply(conn, "a", 1);
		mural_send(conn, "b", 1);
		mural_reply(conn, "c", 1);
		mural_send(conn, "d\n", 2);
	} else if (strcmp(word, "later") == 0) {
		client->timer = mural_timer_start(conn->host, conn, 1, 0, on_later, NULL);
	} else if (sscanf(word, "push %u", &n) == 1) {
		(void)push(conn, n);
	} else if (sscanf(word, "others %u", &n) == 1) {
		push_to_others(conn, n);
	} else if (sscanf(word, "try %u", &n) == 1) {
		tell(conn, "sent", push(conn, n));
	} else if (strcmp(word, "unsent") == 0) {
		mural_put(brush, 2, 0, 0xff000000 | (uint32_t)mural_unsent(conn));
	} else if (sscanf(word, "buffer %u", &n) == 1) {
		mural_send_buffer(conn, n);
	} else if (strcmp(word, "wake") == 0) {
		mural_wake(conn);
	} else if (strcmp(word, "close") == 0) {
		mural_send(conn, "bye\n", 4);
		mural_close(conn, false);
		mural_close(conn, false);
		if (mural_send(conn, "x", 1) != -ENOTCONN)
			abort();
	} else if (strcmp(word, "drop") == 0) {
		mural_close(conn, true);
	} else if (strcmp(word, "paint") == 0) {
		mural_put(brush, 1, 0, 0xff00ff00);
	}
}

static ssize_t
pusher_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	const uint8_t *end;
	size_t used = 0;
	char word[64];

	while ((end = memchr(data + used, '\n', len - used))) {
		size_t n = (size_t)(end - data) - used;

		if (n >= sizeof(word))
			return -EPROTO;
		memcpy(word, data + used, n);
		word[n] = '\0';
		obey(conn, brush, word);
		used += n + 1;
	}
	return (ssize_t)used;
}

static int
pusher_ready(struct mural_conn *conn, struct mural_brush *brush)
{
	(void)brush;
	if (mural_unsent(conn) > 0)
		abort();
	return mural_send(conn, "ready\n", 6);
}

static uint32_t
pusher_clients_per_source(const void *config)
{
	return (uint32_t)((const struct pusher_config *)config)->clients;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "pusher",
	.summary = "sends by itself",
	.options = options,
	.config_size = sizeof(struct pusher_config),
	.state_size = sizeof(struct pusher),
	.conn_size = sizeof(struct client),
	.transports = MURAL_STREAM | MURAL_SERVICE,
	.flags = MURAL_ONE_THREAD | MURAL_OWN_LIMITS,
	.check = pusher_check,
	.open = pusher_open,
	.feed = pusher_feed,
	.ready = pusher_ready,
	.close = pusher_close,
	.start = pusher_start,
	.stop = pusher_stop,
	.clients_per_source = pusher_clients_per_source,
	.busy_message = "\xff\0no",
	.busy_len = 4,
	.denied_message = "\0never",
	.denied_len = 6,
};
