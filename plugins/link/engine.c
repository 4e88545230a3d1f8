/* SPDX-License-Identifier: MIT */
/*
 * The engine on Valkey or Redis: connects, and connects again.
 *
 * Two connections, because one waits in XREAD, and a third where walls share more.  All
 * keys of a region have its name in braces, so that a cluster keeps them together.
 */
#include "link/engine.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digits.h"
#include "link/engine-private.h"

/* How long to wait for a connection, and then at most until the next one is tried. */
#define PATIENCE_MS 5000
#define BACKOFF_MAX_MS 5000

static void
drop_all(struct engine *engine)
{
	redis_drop(&engine->asking);
	redis_drop(&engine->commands);
	redis_drop(&engine->reading);
	redis_drop(&engine->sharing);
	topics_drop(engine);
}

void
engine_restart(struct engine *engine, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "%s", why); /* it may be of what is dropped now */
	drop_all(engine);
	engine->is_up = engine->is_connecting = false;
	free((void *)engine->putting.picture.data);
	engine->putting.picture.data = NULL;
	mural_timer_again(engine->timer, engine->backoff_ms, 0);
	engine->backoff_ms = engine->backoff_ms * 2 > BACKOFF_MAX_MS
				     ? BACKOFF_MAX_MS
				     : engine->backoff_ms * 2;
	engine->events.on_down(engine->arg, text);
}

static void
on_lost(struct redis *redis, const char *why)
{
	engine_restart(redis->arg, why);
}

static bool
is_ready(const struct engine *engine)
{
	return engine->commands.is_ready && engine->reading.is_ready &&
	       (!engine->config.shares || engine->sharing.is_ready);
}

static void
go_up(struct engine *engine)
{
	engine->is_up = true;
	engine->is_connecting = false;
	engine->events.on_up(engine->arg);
}

static void
on_ready(struct redis *redis)
{
	struct engine *engine = redis->arg;

	if (redis == &engine->asking)
		sentinel_ask(engine);
	else if (engine->is_up)
		engine->events.on_shares(engine->arg);
	else if (is_ready(engine))
		go_up(engine);
}

static void
connect_to(struct engine *engine, const char *address, uint16_t port)
{
	if (engine->is_asking) {
		(void)redis_connect(&engine->asking, address, port);
		return;
	}
	snprintf(engine->reached, ADDRESS_MAX, "%s", address);
	engine->reached_port = port;
	if (redis_connect(&engine->commands, address, port) &&
		redis_connect(&engine->reading, address, port) && engine->config.shares)
		(void)redis_connect(&engine->sharing, address, port);
}

/* Connects to where the other connections are, or are about to be. */
void
engine_share(struct engine *engine, bool shares)
{
	engine->config.shares = shares;
	if (!shares) {
		redis_drop(&engine->sharing);
		topics_leave(engine);
		if (!engine->is_up && is_ready(engine))
			go_up(engine);
	} else if (engine->commands.context) {
		mural_timer_again(engine->timer, PATIENCE_MS, 0);
		(void)redis_connect(
			&engine->sharing, engine->reached, engine->reached_port);
	}
}

static void
finish(struct engine *engine)
{
	void (*stopped)(void *) = engine->stopped;
	void *arg = engine->arg;

	redis_tls_free(engine->tls);
	free(engine);
	stopped(arg);
}

/* Each try takes the next address of the name: localhost has two, and the engine may be
 * at either.  A Sentinel's name is counted separately, or the engine behind it would
 * always be tried at the same address. */
static const struct addrinfo *
next_address(struct engine *engine, const struct addrinfo *first)
{
	const struct addrinfo *found = first;
	const unsigned n = engine->is_asking ? engine->n_rounds : engine->n_tried++;

	for (unsigned i = 0; i < n; i++)
		found = found->ai_next ? found->ai_next : first;
	return found;
}

static void
on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct engine *engine = lookup->data;
	const struct addrinfo *next;
	char address[64], port[8];
	uint64_t number = 0;

	engine->is_looking_up = false;
	if (engine->stopped)
		finish(engine);
	else if (status < 0)
		engine_restart(engine, uv_strerror(status));
	else if ((next = next_address(engine, found)) &&
		 getnameinfo(next->ai_addr, next->ai_addrlen, address, sizeof(address),
			 port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0 &&
		 digits_read(port, UINT16_MAX, &number)) {
		mural_timer_again(engine->timer, PATIENCE_MS, 0);
		connect_to(engine, address, (uint16_t)number);
	}
	uv_freeaddrinfo(found);
}

/* Splits HOST:PORT or [V6]:PORT, and looks the host up. */
static void
look_up(struct engine *engine)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *address = engine->target, *port = strrchr(address, ':');
	char host[256];
	int ret;

	snprintf(host, sizeof(host), "%.*s", (int)(port - address), address);
	if (*host == '[' && host[1]) { /* a Sentinel may say anything */
		memmove(host, host + 1, strlen(host));
		host[strlen(host) - 1] = '\0';
	}
	engine->lookup.data = engine;
	ret = uv_getaddrinfo(engine->host->loop, &engine->lookup, on_looked_up, host,
		port + 1, &hints);
	engine->is_looking_up = ret == 0;
	if (ret < 0)
		engine_restart(engine, uv_strerror(ret));
}

void
engine_reach(struct engine *engine)
{
	mural_timer_again(engine->timer, PATIENCE_MS, 0);
	if (strncmp(engine->target, "unix:", 5) == 0)
		connect_to(engine, engine->target + 5, 0);
	else
		look_up(engine);
}

static void
on_timer(const struct mural_event *event, struct mural_brush *brush)
{
	struct engine *engine = event->arg;

	(void)brush;
	if ((engine->is_up && is_ready(engine)) || engine->is_looking_up)
		return;
	if (engine->is_up || engine->is_connecting) {
		engine_restart(engine, "it does not answer");
		return;
	}
	engine->is_connecting = true;
	if (*engine->moved) /* once: if that is wrong, the node that the config names
			       knows better */
		snprintf(engine->target, ADDRESS_MAX, "%s", engine->moved);
	else if (*engine->config.sentinel)
		sentinel_next(engine);
	else
		snprintf(engine->target, ADDRESS_MAX, "%s", engine->config.address);
	*engine->moved = '\0';
	engine_reach(engine);
}

static void
key_format(const struct engine *engine, char key[KEY_MAX], const char *what)
{
	snprintf(key, KEY_MAX, "mural:{%.64s.%.8s}:%s", engine->config.wall,
		engine->config.region, what);
}

static bool
start_tls(struct engine *engine, struct mural_host *host,
	const struct engine_config *config)
{
	const char *why = "";

	if (config->tls_ca)
		engine->tls = redis_tls_new(config->tls_ca, &why);
	if (config->tls_ca && !engine->tls)
		mural_log(host, MURAL_ERROR, "%s: %s", config->tls_ca, why);
	return !config->tls_ca || engine->tls;
}

struct engine *
engine_start(struct mural_host *host, const struct engine_config *config,
	const struct engine_events *events, void *arg)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine || !start_tls(engine, host, config)) {
		free(engine);
		return NULL;
	}
	engine->host = host;
	engine->config = *config;
	engine->events = *events;
	engine->arg = arg;
	engine->backoff_ms = BACKOFF_MS;
	engine->commands = (struct redis){ .host = host,
		.tls = engine->tls,
		.user = config->user,
		.password = config->password,
		.on_ready = on_ready,
		.on_lost = on_lost,
		.arg = engine };
	engine->reading = engine->sharing = engine->asking = engine->commands;
	engine->asking.user = engine->asking.password = "";
	key_format(engine, engine->log, "log");
	key_format(engine, engine->reins, "reins");
	key_format(engine, engine->snap, "snap");
	key_format(engine, engine->keeper, "keeper");
	key_format(engine, engine->walls, "walls");
	engine->timer = mural_timer_start(host, NULL, 0, 0, on_timer, engine);
	if (!engine->timer) {
		redis_tls_free(engine->tls);
		free(engine);
		return NULL;
	}
	return engine;
}

void
engine_stop(struct engine *engine, void (*stopped)(void *arg))
{
	engine->stopped = stopped;
	mural_timer_stop(engine->timer);
	drop_all(engine);
	free((void *)engine->putting.picture.data);
	free((void *)engine->state.born.data);
	if (engine->is_looking_up)
		(void)uv_cancel((uv_req_t *)&engine->lookup);
	else
		finish(engine);
}
