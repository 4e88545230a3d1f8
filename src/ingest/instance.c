/* SPDX-License-Identifier: MIT */
/* Opens and closes one plugin instance, and assigns its clients, poller and sockets to
 * workers. */
#include "ingest/instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/conn.h"
#include "ingest/event.h"
#include "ingest/listener.h"
#include "ingest/make-room.h"
#include "ingest/poller.h"
#include "ingest/service.h"
#include "ingest/socket.h"
#include "ingest/udp.h"
#include "lib/address.h"
#include "limits/connlimit.h"

/* ------------------------------------------------------------------ one shard */

static int
shard_close(void *arg)
{
	struct shard *shard = arg;

	conns_close(shard);
	udp_close(shard);
	poller_close(shard);
	return 0;
}

struct udp_call {
	struct shard *shard;
	int fd;
};

static int
shard_open_udp(void *arg)
{
	struct udp_call *call = arg;

	return udp_open(call->shard, call->fd);
}

/* ------------------------------------------------------------------ clients */

struct handover {
	struct job job;
	struct shard *shard;
	int fd;
	union peer_address peer;
};

static void
run_handover(struct job *job)
{
	struct handover *handover = container_of(job, struct handover, job);

	conn_accept(handover->shard, handover->fd, &handover->peer);
	free(handover);
}

static uint64_t
worker_clients(const struct worker *worker)
{
	return worker->n_assigned - counter_load(&worker->n_closed);
}

static bool
has_one_thread(const struct ingest *ingest, const struct instance *instance)
{
	return ingest->n_workers == 1 || instance->plugin->flags & MURAL_ONE_THREAD;
}

/* Threads serve the clients; if there are none, the main loop does. */
static struct worker *
least_busy_worker(const struct ingest *ingest, const struct instance *instance)
{
	struct worker *best = &ingest->workers[1];

	if (has_one_thread(ingest, instance))
		return &ingest->workers[0];
	for (size_t i = 2; i < ingest->n_workers; i++)
		if (worker_clients(&ingest->workers[i]) < worker_clients(best))
			best = &ingest->workers[i];
	return best;
}

/* Sends the plugin's message and closes.  What the client has sent so far is read,
 * because the kernel would otherwise send a reset, and the client might never see the
 * message. */
static void
refuse_client(struct instance *instance, int fd, enum mural_reason reason)
{
	const struct mural_plugin *plugin = instance->plugin;
	bool denied = reason == MURAL_UNAUTHORIZED;
	const char *text = denied ? plugin->denied_message : plugin->busy_message;
	size_t len = denied ? plugin->denied_len : plugin->busy_len;
	struct shard *shard = &instance->shards[0]; /* the main thread's */
	char unread[65536];

	if (text && len == 0)
		len = strlen(text);
	if (text && send(fd, text, len, MSG_NOSIGNAL) > 0) {
		shutdown(fd, SHUT_WR);
		(void)recv(fd, unread, sizeof(unread), 0);
	}
	close(fd);
	mural_discard(&shard->brush, reason, 1);
	shard_publish(shard);
}

/* Asks all connection limits, and counts the client; or gives the reason why not. */
static bool
admit_client(const struct shard *shard, const union peer_address *peer,
	enum mural_reason *reason)
{
	int ret = ratelimit_admit(shard->worker->ratelimit, &peer->any);

	*reason = ret == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED;
	if (ret < 0)
		return false;
	if (!shard->connlimit || connlimit_admit(shard->connlimit, &peer->any))
		return true;
	ratelimit_release(shard->worker->ratelimit, &peer->any);
	return false;
}

static void
hand_over(struct listener *listener, struct worker *worker, int fd,
	const union peer_address *peer)
{
	struct shard *shard =
		&listener->instance->shards[worker - listener->ingest->workers];
	struct handover *handover;
	enum mural_reason reason;

	if (!admit_client(shard, peer, &reason)) {
		refuse_client(listener->instance, fd, reason);
		return;
	}
	handover = malloc(sizeof(*handover));
	if (!handover) {
		conn_release_peer(shard, peer);
		close(fd);
		return;
	}
	*handover = (struct handover){
		.job.run = run_handover,
		.shard = shard,
		.fd = fd,
		.peer = *peer,
	};
	worker->n_assigned++;
	worker_send(worker, &handover->job);
}

static bool
on_client(struct listener *listener, int fd, const union peer_address *peer)
{
	struct worker *worker = least_busy_worker(listener->ingest, listener->instance);

	switch (listener_place(listener, fd, peer, &worker->ratelimit->clients)) {
	case PLACE_FREE:
		hand_over(listener, worker, fd, peer);
		break;
	case PLACE_SOON:
		return false;
	case PLACE_NONE:
		refuse_client(listener->instance, fd, MURAL_RATE_LIMITED);
		break;
	}
	return true;
}

/* ------------------------------------------------------------------ one instance */

/* Pollers and datagram sockets are assigned to the workers in turn. */
static struct shard *
next_shard(struct ingest *ingest, struct instance *instance)
{
	if (has_one_thread(ingest, instance))
		return &instance->shards[0];
	return &instance->shards[1 + ingest->next_worker++ % (ingest->n_workers - 1)];
}

static int
place_instance(struct ingest *ingest, struct instance *instance)
{
	const struct mural_view *view = &ingest->canvas->view;
	const struct instance_config *common = &instance->common;
	struct mural_host *host = &instance->host;
	uint32_t width = common->region.width, height = common->region.height;

	instance->ingest = ingest;
	instance->counts = (struct mural_counts){ .size = sizeof(instance->counts) };
	instance->announced = false;
	instance->carrier = NULL;
	instance->shards =
		aligned_alloc(CACHE_LINE, ingest->n_workers * sizeof(*instance->shards));
	if (!instance->shards)
		return -ENOMEM;
	memset(instance->shards, 0, ingest->n_workers * sizeof(*instance->shards));
	for (size_t i = 0; i < ingest->n_workers; i++) {
		struct shard *shard = &instance->shards[i];

		shard->instance = instance;
		shard->worker = &ingest->workers[i];
		int ret = canvas_brush_init(ingest->canvas, &shard->brush,
			common->offset.x, common->offset.y, width ? width : view->width,
			height ? height : view->height);
		if (ret == -ERANGE)
			log_error("%s: offset %d,%d lies outside the canvas of %ux%u",
				host->name, common->offset.x, common->offset.y,
				view->width, view->height);
		if (ret < 0)
			return ret;
		canvas_brush_join(&shard->brush, &shard->worker->painting, i == 0);
	}
	instance->owner = &instance->shards[0];
	instance->crowd = canvas_crowd(ingest->canvas, instance->name);
	host->port = host->udp_port = 0;
	host->limits = (struct mural_limits *)&ingest->ratelimit;
	host->left = common->offset.x;
	host->top = common->offset.y;
	host->width = instance->shards[0].brush.width;
	host->height = instance->shards[0].brush.height;
	host->canvas_width = view->width;
	host->canvas_height = view->height;
	host->background = ingest->canvas->background;
	host->listen = common->listen;
	host->state = calloc(1, MAX(instance->plugin->state_size, 1));
	return host->state ? 0 : -ENOMEM;
}

/* One for all listeners, before the loop can deliver the first client. */
static int
open_connlimit(struct ingest *ingest, struct instance *instance)
{
	const struct mural_plugin *plugin = instance->plugin;
	uint32_t max = plugin->clients_per_source
			       ? plugin->clients_per_source(instance->config)
			       : 0;

	if (max == 0)
		return 0;
	instance->connlimit = calloc(1, sizeof(*instance->connlimit));
	if (!instance->connlimit ||
		connlimit_init(instance->connlimit, max, ingest->ratelimit.prefix) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ingest->n_workers; i++)
		instance->shards[i].connlimit = instance->connlimit;
	return 0;
}

static void
on_listener_closed(struct listener *listener)
{
	free(listener);
}

/* Logs the address of a socket, and keeps the first one's for hints. */
static void
announce_socket(struct instance *instance, int fd, const char *listen,
	const char *transport, uint16_t *port)
{
	char text[ADDRESS_WORD_MAX + 10];
	uint16_t bound = socket_text(fd, listen, text, sizeof(text));

	if (!instance->announced && !socket_bound_address(fd, instance->address))
		instance->address[0] = '\0';
	instance->announced = true;
	if (*port == 0)
		*port = bound;
	log_info("%s: listening on %s%s", instance->host.name, text, transport);
}

static int
open_listener(struct ingest *ingest, struct instance *instance, const char *address)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int ret;

	if (!listener)
		return -ENOMEM;
	ret = listener_open(
		listener, ingest->loop, instance->host.name, address, on_client);
	if (ret < 0) {
		free(listener);
		return ret;
	}
	listener->ingest = ingest;
	listener->arrivals.prefix = ingest->workers->ratelimit->prefix;
	listener->instance = instance;
	listener->on_closed = on_listener_closed;
	listener->next = instance->listeners;
	instance->listeners = listener;
	announce_socket(instance, listener->fd, address, "", &instance->host.port);
	return 0;
}

static int
open_udp(struct ingest *ingest, struct instance *instance, const char *address)
{
	struct shard *shard = next_shard(ingest, instance);
	struct udp_call call = { .shard = shard };

	call.fd = socket_bind(instance->host.name, address, SOCK_DGRAM);
	if (call.fd < 0)
		return call.fd;
	announce_socket(instance, call.fd, address, ", UDP", &instance->host.udp_port);
	return worker_call(shard->worker, shard_open_udp, &call);
}

static int
open_poller(struct ingest *ingest, struct instance *instance)
{
	instance->owner = next_shard(ingest, instance);
	return worker_call(instance->owner->worker, poller_open, instance->owner);
}

/* Calls one of the functions above for each address. */
static int
open_addresses(struct ingest *ingest, struct instance *instance, const char *list,
	int (*open)(
		struct ingest *ingest, struct instance *instance, const char *address))
{
	char address[ADDRESS_WORD_MAX];
	int ret = 0;

	while (ret == 0 && (list = address_next(list, address, sizeof(address))))
		ret = open(ingest, instance, address);
	return ret;
}

static int
init_instance(struct instance *instance)
{
	int ret = instance->plugin->init ? instance->plugin->init(&instance->host) : 0;

	instance->initialised = ret >= 0;
	if (ret >= 0)
		return 0;
	log_error("%s: the plugin could not begin: %s", instance->name, strerror(-ret));
	events_close(&instance->events);
	return ret;
}

/* A service is not over before mural_stopped(). */
void
instance_finish(struct instance *instance)
{
	if (!instance->initialised || instance->service_state == SERVICE_STOPPING)
		return;
	instance->initialised = false;
	if (instance->plugin->finish)
		instance->plugin->finish(&instance->host);
	events_close(&instance->events);
}

int
instance_open(struct ingest *ingest, struct instance *instance)
{
	uint32_t transports = instance->plugin->transports;
	int ret = place_instance(ingest, instance);

	if (ret == 0)
		ret = init_instance(instance);
	if (ret == 0 && transports & MURAL_POLLER)
		ret = open_poller(ingest, instance);
	/* the loop accepts clients later, once the service runs */
	if (ret == 0 && transports & MURAL_STREAM)
		ret = open_connlimit(ingest, instance);
	if (ret == 0 && transports & MURAL_STREAM)
		ret = open_addresses(
			ingest, instance, instance->common.listen, open_listener);
	if (ret == 0 && transports & MURAL_SERVICE)
		ret = service_start(instance, ingest->loop);
	if (ret == 0 && transports & MURAL_DATAGRAM)
		ret = open_addresses(
			ingest, instance, instance->common.listen_udp, open_udp);
	instance->is_open = ret == 0;
	return ret;
}

void
instance_close(struct ingest *ingest, struct instance *instance)
{
	instance->is_open = false;
	instance->wanted = NULL;
	while (instance->listeners) {
		struct listener *listener = instance->listeners;

		instance->listeners = listener->next;
		listener_close(listener);
	}
	service_stop(instance);
	for (size_t i = 0; instance->shards && i < ingest->n_workers; i++)
		if (instance->shards[i].worker)
			worker_call(instance->shards[i].worker, shard_close,
				&instance->shards[i]);
	instance_finish(instance);
	mural_state(&instance->host, NULL);
}

static int
shard_reload(void *arg)
{
	struct instance *instance = arg;

	instance->plugin->reload(&instance->host);
	return 0;
}

void
instance_reload(struct ingest *ingest, struct instance *instance)
{
	struct worker *worker = &ingest->workers[0];

	if (!instance->plugin->reload)
		return;
	for (size_t i = 0; i < ingest->n_workers; i++)
		if (instance->shards[i].poller)
			worker = instance->shards[i].worker;
	worker_call(worker, shard_reload, instance);
}

void
instance_clear(struct ingest *ingest, struct instance *instance)
{
	instance_finish(instance);
	for (size_t i = 0; instance->shards && i < ingest->n_workers; i++)
		canvas_brush_finish(&instance->shards[i].brush);
	if (instance->connlimit)
		connlimit_finish(instance->connlimit);
	free(instance->connlimit);
	instance->connlimit = NULL;
	free(instance->shards);
	free(instance->host.state);
	instance->shards = NULL;
	instance->host.state = NULL;
}

static int
shard_end_denied(void *shard)
{
	conns_end_denied(shard);
	return 0;
}

/* The service first: it can tell its clients why they are disconnected. */
static void
instance_end_denied(struct ingest *ingest, struct instance *instance)
{
	if (instance->service_state == SERVICE_RUNNING && instance->plugin->denied)
		instance->plugin->denied(&instance->host);
	for (size_t i = 0; i < ingest->n_workers && instance->is_open; i++)
		worker_call(instance->shards[i].worker, shard_end_denied,
			&instance->shards[i]);
}

void
instances_end_denied(struct ingest *ingest, struct instance *instances)
{
	for (struct instance *i = instances; i; i = i->next)
		instance_end_denied(ingest, i);
}
