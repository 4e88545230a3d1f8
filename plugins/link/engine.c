/* SPDX-License-Identifier: MIT */
/*
 * The engine on Valkey or Redis: a stream for the log, a hash for the snapshot.
 *
 * Two connections, because one waits in XREAD.  All keys of a wall have its name in
 * braces, so that a cluster keeps them together.
 */
#include "link/engine.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/digits.h"
#include "link/redis.h"

/* How many entries come at once; they have half a megabyte at most. */
#define READ_COUNT "4"

/* How long to wait for a connection, and then until the next one is tried. */
#define PATIENCE_MS 5000
#define BACKOFF_MS 100
#define BACKOFF_MAX_MS 5000

/* A wall that was not heard of for so long is gone; a keeper has so long to do it. */
#define GONE_MS 15000
#define LEASE_MS "10000"

#define KEY_MAX 96

struct engine {
	struct mural_host *host;
	struct engine_config config;
	struct engine_events events;
	void *arg;
	struct redis commands, reading;
	bool is_up;
	struct mural_timer *timer; /* to try again, or to give up */
	bool is_connecting;
	uint64_t backoff_ms;

	uv_getaddrinfo_t lookup;
	bool is_looking_up;
	void (*stopped)(void *arg);

	char log[KEY_MAX], snap[KEY_MAX], keeper[KEY_MAX], walls[KEY_MAX];
	struct engine_state state;   /* while it is collected */
	uint64_t clock_ms, clock_at; /* the engine's, and our own when it was asked */

	struct snapshot putting; /* picture: a copy */
	char putting_born[40];
	uint64_t putting_hash;
	struct entry_id older;
	bool has_older;
};

/* ---------------------------------------------------------------------- ids */

void
entry_id_format(const struct entry_id *id, char text[ENTRY_ID_TEXT])
{
	snprintf(text, ENTRY_ID_TEXT, "%" PRIu64 "-%" PRIu64, id->ms, id->seq);
}

/* False: it is none. */
static bool
id_parse(const redisReply *reply, struct entry_id *id)
{
	const char *p;

	if (!reply || reply->type != REDIS_REPLY_STRING)
		return false;
	p = digits_read(reply->str, UINT64_MAX, &id->ms);
	if (!p || *p != '-')
		return false;
	p = digits_read(p + 1, UINT64_MAX, &id->seq);
	return p && *p == '\0';
}

static struct blob
blob_of(const redisReply *reply)
{
	if (!reply || reply->type != REDIS_REPLY_STRING)
		return (struct blob){ NULL, 0 };
	return (struct blob){ reply->str, (size_t)reply->len };
}

static const redisReply *
element(const redisReply *reply, size_t i)
{
	if (!reply || reply->type != REDIS_REPLY_ARRAY || i >= (size_t)reply->elements)
		return NULL;
	return reply->element[i];
}

/* ------------------------------------------------------------------ commands */

#define WORDS_MAX 24

struct command {
	const char *words[WORDS_MAX];
	size_t lens[WORDS_MAX];
	int n;
};

static void
command_blob(struct command *command, const void *data, size_t len)
{
	command->words[command->n] = data;
	command->lens[command->n++] = len;
}

/* Appends the words of a text with blanks between. */
static void
command_words(struct command *command, const char *words)
{
	while (*words) {
		const size_t len = strcspn(words, " ");

		command_blob(command, words, len);
		words += len + (words[len] == ' ');
	}
}

static void
command_text(struct command *command, const char *text)
{
	command_blob(command, text, strlen(text));
}

static void
command_send(struct command *command, struct redis *redis, redisCallbackFn *on_reply)
{
	redis_send(redis, on_reply, NULL, command->n, command->words, command->lens);
}

/* A command of words around a key. */
static void
send_words(struct redis *redis, redisCallbackFn *on_reply, const char *before,
	const char *key, const char *after)
{
	struct command command = { .n = 0 };

	command_words(&command, before);
	if (key)
		command_text(&command, key);
	command_words(&command, after);
	command_send(&command, redis, on_reply);
}

/* The engine, if a reply is still of interest. */
static struct engine *
answered(const redisAsyncContext *context, const void *reply)
{
	struct redis *redis = context->data;

	return reply && redis->context == context ? redis->arg : NULL;
}

/* ---------------------------------------------------------------- connecting */

void
engine_restart(struct engine *engine, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "%s", why); /* it may be of what is dropped now */
	redis_drop(&engine->commands);
	redis_drop(&engine->reading);
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

static void
on_ready(struct redis *redis)
{
	struct engine *engine = redis->arg;

	if (!engine->commands.is_ready || !engine->reading.is_ready)
		return;
	engine->is_up = true;
	engine->is_connecting = false;
	engine->events.on_up(engine->arg);
}

static void
connect_to(struct engine *engine, const char *address, uint16_t port)
{
	if (redis_connect(&engine->commands, address, port))
		(void)redis_connect(&engine->reading, address, port);
}

static void
finish(struct engine *engine)
{
	void (*stopped)(void *) = engine->stopped;
	void *arg = engine->arg;

	free(engine);
	stopped(arg);
}

static void
on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct engine *engine = lookup->data;
	char address[64], port[8];
	uint64_t number = 0;

	engine->is_looking_up = false;
	if (engine->stopped)
		finish(engine);
	else if (status < 0)
		engine_restart(engine, uv_strerror(status));
	else if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address),
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
	const char *address = engine->config.address, *port = strrchr(address, ':');
	char host[256];
	int ret;

	snprintf(host, sizeof(host), "%.*s", (int)(port - address), address);
	if (*host == '[') {
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

static void
on_timer(const struct mural_event *event, struct mural_brush *brush)
{
	struct engine *engine = event->arg;

	(void)brush;
	if (engine->is_up || engine->is_looking_up)
		return;
	if (engine->is_connecting) {
		engine_restart(engine, "it does not answer");
		return;
	}
	engine->is_connecting = true;
	mural_timer_again(engine->timer, PATIENCE_MS, 0);
	if (strncmp(engine->config.address, "unix:", 5) == 0)
		connect_to(engine, engine->config.address + 5, 0);
	else
		look_up(engine);
}

struct engine *
engine_start(struct mural_host *host, const struct engine_config *config,
	const struct engine_events *events, void *arg)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->host = host;
	engine->config = *config;
	engine->events = *events;
	engine->arg = arg;
	engine->backoff_ms = BACKOFF_MS;
	engine->commands = (struct redis){ .host = host,
		.user = config->user,
		.password = config->password,
		.on_ready = on_ready,
		.on_lost = on_lost,
		.arg = engine };
	engine->reading = engine->commands;
	snprintf(engine->log, KEY_MAX, "mural:{%.64s}:log", config->wall);
	snprintf(engine->snap, KEY_MAX, "mural:{%.64s}:snap", config->wall);
	snprintf(engine->keeper, KEY_MAX, "mural:{%.64s}:keeper", config->wall);
	snprintf(engine->walls, KEY_MAX, "mural:{%.64s}:walls", config->wall);
	engine->timer = mural_timer_start(host, NULL, 0, 0, on_timer, engine);
	if (!engine->timer) {
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
	redis_drop(&engine->commands);
	redis_drop(&engine->reading);
	free((void *)engine->putting.picture.data);
	if (engine->is_looking_up)
		(void)uv_cancel((uv_req_t *)&engine->lookup);
	else
		finish(engine);
}

/* An engine that does not answer what must be known is none. */
static bool
is_refused(struct engine *engine, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	engine_restart(engine, reply->str);
	return true;
}

/* ------------------------------------------------------------------- looking */

static uint64_t
engine_clock(const struct engine *engine)
{
	if (engine->clock_ms == 0)
		return 0;
	return engine->clock_ms + uv_now(engine->host->loop) - engine->clock_at;
}

static void
on_time(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const struct blob seconds = blob_of(element(answer, 0));
	uint64_t s = 0;

	(void)unused;
	if (!engine || !seconds.data || !digits_read(seconds.data, UINT32_MAX, &s))
		return;
	engine->clock_ms = s * 1000;
	engine->clock_at = uv_now(engine->host->loop);
}

static void
on_tip(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);

	(void)unused;
	if (engine && !id_parse(element(element(answer, 0), 0), &engine->state.tip))
		engine->state.tip = (struct entry_id){ 0, 0 };
}

/* The value of a field of an entry. */
static struct blob
field(const redisReply *entry, const char *name)
{
	const redisReply *fields = element(entry, 1);

	for (size_t i = 0; element(fields, i + 1); i += 2) {
		const struct blob key = blob_of(element(fields, i));

		if (key.data && strcmp(key.data, name) == 0)
			return blob_of(element(fields, i + 1));
	}
	return (struct blob){ NULL, 0 };
}

/* The last of what it asks for, but for the writer's name, which is its own reply. */
static void
on_last(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	struct engine_state state;

	(void)unused;
	if (!engine)
		return;
	if (is_refused(engine, answer))
		return;
	state = engine->state;
	state.has_last = element(answer, 0) != NULL;
	state.last_writer = field(element(answer, 0), "w");
	state.now_ms = engine_clock(engine);
	engine->backoff_ms = BACKOFF_MS;
	engine->events.on_state(engine->arg, &state);
	free((void *)engine->state.born.data);
	engine->state.born.data = NULL;
}

static void
on_born(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *born = element(answer, 0);

	(void)unused;
	if (!engine || is_refused(engine, answer))
		return;
	engine->state.has_snapshot = blob_of(born).data != NULL;
	free((void *)engine->state.born.data);
	engine->state.born = (struct blob){ NULL, 0 };
	if (engine->state.has_snapshot) {
		engine->state.born.data = strdup(born->str);
		engine->state.born.len = strlen(born->str);
	}
}

static void
on_walls(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine && reply->type == REDIS_REPLY_INTEGER)
		engine->state.walls = (uint64_t)reply->integer;
}

/* By the engine's clock, as those of the walls may differ. */
static void
count_walls(struct engine *engine)
{
	const uint64_t now = engine_clock(engine);
	char since[32], until[32];

	if (now == 0)
		return;
	snprintf(since, sizeof(since), "%" PRIu64, now);
	snprintf(until, sizeof(until), "-inf %" PRIu64, now - GONE_MS);
	{
		struct command command = { .n = 0 };

		command_words(&command, "ZADD");
		command_text(&command, engine->walls);
		command_text(&command, since);
		command_text(&command, engine->config.node);
		command_send(&command, &engine->commands, NULL);
	}
	send_words(&engine->commands, NULL, "ZREMRANGEBYSCORE", engine->walls, until);
	send_words(&engine->commands, on_walls, "ZCARD", engine->walls, "");
}

void
engine_look(struct engine *engine, const struct entry_id *last)
{
	char id[ENTRY_ID_TEXT], range[2 * ENTRY_ID_TEXT];

	entry_id_format(last, id);
	snprintf(range, sizeof(range), "%s %s", id, id);
	count_walls(engine);
	send_words(&engine->commands, on_time, "TIME", NULL, "");
	send_words(&engine->commands, on_tip, "XREVRANGE", engine->log, "+ - COUNT 1");
	send_words(&engine->commands, on_born, "HMGET", engine->snap, "born");
	send_words(&engine->commands, on_last, "XRANGE", engine->log, range);
}

/* ------------------------------------------------------------------- the log */

static void
on_appended(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine)
		engine->events.on_appended(engine->arg,
			reply->type == REDIS_REPLY_ERROR ? reply->str : NULL);
}

static void
command_field(struct command *command, const char *name, const struct blob *value)
{
	if (!value->data)
		return;
	command_text(command, name);
	command_blob(command, value->data, value->len);
}

void
engine_append(struct engine *engine, const struct entry *entry)
{
	struct command command = { .n = 0 };

	command_words(&command, "XADD");
	command_text(&command, engine->log);
	command_words(&command, "*");
	command_field(&command, "w", &entry->writer);
	command_field(&command, "d", &entry->pixels);
	command_field(&command, "m", &entry->mark);
	command_send(&command, &engine->commands, on_appended);
}

static void
tell_entry(struct engine *engine, const redisReply *reply)
{
	struct entry entry = {
		.writer = field(reply, "w"),
		.pixels = field(reply, "d"),
		.mark = field(reply, "m"),
		.check = field(reply, "x"),
		.hash = field(reply, "h"),
	};

	if (id_parse(element(reply, 0), &entry.id))
		engine->events.on_entry(engine->arg, &entry);
}

static void
on_read(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *reply = answer;
	size_t n = 0;

	(void)unused;
	if (!engine || is_refused(engine, reply))
		return;
	reply = element(element(reply, 0), 1);
	for (; element(reply, n); n++)
		tell_entry(engine, element(reply, n));
	engine->events.on_read(engine->arg, n);
}

void
engine_read(struct engine *engine, const struct entry_id *after, bool wait)
{
	char id[ENTRY_ID_TEXT];

	entry_id_format(after, id);
	send_words(&engine->reading, on_read,
		wait ? "XREAD COUNT " READ_COUNT " BLOCK 0 STREAMS"
		     : "XREAD COUNT " READ_COUNT " STREAMS",
		engine->log, id);
}

/* ------------------------------------------------------------------ snapshots */

static void
on_snapshot(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	struct snapshot snapshot = {
		.born = blob_of(element(answer, 0)),
		.format = blob_of(element(answer, 4)),
		.picture = blob_of(element(answer, 5)),
	};
	const struct blob width = blob_of(element(answer, 2));
	const struct blob height = blob_of(element(answer, 3));
	uint64_t w = 0, h = 0;

	(void)unused;
	if (!engine || is_refused(engine, answer))
		return;
	if (!snapshot.born.data) {
		engine->events.on_snapshot(engine->arg, NULL);
		return;
	}
	if (width.data && height.data && digits_read(width.data, UINT32_MAX, &w) &&
		digits_read(height.data, UINT32_MAX, &h) &&
		!id_parse(element(answer, 1), &snapshot.id))
		snapshot.picture.data = NULL;
	snapshot.width = (uint32_t)w;
	snapshot.height = (uint32_t)h;
	engine->events.on_snapshot(engine->arg, &snapshot);
}

void
engine_get_snapshot(struct engine *engine)
{
	send_words(&engine->commands, on_snapshot, "HMGET", engine->snap,
		"born id w h format pic");
}

static void
put_finish(struct engine *engine, bool done)
{
	free((void *)engine->putting.picture.data);
	engine->putting.picture.data = NULL;
	engine->events.on_put(engine->arg, done);
}

static void
on_exec(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine)
		put_finish(engine, reply->type == REDIS_REPLY_ARRAY);
}

static void
put_hash(struct engine *engine, const char *id)
{
	const struct snapshot *snapshot = &engine->putting;
	struct command command = { .n = 0 };
	char size[40];

	command_words(&command, "HSET");
	command_text(&command, engine->snap);
	command_field(&command, "born", &snapshot->born);
	command_words(&command, "id");
	command_text(&command, id);
	snprintf(size, sizeof(size), "w %" PRIu32 " h %" PRIu32, snapshot->width,
		snapshot->height);
	command_words(&command, size);
	command_field(&command, "format", &snapshot->format);
	command_field(&command, "pic", &snapshot->picture);
	command_send(&command, &engine->commands, NULL);
}

static void
put_exec(struct engine *engine)
{
	char id[ENTRY_ID_TEXT], words[ENTRY_ID_TEXT + 40];

	entry_id_format(&engine->putting.id, id);
	send_words(&engine->commands, NULL, "MULTI", NULL, "");
	put_hash(engine, id);
	if (engine->has_older) {
		char older[ENTRY_ID_TEXT];

		entry_id_format(&engine->older, older);
		snprintf(words, sizeof(words), "MINID %s", older);
		send_words(&engine->commands, NULL, "XTRIM", engine->log, words);
	}
	snprintf(words, sizeof(words), "* x %s h %016" PRIx64, id, engine->putting_hash);
	send_words(&engine->commands, NULL, "XADD", engine->log, words);
	send_words(&engine->commands, on_exec, "EXEC", NULL, "");
}

/* What is there now may be put over, if it is older and of the same birth. */
static void
on_watched(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const struct blob born = blob_of(element(answer, 0));
	const struct snapshot *mine;

	(void)unused;
	if (!engine)
		return;
	mine = &engine->putting;
	engine->has_older = id_parse(element(answer, 1), &engine->older);
	if (born.data && (born.len != mine->born.len ||
				 memcmp(born.data, mine->born.data, born.len) != 0 ||
				 !engine->has_older ||
				 entry_id_compare(&engine->older, &mine->id) >= 0)) {
		send_words(&engine->commands, NULL, "UNWATCH", NULL, "");
		put_finish(engine, false);
		return;
	}
	put_exec(engine);
}

void
engine_put_snapshot(struct engine *engine, const struct snapshot *snapshot, uint64_t hash)
{
	void *picture;

	if (engine->putting.picture.data)
		return; /* on_put will be about that one */
	picture = malloc(snapshot->picture.len);
	if (!picture) {
		engine->events.on_put(engine->arg, false);
		return;
	}
	engine->putting = *snapshot;
	snprintf(engine->putting_born, sizeof(engine->putting_born), "%.*s",
		(int)snapshot->born.len, (const char *)snapshot->born.data);
	engine->putting.born.data = engine->putting_born;
	engine->putting_hash = hash;
	engine->putting.picture.data =
		memcpy(picture, snapshot->picture.data, snapshot->picture.len);
	send_words(&engine->commands, NULL, "WATCH", engine->snap, "");
	send_words(&engine->commands, on_watched, "HMGET", engine->snap, "born id");
}

static void
on_lease(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine)
		engine->events.on_lease(engine->arg, reply->type == REDIS_REPLY_STATUS);
}

void
engine_lease(struct engine *engine)
{
	struct command command = { .n = 0 };

	command_words(&command, "SET");
	command_text(&command, engine->keeper);
	command_text(&command, engine->config.node);
	command_words(&command, "NX PX " LEASE_MS);
	command_send(&command, &engine->commands, on_lease);
}
