/* SPDX-License-Identifier: MIT */
/* Starts and stops services, and implements what the plugin API offers them. */
#include "ingest/service.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/misuse.h"
#include "canvas/canvas.h"
#include "ingest/event.h"
#include "ingest/ingest.h"
#include "ingest/listener.h"
#include "ingest/make-room.h"
#include "ingest/socket.h"
#include "ingest/worker.h"
#include "limits/ratelimit.h"

static void
count_handle(uv_handle_t *handle, void *n)
{
	(void)handle;
	++*(size_t *)n;
}

/* The handles on the loop but for those that murald made for the instance: also those
 * that are closing, until the loop turns.  Two such counts of one turn can be compared,
 * but only for equality: n_handles counts those of earlier starts too, and the difference
 * may be less than zero. */
static size_t
count_handles(const struct instance *instance, uv_loop_t *loop)
{
	size_t n = 0;

	uv_walk(loop, count_handle, &n);
	return n - instance->n_handles;
}

/* One that fails with handles of its own on the loop is stopping until they are gone;
 * without any it has stopped. */
int
service_start(struct instance *instance, uv_loop_t *loop)
{
	size_t before = count_handles(instance, loop);
	int ret;

	instance->host.loop = loop;
	instance->host.brush = &instance->shards[0].brush;
	instance->start_failed = false;
	instance->service_state = SERVICE_RUNNING;
	instance->shards[0].service_counts = &instance->counts;
	ret = instance->plugin->start(&instance->host);
	if (ret >= 0)
		return 0;
	instance->start_failed = true;
	instance->service_state = count_handles(instance, loop) != before
					  ? SERVICE_STOPPING
					  : SERVICE_STOPPED;
	share_forget(&instance->ingest->share, instance);
	return ret;
}

void
service_stop(struct instance *instance)
{
	if (instance->service_state != SERVICE_RUNNING)
		return;
	instance->service_state = SERVICE_STOPPING;
	instance->plugin->stop(&instance->host);
}

void
services_painted_over(
	struct instance *instances, const struct mural_rect *rects, size_t n)
{
	for (struct instance *i = instances; i; i = i->next)
		if (i->service_state == SERVICE_RUNNING && i->plugin->painted_over)
			i->plugin->painted_over(&i->host, rects, n);
}

void
services_notice(struct instance *instances)
{
	for (struct instance *i = instances; i; i = i->next)
		if (i->service_state == SERVICE_RUNNING && i->plugin->notice)
			i->plugin->notice(&i->host);
}

void
services_acted(struct instance *instances, const struct mural_act *act)
{
	for (struct instance *i = instances; i; i = i->next)
		if (i->service_state == SERVICE_RUNNING && i->plugin->acted)
			i->plugin->acted(&i->host, act);
}

static void
check_main(const struct instance *instance, const char *function)
{
	worker_check(instance->shards[0].worker, instance->name, function);
}

/* Others have no loop. */
static void
check_service(const struct instance *instance, const char *function)
{
	check_main(instance, function);
	if (!instance->host.loop)
		misuse_end(instance->name, "called %s() but is not a service", function);
}

struct search {
	const unsigned char *begin, *end;
	bool found;
};

static void
find_inside(uv_handle_t *handle, void *arg)
{
	struct search *search = arg;
	const unsigned char *at = (const unsigned char *)handle;

	search->found |= at >= search->begin && at < search->end;
}

/* The loop would go on with a handle in memory that is freed. */
static bool
has_handle_in_state(const struct instance *instance)
{
	struct search search = { .begin = instance->host.state };

	search.end = search.begin + instance->plugin->state_size;
	uv_walk(instance->host.loop, find_inside, &search);
	return search.found;
}

void
mural_stopped(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	check_service(instance, __func__);
	if (has_handle_in_state(instance)) {
		misuse_log(host->name,
			"called %s() with a handle on the loop in its state", __func__);
		return;
	}
	mural_publish(host);
	events_close(&instance->events);
	share_forget(&instance->ingest->share, instance);
	instance->service_state = SERVICE_STOPPED;
	if (instance->on_stopped)
		instance->on_stopped(instance);
}

void
mural_publish(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	check_main(instance, __func__);
	shard_publish(&instance->shards[0]);
}

struct mural_listener {
	struct listener listener;
	struct mural_host *host;
	void (*on_client)(struct mural_host *host, int fd);
};

static bool
on_client(struct listener *listener, int fd, const union peer_address *peer)
{
	struct mural_listener *pub =
		container_of(listener, struct mural_listener, listener);
	struct ratelimit *limits = (struct ratelimit *)pub->host->limits;

	switch (listener_place(listener, fd, peer, &limits->clients)) {
	case PLACE_FREE:
		pub->on_client(pub->host, fd);
		break;
	case PLACE_SOON:
		return false;
	case PLACE_NONE:
		close(fd);
		mural_discard(pub->host->brush, MURAL_RATE_LIMITED, 1);
		mural_publish(pub->host);
		break;
	}
	return true;
}

static void
on_listener_closed(struct listener *listener)
{
	free(container_of(listener, struct mural_listener, listener));
}

int
mural_listen(struct mural_host *host, const char *address, const char *what,
	void (*client)(struct mural_host *host, int fd), struct mural_listener **listener)
{
	struct mural_listener *new = calloc(1, sizeof(*new));
	char text[300];
	uint16_t port;
	int ret;

	check_service(container_of(host, struct instance, host), __func__);
	if (!new)
		return -ENOMEM;
	ret = listener_open(&new->listener, host->loop, host->name, address, on_client);
	if (ret < 0) {
		free(new);
		return ret;
	}
	new->host = host;
	new->listener.instance = container_of(host, struct instance, host);
	new->listener.arrivals.prefix = ((struct ratelimit *)host->limits)->prefix;
	new->on_client = client;
	new->listener.on_closed = on_listener_closed;
	port = socket_text(new->listener.fd, address, text, sizeof(text));
	if (host->port == 0)
		host->port = port;
	log_info("%s: listening on %s%s%s", host->name, text, what ? ", " : "",
		what ? what : "");
	container_of(host, struct instance, host)->n_handles += LISTENER_HANDLES;
	*listener = new;
	return 0;
}

void
mural_unlisten(struct mural_listener *listener)
{
	if (listener)
		listener_close(&listener->listener);
}

struct mural_reader *
mural_watch(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	check_main(instance, __func__);
	return canvas_reader_new(instance->shards[0].worker->canvas);
}

static void
on_stop_timeout(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void
find_closing(uv_handle_t *handle, void *found)
{
	*(bool *)found |= uv_is_closing(handle);
}

/* After a failed start(), mural_stopped() may never be called: then the service is over
 * when no handle on the loop is closing any more, not even one that a close callback
 * closed in its turn, and it has left none open. */
bool
service_is_stopping(struct instance *instance)
{
	bool is_closing = false;

	if (instance->service_state != SERVICE_STOPPING || !instance->start_failed)
		return instance->service_state == SERVICE_STOPPING;
	uv_walk(instance->host.loop, find_closing, &is_closing);
	if (is_closing || has_handle_in_state(instance))
		return true;
	instance->service_state = SERVICE_STOPPED;
	return false;
}

struct instance *
service_find_stopping(struct instance *instances)
{
	while (instances && !service_is_stopping(instances))
		instances = instances->next;
	return instances;
}

void
service_log_timeout(const struct instance *instance)
{
	log_error("%s: did not stop in time; left running", instance->host.name);
}

bool
services_wait(struct instance *instances, uv_loop_t *loop)
{
	struct instance *stopping;
	bool timed_out = false;
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	timer.data = &timed_out;
	uv_timer_start(&timer, on_stop_timeout, SERVICE_STOP_TIMEOUT_MS, 0);
	while ((stopping = service_find_stopping(instances)) && !timed_out)
		uv_run(loop, UV_RUN_ONCE);
	if (stopping)
		service_log_timeout(stopping);
	uv_close((uv_handle_t *)&timer, NULL);
	/* closed handles are released at the end of a turn */
	uv_run(loop, UV_RUN_NOWAIT);
	return !stopping;
}
