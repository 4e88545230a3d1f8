/* SPDX-License-Identifier: MIT */
/* Opens and closes one plugin instance on the workers. */
#include "ingest/instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/conn.h"
#include "ingest/listener.h"
#include "ingest/poller.h"
#include "ingest/service.h"
#include "ingest/udp.h"
#include "limits/connlimit.h"

/* ------------------------------------------------------------------ one lane */

static int
lane_close(void *arg)
{
	struct lane *lane = arg;

	conns_close(lane);
	dgram_close(lane);
	source_close(lane);
	return 0;
}

static int
lane_open_source(void *arg)
{
	return source_open(arg);
}

struct datagram_call {
	struct lane *lane;
	int fd;
};

static int
lane_open_dgram(void *arg)
{
	struct datagram_call *call = arg;

	return dgram_open(call->lane, call->fd);
}

/* ------------------------------------------------------------------ clients */

struct handover {
	struct job job;
	struct lane *lane;
	int fd;
	union peer peer;
};

static void
take_client(struct job *job)
{
	struct handover *handover = container_of(job, struct handover, job);

	conn_accept(handover->lane, handover->fd, &handover->peer);
	free(handover);
}

static uint64_t
clients_of(const struct worker *worker)
{
	return worker->handed - figure_load(&worker->gone);
}

/* The threads serve clients; without threads the main loop does. */
static size_t
least_busy_worker(const struct ingest *ingest)
{
	size_t best = ingest->n_workers > 1 ? 1 : 0;

	for (size_t i = best + 1; i < ingest->n_workers; i++)
		if (clients_of(&ingest->workers[i]) < clients_of(&ingest->workers[best]))
			best = i;
	return best;
}

/* Says why, and closes.  What the client has sent so far is read, because the kernel
 * would answer with a reset otherwise, and the client might never see the reason. */
static void
refuse_client(struct instance *instance, int fd, enum mural_reason reason)
{
	const struct mural_plugin *plugin = instance->plugin;
	const char *text =
		reason == MURAL_UNAUTHORIZED ? plugin->unwelcome : plugin->refusal;
	struct lane *lane = &instance->lanes[0]; /* the main thread's */
	char unheard[65536];

	if (text && send(fd, text, strlen(text), MSG_NOSIGNAL) > 0) {
		shutdown(fd, SHUT_WR);
		(void)recv(fd, unheard, sizeof(unheard), 0);
	}
	close(fd);
	mural_discard(&lane->brush, reason, 1);
	lane_publish(lane, &lane->counts);
}

static void
leave(struct listener *listener, const union peer *peer)
{
	rations_leave(&listener->ingest->rations, &peer->any);
	if (listener->quota.most > 0)
		quota_leave(&listener->quota, &peer->any);
}

/* Counts the client in, by all that is counted; or says whose fault it is that not. */
static bool
enter(struct listener *listener, const union peer *peer, enum mural_reason *reason)
{
	struct rations *rations = &listener->ingest->rations;
	int verdict = rations_enter(rations, &peer->any);

	*reason = verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED;
	if (verdict < 0)
		return false;
	if (listener->quota.most == 0 || quota_enter(&listener->quota, &peer->any))
		return true;
	rations_leave(rations, &peer->any);
	return false;
}

static void
on_client(struct listener *listener, int fd, const union peer *peer)
{
	const struct ingest *ingest = listener->ingest;
	size_t i = least_busy_worker(ingest);
	struct handover *handover;
	enum mural_reason reason;

	if (!enter(listener, peer, &reason)) {
		refuse_client(listener->instance, fd, reason);
		return;
	}
	handover = malloc(sizeof(*handover));
	if (!handover) {
		leave(listener, peer);
		close(fd);
		return;
	}
	*handover = (struct handover){
		.job.run = take_client,
		.lane = &listener->instance->lanes[i],
		.fd = fd,
		.peer = *peer,
	};
	ingest->workers[i].handed++;
	worker_send(&ingest->workers[i], &handover->job);
}

/* ------------------------------------------------------------------ one instance */

/* Sources and datagram sockets live on one worker each, in turn. */
static struct lane *
next_lane(struct ingest *ingest, struct instance *instance)
{
	if (ingest->n_workers == 1)
		return &instance->lanes[0];
	return &instance->lanes[1 + ingest->next_worker++ % (ingest->n_workers - 1)];
}

static int
place_instance(struct ingest *ingest, struct instance *instance)
{
	const struct mural_view *view = &ingest->canvas->view;
	const struct instance_config *common = &instance->common;
	struct mural_host *host = &instance->host;
	uint32_t width = common->region.width, height = common->region.height;

	instance->ingest = ingest;
	instance->lanes =
		aligned_alloc(CACHE_LINE, ingest->n_workers * sizeof(*instance->lanes));
	if (!instance->lanes)
		return -ENOMEM;
	memset(instance->lanes, 0, ingest->n_workers * sizeof(*instance->lanes));
	for (size_t i = 0; i < ingest->n_workers; i++) {
		struct lane *lane = &instance->lanes[i];

		lane->instance = instance;
		lane->worker = &ingest->workers[i];
		int ret = canvas_brush_init(ingest->canvas, &lane->brush,
			common->offset.x, common->offset.y, width ? width : view->width,
			height ? height : view->height);
		if (ret == -ERANGE)
			log_error("%s: offset %d,%d lies outside the canvas of %ux%u",
				host->name, common->offset.x, common->offset.y,
				view->width, view->height);
		if (ret < 0)
			return ret;
	}
	host->limits = (struct mural_limits *)&ingest->rations;
	host->left = common->offset.x;
	host->top = common->offset.y;
	host->width = instance->lanes[0].brush.width;
	host->height = instance->lanes[0].brush.height;
	host->canvas_width = view->width;
	host->canvas_height = view->height;
	host->background = ingest->canvas->background;
	host->state = calloc(1, MAX(instance->plugin->state_size, 1));
	return host->state ? 0 : -ENOMEM;
}

/* Before the first client: the loop has not turned yet. */
static int
open_quota(struct ingest *ingest, struct instance *instance)
{
	struct listener *listener = instance->listener;
	const struct mural_plugin *plugin = instance->plugin;
	uint32_t most = plugin->clients_per_source
				? plugin->clients_per_source(instance->config)
				: 0;

	if (most == 0)
		return 0;
	if (quota_init(&listener->quota, most, ingest->rations.prefix) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ingest->n_workers; i++)
		instance->lanes[i].quota = &listener->quota;
	return 0;
}

/* Its clients, who count themselves out there, went before it. */
static void
on_listener_closed(struct listener *listener)
{
	quota_finish(&listener->quota);
	free(listener);
}

/* For whoever is invited. */
static uint16_t
tell_name(struct instance *instance, int fd, const char *listen, const char *transport)
{
	char text[300];
	uint16_t port = socket_name(fd, listen, text, sizeof(text));

	if (!socket_has_address(fd, instance->address))
		instance->address[0] = '\0';
	log_info("%s: listening on %s%s", instance->host.name, text, transport);
	return port;
}

static int
open_listener(struct ingest *ingest, struct instance *instance)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int ret;

	if (!listener)
		return -ENOMEM;
	ret = listener_open(listener, ingest->loop, instance->host.name,
		instance->common.listen, on_client);
	if (ret < 0) {
		free(listener);
		return ret;
	}
	listener->ingest = ingest;
	listener->instance = instance;
	listener->on_closed = on_listener_closed;
	instance->listener = listener;
	ret = open_quota(ingest, instance);
	if (ret < 0)
		return ret;
	instance->host.port =
		tell_name(instance, listener->fd, instance->common.listen, "");
	return 0;
}

static int
open_datagrams(struct ingest *ingest, struct instance *instance)
{
	struct lane *lane = next_lane(ingest, instance);
	struct datagram_call call = { .lane = lane };

	call.fd =
		socket_bind(instance->host.name, instance->common.listen_udp, SOCK_DGRAM);
	if (call.fd < 0)
		return call.fd;
	instance->host.udp_port =
		tell_name(instance, call.fd, instance->common.listen_udp, ", UDP");
	return worker_call(lane->worker, lane_open_dgram, &call);
}

static int
open_source(struct ingest *ingest, struct instance *instance)
{
	struct lane *lane = next_lane(ingest, instance);

	return worker_call(lane->worker, lane_open_source, lane);
}

int
instance_open(struct ingest *ingest, struct instance *instance)
{
	uint32_t transports = instance->plugin->transports;
	int ret = place_instance(ingest, instance);

	if (ret == 0 && transports & MURAL_SOURCE)
		ret = open_source(ingest, instance);
	if (ret == 0 && transports & MURAL_RESIDENT)
		ret = resident_start(instance, ingest->loop);
	if (ret == 0 && transports & MURAL_DATAGRAM && *instance->common.listen_udp)
		ret = open_datagrams(ingest, instance);
	if (ret == 0 && transports & MURAL_STREAM && *instance->common.listen)
		ret = open_listener(ingest, instance);
	instance->is_open = ret == 0;
	return ret;
}

void
instance_close(struct ingest *ingest, struct instance *instance)
{
	instance->is_open = false;
	if (instance->listener)
		listener_close(instance->listener);
	instance->listener = NULL;
	resident_stop(instance);
	for (size_t i = 0; instance->lanes && i < ingest->n_workers; i++)
		if (instance->lanes[i].worker)
			worker_call(instance->lanes[i].worker, lane_close,
				&instance->lanes[i]);
}

static int
lane_reload(void *arg)
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
		if (instance->lanes[i].source)
			worker = instance->lanes[i].worker;
	worker_call(worker, lane_reload, instance);
}

void
instance_clear(struct ingest *ingest, struct instance *instance)
{
	for (size_t i = 0; instance->lanes && i < ingest->n_workers; i++)
		canvas_brush_finish(&instance->lanes[i].brush);
	free(instance->lanes);
	free(instance->host.state);
	instance->lanes = NULL;
	instance->host.state = NULL;
}
