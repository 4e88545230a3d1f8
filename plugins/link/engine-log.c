/* SPDX-License-Identifier: MIT */
/* Looks at the engine, reads the log and appends to it: a stream. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digits.h"
#include "link/engine-private.h"

/* How many entries come at once; they have half a megabyte at most. */
#define READ_COUNT 4

/* A wall that was not heard of for this long is gone. */
#define GONE_MS 15000

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
	struct engine *engine = engine_answered(context, answer);
	const struct blob seconds = reply_blob(reply_element(answer, 0));
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
	struct engine *engine = engine_answered(context, answer);

	(void)unused;
	if (engine &&
		!reply_id(reply_element(reply_element(answer, 0), 0), &engine->state.tip))
		engine->state.tip = (struct entry_id){ 0, 0 };
}

/* The last of what it asks for, but for the writer's name, which is its own reply. */
static void
on_last(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	struct engine_state state;

	(void)unused;
	if (!engine)
		return;
	if (engine_is_refused(engine, answer))
		return;
	state = engine->state;
	state.has_last = reply_element(answer, 0) != NULL;
	state.last_writer = reply_field(reply_element(answer, 0), "w");
	state.now_ms = engine_clock(engine);
	engine->backoff_ms = BACKOFF_MS;
	engine->n_tried = 0;
	engine->events.on_state(engine->arg, &state);
	free((void *)engine->state.born.data);
	engine->state.born.data = NULL;
}

static void
on_born(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *born = reply_element(answer, 0);

	(void)unused;
	if (!engine || engine_is_refused(engine, answer))
		return;
	engine->state.has_snapshot = reply_blob(born).data != NULL;
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
	struct engine *engine = engine_answered(context, answer);
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
	command_send_words(
		&engine->commands, NULL, "ZREMRANGEBYSCORE", engine->walls, until);
	command_send_words(&engine->commands, on_walls, "ZCARD", engine->walls, "");
}

void
engine_look(struct engine *engine, const struct entry_id *last)
{
	char id[ENTRY_ID_TEXT], range[2 * ENTRY_ID_TEXT];

	entry_id_format(last, id);
	snprintf(range, sizeof(range), "%s %s", id, id);
	count_walls(engine);
	command_send_words(&engine->commands, on_time, "TIME", NULL, "");
	command_send_words(
		&engine->commands, on_tip, "XREVRANGE", engine->log, "+ - COUNT 1");
	command_send_words(&engine->commands, on_born, "HMGET", engine->snap, "born");
	command_send_words(&engine->commands, on_last, "XRANGE", engine->log, range);
}

/* ------------------------------------------------------------------- the log */

static void
on_appended(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (!engine)
		return;
	if (reply->type == REDIS_REPLY_ERROR &&
		strncmp(reply->str, "READONLY ", 9) == 0 && *engine->config.sentinel) {
		engine_restart(engine, "it is a replica now");
		return;
	}
	engine->is_full = engine_is_out_of_memory(reply);
	engine->events.on_appended(
		engine->arg, reply->type == REDIS_REPLY_ERROR ? reply->str : NULL);
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
		.writer = reply_field(reply, "w"),
		.pixels = reply_field(reply, "d"),
		.mark = reply_field(reply, "m"),
		.check = reply_field(reply, "x"),
		.hash = reply_field(reply, "h"),
	};

	if (reply_id(reply_element(reply, 0), &entry.id))
		engine->events.on_entry(engine->arg, &entry);
}

/* The stream of that key in a reply to XREAD; NULL: nothing of it. */
static const redisReply *
find_stream(const redisReply *reply, const char *key)
{
	for (size_t i = 0; reply_element(reply, i); i++) {
		const redisReply *stream = reply_element(reply, i);
		const struct blob name = reply_blob(reply_element(stream, 0));

		if (blob_is(&name, key))
			return reply_element(stream, 1);
	}
	return NULL;
}

static void
on_read(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply;
	size_t n = 0;

	(void)unused;
	if (!engine || engine_is_refused(engine, answer))
		return;
	acts_read(engine, find_stream(answer, engine->reins), READ_COUNT);
	reply = find_stream(answer, engine->log);
	for (; reply_element(reply, n); n++)
		tell_entry(engine, reply_element(reply, n));
	engine->events.on_read(engine->arg, n);
}

void
engine_read(struct engine *engine, const struct entry_id *after, bool wait)
{
	struct command command = { .n = 0 };
	char id[ENTRY_ID_TEXT], act[ENTRY_ID_TEXT], count[16];

	entry_id_format(after, id);
	entry_id_format(&engine->last_act, act);
	snprintf(count, sizeof(count), "%d", READ_COUNT);
	command_words(&command, "XREAD COUNT");
	command_text(&command, count);
	command_words(&command, wait ? "BLOCK 0 STREAMS" : "STREAMS");
	command_text(&command, engine->log);
	command_text(&command, engine->reins);
	command_text(&command, id);
	command_text(&command, act);
	command_send(&command, &engine->reading, on_read);
}
