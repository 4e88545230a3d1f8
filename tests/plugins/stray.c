/* SPDX-License-Identifier: MIT */
/* A plugin that calls on a thread of its own what belongs on murald's: each function by
 * its name, which a client sends; test_stray.py loads it. */
#include <mural/plugin.h>

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What a client has on the right thread, for the calls on the wrong one. */
struct client {
	struct mural_conn *conn;
	struct mural_host *host;
	struct mural_brush *brush; /* borrowed for too long */
	struct mural_timer *timer;
	struct mural_poll *poll;
	struct mural_reader *reader;
	pthread_t thread;
	const struct call *call;
};

static void
on_event(const struct mural_event *event, struct mural_brush *brush)
{
	(void)event;
	(void)brush;
}

static void
on_client(struct mural_host *host, int fd)
{
	(void)host;
	close(fd);
}

static void
each(const struct mural_instance *instance, void *arg)
{
	(void)instance;
	(void)arg;
}

static void
verb(const struct mural_verb *each, void *arg)
{
	(void)each;
	(void)arg;
}

static int
wanted(struct mural_host *host)
{
	(void)host;
	return 0;
}

static void
heard(struct mural_host *host, const struct mural_parcel *parcel)
{
	(void)host;
	(void)parcel;
}

static void
leased(void *arg, enum mural_lease_outcome outcome, uint64_t left_ms)
{
	(void)arg;
	(void)outcome;
	(void)left_ms;
}

/* clang-format off */
#define CALL(name, ...) \
	static void call_##name(struct client *c) { (void)c; __VA_ARGS__; }

CALL(timer_start, mural_timer_start(c->host, c->conn, 1, 0, on_event, NULL))
CALL(timer_again, mural_timer_again(c->timer, 1, 0))
CALL(timer_stop, mural_timer_stop(c->timer))
CALL(poll_start, mural_poll_start(c->host, c->conn, 0, MURAL_READABLE, on_event, NULL))
CALL(poll_events, mural_poll_events(c->poll, 0))
CALL(poll_stop, mural_poll_stop(c->poll))
CALL(reader_new, mural_reader_new(c->host, c->conn, NULL, NULL))
CALL(reader_free, mural_reader_free(c->reader))
CALL(reply, mural_reply(c->conn, "x", 1))
CALL(send, mural_send(c->conn, "x", 1))
CALL(unsent, (void)mural_unsent(c->conn))
CALL(close, mural_close(c->conn, true))
CALL(send_buffer, mural_send_buffer(c->conn, 1))
CALL(send_to, mural_send_to(c->conn, (struct sockaddr *)&(struct sockaddr_in){ 0 }, "x", 1))
CALL(paint_as, mural_paint_as(c->host, c->brush, NULL, "somebody"))
CALL(publish, mural_publish(c->host))
CALL(stopped, mural_stopped(c->host))
CALL(listen, struct mural_listener *listener;
	mural_listen(c->host, "127.0.0.1:0", NULL, on_client, &listener))
CALL(watch, (void)mural_watch(c->host))
CALL(retry, mural_retry(c->host, wanted))
CALL(each_instance, mural_each_instance(c->host, each, NULL))
CALL(display_counters, struct mural_display display = { .size = sizeof(display) };
	mural_display_counters(c->host, &display))
CALL(current_notice, struct mural_notice notice = { .size = sizeof(notice) };
	mural_current_notice(c->host, &notice))
CALL(record_file, (void)mural_record_file(c->host))
CALL(each_verb, mural_each_verb(c->host, verb, NULL))
CALL(ask, struct mural_question question = { .size = sizeof(question), .verb = "status" };
	(void)mural_ask(c->host, &question))

CALL(follow, (void)mural_follow(c->host, "topic", 0, 0, heard))
CALL(tell, (void)mural_tell(c->host, "topic", "x", 1, 1))
CALL(lease_name, (void)mural_lease_name(c->host, "name", 1, leased, NULL))
CALL(carry, (void)mural_carry(c->host, NULL))
CALL(carries, mural_carries(c->host, false))
CALL(heard, struct mural_parcel parcel = { .size = sizeof(parcel) };
	mural_heard(c->host, "topic", &parcel))

#define ENTRY(name) { "mural_" #name, call_##name }
static const struct call {
	const char *name;
	void (*make)(struct client *client);
} calls[] = {
	ENTRY(timer_start), ENTRY(timer_again), ENTRY(timer_stop), ENTRY(poll_start),
	ENTRY(poll_events), ENTRY(poll_stop), ENTRY(reader_new), ENTRY(reader_free),
	ENTRY(reply), ENTRY(send), ENTRY(unsent), ENTRY(close), ENTRY(send_buffer),
	ENTRY(send_to), ENTRY(paint_as), ENTRY(publish), ENTRY(stopped), ENTRY(listen),
	ENTRY(watch), ENTRY(retry), ENTRY(each_instance), ENTRY(display_counters),
	ENTRY(current_notice), ENTRY(record_file), ENTRY(each_verb), ENTRY(ask),
	ENTRY(follow), ENTRY(tell), ENTRY(lease_name), ENTRY(carry), ENTRY(carries),
	ENTRY(heard),
};
/* clang-format on */

static void *
run(void *arg)
{
	struct client *client = arg;

	client->call->make(client);
	return NULL;
}

static ssize_t
stray_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct client *client = conn->state;

	if (len == 0 || data[len - 1] != '\n')
		return 0;
	client->conn = conn;
	client->host = conn->host;
	client->brush = brush;
	client->timer = mural_timer_start(conn->host, conn, 60000, 0, on_event, NULL);
	client->poll =
		mural_poll_start(conn->host, conn, eventfd(0, 0), 0, on_event, NULL);
	client->reader = mural_reader_new(conn->host, conn, on_event, NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strlen(calls[i].name) == len - 1 &&
			memcmp(calls[i].name, data, len - 1) == 0)
			client->call = &calls[i];
	if (client->call)
		pthread_create(&client->thread, NULL, run, client);
	else
		mural_reply(conn, "what?\n", 6);
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "stray",
	.summary = "calls on the wrong thread",
	.conn_size = sizeof(struct client),
	.transports = MURAL_STREAM,
	.feed = stray_feed,
};
