/* SPDX-License-Identifier: MIT */
/* Opens and closes plugin instances on the workers. */
#include "ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "conn.h"
#include "dgram.h"
#include "listener.h"
#include "log.h"
#include "quota.h"
#include "resident.h"
#include "source.h"

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
refuse_client(struct instance *instance, int fd)
{
	const char *text = instance->plugin->refusal;
	struct lane *lane = &instance->lanes[0]; /* the main thread's */
	char unheard[65536];

	if (text && send(fd, text, strlen(text), MSG_NOSIGNAL) > 0) {
		shutdown(fd, SHUT_WR);
		(void)recv(fd, unheard, sizeof(unheard), 0);
	}
	close(fd);
	mural_discard(&lane->brush, MURAL_RATE_LIMITED, 1);
	lane_publish(lane, &lane->counts);
}

static void
on_client(struct listener *listener, int fd, const union peer *peer)
{
	const struct ingest *ingest = listener->ingest;
	size_t i = least_busy_worker(ingest);
	struct handover *handover;

	if (listener->quota.most > 0 && !quota_enter(&listener->quota, peer)) {
		refuse_client(listener->instance, fd);
		return;
	}
	handover = malloc(sizeof(*handover));
	if (!handover) {
		if (listener->quota.most > 0)
			quota_leave(&listener->quota, peer);
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
open_quota(struct ingest *ingest, struct instance *instance, struct listener *listener)
{
	const struct mural_plugin *plugin = instance->plugin;
	uint32_t most = plugin->clients_per_source
				? plugin->clients_per_source(instance->config)
				: 0;

	if (most == 0)
		return 0;
	if (quota_init(&listener->quota, most) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ingest->n_workers; i++)
		instance->lanes[i].quota = &listener->quota;
	return 0;
}

static int
open_listener(struct ingest *ingest, struct instance *instance, struct listener *listener)
{
	char text[300];
	int ret = listener_open(listener, ingest->loop, instance->host.name,
		instance->common.listen, on_client);

	if (ret < 0)
		return ret;
	listener->ingest = ingest;
	listener->instance = instance;
	ret = open_quota(ingest, instance, listener);
	if (ret < 0)
		return ret;
	instance->host.port =
		socket_name(listener->fd, instance->common.listen, text, sizeof(text));
	log_info("%s: listening on %s", instance->host.name, text);
	return 0;
}

static int
open_datagrams(struct ingest *ingest, struct instance *instance)
{
	struct lane *lane = next_lane(ingest, instance);
	struct datagram_call call = { .lane = lane };
	char text[300];

	call.fd =
		socket_bind(instance->host.name, instance->common.listen_udp, SOCK_DGRAM);
	if (call.fd < 0)
		return call.fd;
	socket_name(call.fd, instance->common.listen_udp, text, sizeof(text));
	log_info("%s: listening on %s, UDP", instance->host.name, text);
	return worker_call(lane->worker, lane_open_dgram, &call);
}

static int
open_source(struct ingest *ingest, struct instance *instance)
{
	struct lane *lane = next_lane(ingest, instance);

	return worker_call(lane->worker, lane_open_source, lane);
}

static int
instance_open(struct ingest *ingest, struct instance *instance, struct listener *listener)
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
		ret = open_listener(ingest, instance, listener);
	return ret;
}

/* Begins to close; the worker's threads and the main loop do the rest. */
static void
instance_close(
	struct ingest *ingest, struct instance *instance, struct listener *listener)
{
	listener_close(listener);
	resident_stop(instance);
	for (size_t i = 0; instance->lanes && i < ingest->n_workers; i++)
		if (instance->lanes[i].worker)
			worker_call(instance->lanes[i].worker, lane_close,
				&instance->lanes[i]);
}

/* Only when no loop holds anything of it any more. */
static void
instance_free(struct ingest *ingest, struct instance *instance)
{
	for (size_t i = 0; instance->lanes && i < ingest->n_workers; i++)
		canvas_brush_finish(&instance->lanes[i].brush);
	free(instance->lanes);
	free(instance->host.state);
	instance->lanes = NULL;
	instance->host.state = NULL;
}

/* ------------------------------------------------------------------ all of them */

static int
start_workers(struct ingest *ingest, int64_t threads)
{
	int ret = 0;

	if (threads < 0)
		threads = uv_available_parallelism();
	ingest->workers =
		aligned_alloc(CACHE_LINE, (threads + 1) * sizeof(struct worker));
	if (!ingest->workers)
		return -ENOMEM;
	for (int64_t i = 0; i <= threads && ret == 0; i++) {
		ret = worker_start(&ingest->workers[i], ingest->canvas,
			i == 0 ? ingest->loop : NULL);
		ingest->n_workers += ret == 0;
	}
	return ret;
}

static int
open_instances(struct ingest *ingest)
{
	struct instance *instance = ingest->plugins->instances;

	for (size_t i = 0; instance; instance = instance->next, i++) {
		int ret = instance_open(ingest, instance, &ingest->listeners[i]);

		instance->is_open = ret == 0;
		if (ret == 0)
			continue;
		if (instance->common.required) {
			log_error("%s: could not be opened, and it is required; mend it, "
				  "or set "
				  "required = no to go on without it",
				instance->host.name);
			return ret;
		}
		log_warn("%s: not opened; the others go on without it",
			instance->host.name);
		instance_close(ingest, instance, &ingest->listeners[i]);
	}
	return 0;
}

int
ingest_start(struct ingest *ingest, const struct config *config,
	const struct display *display, struct canvas *canvas, struct plugins *plugins,
	uv_loop_t *loop)
{
	int ret;

	*ingest = (struct ingest){
		.display = display, .canvas = canvas, .plugins = plugins, .loop = loop
	};
	for (struct instance *i = plugins->instances; i; i = i->next)
		ingest->n_instances++;
	if (ingest->n_instances == 0)
		log_warn(
			"no plugin is on, so nobody can paint: write a section such as "
			"[plugin icmp] into the config; murald --list-plugins shows what "
			"there is");
	ingest->listeners =
		calloc(MAX(ingest->n_instances, 1), sizeof(*ingest->listeners));
	if (!ingest->listeners)
		return -ENOMEM;
	for (size_t i = 0; i < ingest->n_instances; i++)
		ingest->listeners[i].fd = -1;
	ret = start_workers(ingest, config->server.workers);
	if (ret == 0)
		ret = open_instances(ingest);
	if (ret < 0)
		ingest_stop(ingest);
	return ret;
}

void
ingest_stop(struct ingest *ingest)
{
	struct instance *instance;
	size_t n = 0;

	if (!ingest->listeners)
		return;
	for (instance = ingest->plugins->instances; instance; instance = instance->next)
		instance_close(ingest, instance, &ingest->listeners[n++]);
	bool all_gone = residents_wait(ingest->plugins->instances, ingest->loop);
	for (size_t i = ingest->n_workers; i-- > 1;)
		worker_stop(&ingest->workers[i]);
	for (size_t i = 0; i < ingest->n_instances; i++)
		quota_finish(&ingest->listeners[i].quota);
	free(ingest->listeners);
	ingest->listeners = NULL;
	/* the main loop still turns, so a resident that stayed keeps what it may touch */
	if (!all_gone)
		return;
	if (ingest->n_workers > 0)
		worker_stop(&ingest->workers[0]);
	for (instance = ingest->plugins->instances; instance; instance = instance->next)
		instance_free(ingest, instance);
	free(ingest->workers);
	*ingest = (struct ingest){ 0 };
}

void
ingest_counters(const struct ingest *ingest, const struct instance *instance,
	struct counters *sum)
{
	*sum = (struct counters){ 0 };
	for (size_t i = 0; instance->lanes && i < ingest->n_workers; i++)
		counters_add(sum, &instance->lanes[i].shown);
}

void
ingest_log_counters(const struct ingest *ingest)
{
	struct instance *instance = ingest->plugins->instances;

	for (; instance; instance = instance->next) {
		struct counters sum;
		char discarded[200] = "";
		int len = 0;

		if (!instance->is_open)
			continue;
		ingest_counters(ingest, instance, &sum);
		for (int i = 0; i < MURAL_REASONS; i++)
			if (sum.discarded[i] > 0)
				len += snprintf(discarded + len, sizeof(discarded) - len,
					", %" PRIu64 " %s", sum.discarded[i],
					mural_reason_label(i));
		log_info("%s: painted %" PRIu64
			 " pixels, discarded%s, kernel drops %" PRIu64,
			instance->host.name, sum.painted,
			len ? discarded + 1 : " nothing", sum.counts.kernel_drops);
	}
}

static void
log_invitation(const struct instance *instance, const char *address)
{
	const struct mural_wish wish = { address, instance->host.width / 2,
		instance->host.height / 2, 0xffff8000 };
	char text[512];

	if (instance->plugin->invite(&instance->host, &wish, text, sizeof(text)) > 0)
		log_info("%s: paint with: %s", instance->host.name, text);
}

/* A listener with an address of its own is no use to people at any other. */
void
ingest_log_invitations(const struct ingest *ingest)
{
	struct instance *instance = ingest->plugins->instances;
	char address[ADDRESS_TEXT_MAX];

	for (size_t i = 0; instance; instance = instance->next, i++) {
		const struct listener *listener = &ingest->listeners[i];

		if (!instance->plugin->invite || !instance->is_open)
			continue;
		if (listener->fd >= 0 && socket_has_address(listener->fd, address)) {
			log_invitation(instance, address);
			continue;
		}
		if (address_of_host(AF_INET, address) == 0)
			log_invitation(instance, address);
		if (address_of_host(AF_INET6, address) == 0)
			log_invitation(instance, address);
	}
}
