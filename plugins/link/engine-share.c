/* SPDX-License-Identifier: MIT */
/*
 * Topics, each a stream of parcels of its own, and names that one wall has for a time.
 *
 * They are read by a connection of their own, which waits for a second at most, so that a
 * topic that is new then is read as well.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/engine-private.h"

/* How many parcels come at once; they have 64 KiB at most. */
#define PARCELS 64

/* ------------------------------------------------------------------- topics */

static void
key_of(const struct engine *engine, const char *what, const char *name,
	char key[TOPIC_KEY_MAX])
{
	snprintf(key, TOPIC_KEY_MAX, "mural:{%.64s.%.8s}:%s:%s", engine->config.wall,
		engine->config.region, what, name);
}

static struct topic *
find_topic(struct engine *engine, const char *name)
{
	for (size_t i = 0; i < TOPICS_MAX; i++)
		if (engine->topics[i].is_followed &&
			strcmp(engine->topics[i].name, name) == 0)
			return &engine->topics[i];
	return NULL;
}

static void read_topics(struct engine *engine);

static void
tell_parcel(struct engine *engine, struct topic *topic, const redisReply *reply)
{
	const struct blob node = reply_field(reply, "n"), data = reply_field(reply, "d");
	struct parcel parcel = {
		.data = data,
		.is_ours = blob_is(&node, engine->config.node),
	};

	if (!reply_id(reply_element(reply, 0), &parcel.id))
		return;
	topic->last = parcel.id;
	if (data.data)
		engine->events.on_parcel(engine->arg, topic->name, &parcel);
}

/* The callback may end topics, or the whole connection. */
static void
tell_topic(struct engine *engine, const redisReply *stream)
{
	const struct blob key = reply_blob(reply_element(stream, 0));
	const redisReply *parcels = reply_element(stream, 1);

	for (size_t i = 0; i < TOPICS_MAX; i++) {
		struct topic *topic = &engine->topics[i];

		for (size_t n = 0; topic->is_read && blob_is(&key, topic->key) &&
				   reply_element(parcels, n);
			n++)
			tell_parcel(engine, topic, reply_element(parcels, n));
	}
}

static void
on_parcels(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);

	(void)unused;
	if (!engine || engine_is_refused(engine, answer))
		return;
	engine->is_reading_topics = false;
	for (size_t i = 0; reply_element(answer, i); i++)
		tell_topic(engine, reply_element(answer, i));
	read_topics(engine);
}

static void
read_topics(struct engine *engine)
{
	struct command command = { .n = 0 };
	char words[40], ids[TOPICS_MAX][ENTRY_ID_TEXT];
	size_t n = 0;

	if (engine->is_reading_topics)
		return;
	snprintf(words, sizeof(words), "XREAD COUNT %d BLOCK 1000 STREAMS", PARCELS);
	command_words(&command, words);
	for (size_t i = 0; i < TOPICS_MAX; i++)
		if (engine->topics[i].is_read) {
			command_text(&command, engine->topics[i].key);
			entry_id_format(&engine->topics[i].last, ids[n++]);
		}
	for (size_t i = 0; i < n; i++)
		command_text(&command, ids[i]);
	engine->is_reading_topics = n > 0;
	engine->topics_asked_ms = uv_now(engine->host->loop);
	if (n > 0)
		command_send(&command, &engine->sharing, on_parcels);
}

uint64_t
engine_topics_wait_ms(const struct engine *engine)
{
	return engine->is_reading_topics
		       ? uv_now(engine->host->loop) - engine->topics_asked_ms
		       : 0;
}

/* The last parcel that there is, or the one that was heard last: if that is not there any
 * more the engine has begun anew, whatever others have told it since. */
static void
on_topic_tip(redisAsyncContext *context, void *answer, void *arg)
{
	struct engine *engine = engine_answered(context, answer);
	struct topic *topic = arg;
	struct parcel begin = { .is_ours = false };

	if (!engine || engine_is_refused(engine, answer))
		return;
	topic->n_asked--;
	if (!topic->is_followed || topic->n_asked > 0)
		return;
	(void)reply_id(reply_element(reply_element(answer, 0), 0), &begin.id);
	topic->last = begin.id;
	topic->is_read = true;
	engine->events.on_parcel(engine->arg, topic->name, &begin);
	read_topics(engine);
}

int
engine_follow(struct engine *engine, const char *name, const struct entry_id *after)
{
	struct topic *topic = find_topic(engine, name);
	struct command command = { .n = 0 };
	char id[ENTRY_ID_TEXT];

	for (size_t i = 0; i < TOPICS_MAX && !topic; i++)
		if (!engine->topics[i].is_followed && engine->topics[i].n_asked == 0)
			topic = &engine->topics[i];
	if (!topic)
		return -ENOSPC;
	snprintf(topic->name, sizeof(topic->name), "%s", name);
	key_of(engine, "share", name, topic->key);
	topic->last = *after;
	topic->is_followed = true;
	topic->is_read = false;
	topic->n_asked++;
	entry_id_format(after, id);
	command_words(&command, after->ms == UINT64_MAX ? "XREVRANGE" : "XRANGE");
	command_text(&command, topic->key);
	command_text(&command, after->ms == UINT64_MAX ? "+" : id);
	command_text(&command, after->ms == UINT64_MAX ? "-" : id);
	command_words(&command, "COUNT 1");
	if (command_ask(&command, &engine->commands, on_topic_tip, topic))
		return 0;
	topic->n_asked--;
	topic->is_followed = false;
	return -ENOTCONN;
}

void
engine_unfollow(struct engine *engine, const char *name)
{
	struct topic *topic = find_topic(engine, name);

	if (topic)
		topic->is_followed = topic->is_read = false;
}

void
topics_drop(struct engine *engine)
{
	memset(engine->topics, 0, sizeof(engine->topics));
	engine->is_reading_topics = false;
}

/* Their questions are still to be answered. */
void
topics_leave(struct engine *engine)
{
	for (size_t i = 0; i < TOPICS_MAX; i++)
		engine->topics[i].is_followed = engine->topics[i].is_read = false;
	engine->is_reading_topics = false;
}

/* An engine that refuses it is full, or a replica. */
static void
on_tell_answered(redisAsyncContext *context, void *answer, void *unused)
{
	struct engine *engine = engine_answered(context, answer);
	const redisReply *reply = answer;

	(void)unused;
	if (engine && reply->type == REDIS_REPLY_ERROR)
		engine->events.on_tell_refused(engine->arg, reply->str);
}

int
engine_tell(
	struct engine *engine, const char *name, const struct blob *data, uint64_t keep)
{
	struct command command = { .n = 0 };
	char key[TOPIC_KEY_MAX], words[48];

	key_of(engine, "share", name, key);
	snprintf(words, sizeof(words), "MAXLEN ~ %" PRIu64 " * n", keep);
	command_words(&command, "XADD");
	command_text(&command, key);
	command_words(&command, words);
	command_text(&command, engine->config.node);
	command_field(&command, "d", data);
	return command_ask(&command, &engine->commands, on_tell_answered, NULL)
		       ? 0
		       : -ENOTCONN;
}

/* ------------------------------------------------------------------- names */

/* A name that is being asked for. */
struct name_call {
	struct engine *engine;
	void *lease;
	char key[TOPIC_KEY_MAX];
};

static void
name_told(struct name_call *call, enum name_outcome outcome, uint64_t left_ms)
{
	call->engine->events.on_name(call->engine->arg, call->lease, outcome, left_ms);
	free(call);
}

static void
on_left(redisAsyncContext *context, void *answer, void *arg)
{
	const redisReply *reply = answer;

	(void)context;
	if (!reply)
		name_told(arg, NAME_UNKNOWN, 0);
	else /* also if PTTL is refused: somebody has it */
		name_told(arg, NAME_TAKEN,
			reply->type == REDIS_REPLY_INTEGER && reply->integer > 0
				? (uint64_t)reply->integer
				: 1);
}

/* Without a reply the engine is lost. */
static void
on_set(redisAsyncContext *context, void *answer, void *arg)
{
	struct name_call *call = arg;
	const redisReply *reply = answer;
	struct command command = { .n = 0 };

	(void)context;
	if (!reply || reply->type != REDIS_REPLY_NIL) {
		name_told(call,
			reply && reply->type == REDIS_REPLY_STATUS ? NAME_OURS
								   : NAME_UNKNOWN,
			0);
		return;
	}
	command_words(&command, "PTTL");
	command_text(&command, call->key);
	if (!command_ask(&command, &call->engine->commands, on_left, call))
		name_told(call, NAME_TAKEN, 1);
}

int
engine_take_name(struct engine *engine, const char *name, uint64_t for_ms, void *lease)
{
	struct name_call *call = calloc(1, sizeof(*call));
	struct command command = { .n = 0 };
	char words[32];

	if (!call)
		return -ENOMEM;
	call->engine = engine;
	call->lease = lease;
	key_of(engine, "name", name, call->key);
	snprintf(words, sizeof(words), "NX PX %" PRIu64, for_ms);
	command_words(&command, "SET");
	command_text(&command, call->key);
	command_text(&command, engine->config.node);
	command_words(&command, words);
	if (command_ask(&command, &engine->commands, on_set, call))
		return 0;
	free(call);
	return -ENOTCONN;
}
