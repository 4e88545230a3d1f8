/* SPDX-License-Identifier: MIT */
/* Puts a plugin's timers, descriptors and readers on its worker's loop. */
#include "ingest/event.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/misuse.h"
#include "base/util.h"
#include "ingest/client.h"
#include "ingest/painter.h"

struct event {
	struct mural_event pub;
	struct event *next, **link;
	struct shard *shard;
	void (*call)(const struct mural_event *event, struct mural_brush *brush);
	struct mural_reader *reader; /* that it polls; NULL: none */
	union {
		uv_handle_t any;
		uv_timer_t timer;
		uv_poll_t poll;
	} handle;
};

/* What plugins hold of an event. */
struct mural_timer {
	struct event event;
};

struct mural_poll {
	struct event event;
};

/* ------------------------------------------------------------------ owners */

static struct instance *
instance_of(const struct mural_host *host)
{
	return container_of(host, struct instance, host);
}

static struct shard *
owner_shard(const struct mural_host *host, struct mural_conn *conn)
{
	return conn ? container_of(conn, struct client, pub)->shard
		    : instance_of(host)->owner;
}

static struct event *
event_new(struct mural_host *host, struct mural_conn *conn,
	void (*call)(const struct mural_event *event, struct mural_brush *brush),
	void *arg, const char *function)
{
	struct shard *shard = owner_shard(host, conn);
	struct event **list = conn ? &container_of(conn, struct client, pub)->events
				   : &instance_of(host)->events;
	struct event *event;

	worker_check(shard->worker, host->name, function);
	event = calloc(1, sizeof(*event));
	if (!event)
		return NULL;
	event->pub = (struct mural_event){
		.size = sizeof(event->pub),
		.host = host,
		.conn = conn,
		.arg = arg,
	};
	event->shard = shard;
	event->call = call;
	event->link = list;
	event->next = *list;
	if (event->next)
		event->next->link = &event->next;
	*list = event;
	instance_of(host)->n_handles += !conn;
	return event;
}

static void
event_unlink(struct event *event)
{
	*event->link = event->next;
	if (event->next)
		event->next->link = event->link;
}

/* Undoes event_new(): nothing of it is on the loop. */
static void
event_drop(struct event *event)
{
	event_unlink(event);
	instance_of(event->pub.host)->n_handles -= !event->pub.conn;
	free(event);
}

static void
on_event_closed(uv_handle_t *handle)
{
	free(container_of(handle, struct event, handle.any));
}

static void
event_close(struct event *event, const char *function)
{
	worker_check(event->shard->worker, event->pub.host->name, function);
	event_unlink(event);
	uv_close(&event->handle.any, on_event_closed);
}

static void
event_call(struct event *event)
{
	struct shard *shard = event->shard;
	struct mural_conn *conn = event->pub.conn;

	if (conn)
		painter_lend(shard, container_of(conn, struct client, pub));
	else
		painter_begin(shard);
	event->call(&event->pub, &shard->brush);
	if (conn)
		painter_return(shard);
	shard_publish(shard);
}

void
events_close(struct event **events)
{
	while (*events) {
		struct event *event = *events;

		if (event->reader)
			mural_reader_free(event->reader);
		else
			event_close(event, __func__);
	}
}

/* ------------------------------------------------------------------ timers */

static void
on_timer(uv_timer_t *timer)
{
	event_call(container_of(timer, struct event, handle.timer));
}

/* libuv calls a timer that is due within the turn in which it is set in the same turn:
 * one that its callback sets to 0 would never let go of the thread. */
static void
timer_set(struct event *event, uint64_t ms, uint64_t repeat_ms)
{
	uv_timer_start(&event->handle.timer, on_timer, MAX(ms, 1), repeat_ms);
}

struct mural_timer *
mural_timer_start(struct mural_host *host, struct mural_conn *conn, uint64_t ms,
	uint64_t repeat_ms,
	void (*call)(const struct mural_event *event, struct mural_brush *brush),
	void *arg)
{
	struct event *event = event_new(host, conn, call, arg, __func__);

	if (!event)
		return NULL;
	uv_timer_init(event->shard->worker->loop, &event->handle.timer);
	timer_set(event, ms, repeat_ms);
	return container_of(event, struct mural_timer, event);
}

void
mural_timer_again(struct mural_timer *timer, uint64_t ms, uint64_t repeat_ms)
{
	struct event *event = &timer->event;

	worker_check(event->shard->worker, event->pub.host->name, __func__);
	timer_set(event, ms, repeat_ms);
}

void
mural_timer_stop(struct mural_timer *timer)
{
	if (timer)
		event_close(&timer->event, __func__);
}

/* ------------------------------------------------------------------ descriptors */

/* A descriptor that is opened for a client counts as one of the clients'. */
static bool
is_the_walls(const struct mural_conn *conn, int fd)
{
	return conn && fd >= 0 && (uint32_t)fd >= descriptors_for_clients();
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct event *event = container_of(poll, struct event, handle.poll);

	event->pub.error = status;
	event->pub.events = (events & UV_READABLE ? MURAL_READABLE : 0) |
			    (events & UV_WRITABLE ? MURAL_WRITABLE : 0);
	event_call(event);
}

static void
poll_events(struct event *event, uint32_t events)
{
	int wanted = (events & MURAL_READABLE ? UV_READABLE : 0) |
		     (events & MURAL_WRITABLE ? UV_WRITABLE : 0);

	if (wanted)
		uv_poll_start(&event->handle.poll, wanted, on_poll);
	else
		uv_poll_stop(&event->handle.poll);
}

struct mural_poll *
mural_poll_start(struct mural_host *host, struct mural_conn *conn, int fd,
	uint32_t events,
	void (*call)(const struct mural_event *event, struct mural_brush *brush),
	void *arg)
{
	struct event *event = event_new(host, conn, call, arg, __func__);

	if (!event)
		return NULL;
	if (is_the_walls(conn, fd) ||
		uv_poll_init(event->shard->worker->loop, &event->handle.poll, fd) < 0) {
		event_drop(event);
		return NULL;
	}
	poll_events(event, events);
	return container_of(event, struct mural_poll, event);
}

void
mural_poll_events(struct mural_poll *poll, uint32_t events)
{
	struct event *event = &poll->event;

	worker_check(event->shard->worker, event->pub.host->name, __func__);
	poll_events(event, events);
}

void
mural_poll_stop(struct mural_poll *poll)
{
	if (poll)
		event_close(&poll->event, __func__);
}

/* ------------------------------------------------------------------ readers */

/* For a reader without a callback of its own. */
static void
call_ready(const struct mural_event *event, struct mural_brush *brush)
{
	struct client *client = container_of(event->conn, struct client, pub);

	(void)brush;
	client->ready(client);
}

/* The descriptor is emptied first: it is readable again only after the reader was armed
 * again. */
static void
on_ring(uv_poll_t *poll, int status, int events)
{
	struct event *event = container_of(poll, struct event, handle.poll);
	uint64_t count;

	(void)status;
	(void)events;
	(void)!read(mural_reader_fd(event->reader), &count, sizeof(count));
	event_call(event);
}

static void
on_reader_free(void *arg)
{
	event_close(arg, "mural_reader_free");
}

struct mural_reader *
mural_reader_new(struct mural_host *host, struct mural_conn *conn,
	void (*call)(const struct mural_event *event, struct mural_brush *brush),
	void *arg)
{
	const uint64_t one = 1;
	struct event *event;
	int fd;

	if (!call && !conn)
		misuse_end(host->name, "called %s() with neither a callback nor a client",
			__func__);
	event = event_new(host, conn, call ? call : call_ready, arg, __func__);
	if (!event)
		return NULL;
	event->reader = canvas_reader_new(event->shard->worker->canvas);
	if (event->reader)
		canvas_reader_set_brief(event->reader);
	fd = event->reader ? mural_reader_fd(event->reader) : -1;
	if (fd < 0 || is_the_walls(conn, fd) ||
		uv_poll_init(event->shard->worker->loop, &event->handle.poll, fd) < 0) {
		mural_reader_free(event->reader);
		event_drop(event);
		return NULL;
	}
	canvas_reader_on_free(event->reader, on_reader_free, event);
	uv_poll_start(&event->handle.poll, UV_READABLE, on_ring);
	(void)!write(fd, &one, sizeof(one));
	return event->reader;
}
