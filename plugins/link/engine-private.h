/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the engine share: its state, commands and replies.
 *
 * engine.c connects, engine-sentinel.c finds out where to, engine-log.c looks at the log,
 * reads and appends, engine-snapshot.c has the snapshot, engine-share.c topics and names,
 * and engine-words.c puts commands together and takes replies apart.
 */
#pragma once

#include <uv.h>

#include "link/engine.h"
#include "link/redis.h"

#define KEY_MAX 96
#define ADDRESS_MAX 280

/* Topics that are followed at a time. */
#define TOPICS_MAX 32
#define TOPIC_NAME_MAX 160
#define TOPIC_KEY_MAX (TOPIC_NAME_MAX + KEY_MAX)

struct topic {
	char name[TOPIC_NAME_MAX], key[TOPIC_KEY_MAX];
	struct entry_id last; /* that was read */
	bool is_followed;
	bool is_read;     /* what it is at is known */
	unsigned n_asked; /* how often that was asked for, and is not answered yet */
};

/* How long to wait until the next connection is tried, at first. */
#define BACKOFF_MS 100

struct engine {
	struct mural_host *host;
	struct engine_config config;
	struct engine_events events;
	void *arg;
	struct redis commands, reading;
	struct redis sharing; /* waits for parcels, if the config shares */
	struct redis asking;  /* a Sentinel, where the engine is */
	bool is_asking;
	struct redis_tls *tls;
	unsigned n_asked;          /* Sentinels, ever */
	unsigned n_rounds;         /* through all of them */
	char target[ADDRESS_MAX];  /* what it connects to */
	char reached[ADDRESS_MAX]; /* where it is connected to: a number, or with port 0 a
				      path */
	uint16_t reached_port;
	char moved[ADDRESS_MAX]; /* the cluster's node to try next; empty: none */
	bool is_up;
	struct mural_timer *timer; /* to try again, or to give up */
	bool is_connecting;
	uint64_t backoff_ms;
	unsigned n_tried; /* addresses of its name, tried since it last answered */

	uv_getaddrinfo_t lookup;
	bool is_looking_up;
	void (*stopped)(void *arg);

	char log[KEY_MAX], reins[KEY_MAX], snap[KEY_MAX], keeper[KEY_MAX], walls[KEY_MAX];
	struct engine_state state;   /* while it is collected */
	uint64_t clock_ms, clock_at; /* the engine's, and our own when it was asked */

	struct snapshot putting; /* picture: a copy */
	char putting_born[40];
	uint64_t putting_hash;
	struct entry_id older;
	bool has_older;
	struct entry_id last_act;
	bool is_full; /* it refuses what takes memory */

	struct topic topics[TOPICS_MAX];
	bool is_reading_topics;
	uint64_t topics_asked_ms;
};

/* ---- connecting */

/* To the target. */
void engine_reach(struct engine *engine);

/* The next Sentinel becomes the target; it is asked once it is reached. */
void sentinel_next(struct engine *engine);
void sentinel_ask(struct engine *engine);

/* ---- acts: tells of those in a reply, of which at most `most` come at once */
void acts_read(struct engine *engine, const redisReply *stream, size_t most);

/* ---- topics */

/* All connections are gone; or the one that reads them. */
void topics_drop(struct engine *engine);
void topics_leave(struct engine *engine);

/* ---- replies, each NULL if there is none, or another type of it */

/* False: it is none. */
bool reply_id(const redisReply *reply, struct entry_id *id);
struct blob reply_blob(const redisReply *reply);
const redisReply *reply_element(const redisReply *reply, size_t i);

/* The value of a field of an entry. */
struct blob reply_field(const redisReply *entry, const char *name);

/* The engine, if a reply is still of interest. */
struct engine *engine_answered(const redisAsyncContext *context, const void *reply);

/* Disconnects from an engine that refuses a question which it has to answer; whether it
 * did. */
bool engine_is_refused(struct engine *engine, const redisReply *reply);

bool engine_is_out_of_memory(const redisReply *reply);

/* ---- commands */

#define WORDS_MAX (8 + 2 * TOPICS_MAX)

struct command {
	const char *words[WORDS_MAX];
	size_t lens[WORDS_MAX];
	int n;
};

void command_text(struct command *command, const char *text);

/* Appends the words of a text with blanks between. */
void command_words(struct command *command, const char *words);

/* A name and its value, if it has one. */
void command_field(struct command *command, const char *name, const struct blob *value);
void command_send(
	struct command *command, struct redis *redis, redisCallbackFn *on_reply);

/* False: it was not sent, and no reply comes; else on_reply gets `arg`, too. */
bool command_ask(struct command *command, struct redis *redis, redisCallbackFn *on_reply,
	void *arg);

/* Sends words around a key. */
void command_send_words(struct redis *redis, redisCallbackFn *on_reply,
	const char *before, const char *key, const char *after);
