/* SPDX-License-Identifier: MIT */
/* Puts commands for the engine together, and takes its replies apart. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/digits.h"
#include "link/engine-private.h"

/* ---------------------------------------------------------------------- ids */

void
entry_id_format(const struct entry_id *id, char text[ENTRY_ID_TEXT])
{
	snprintf(text, ENTRY_ID_TEXT, "%" PRIu64 "-%" PRIu64, id->ms, id->seq);
}

/* False: it is none. */
bool
reply_id(const redisReply *reply, struct entry_id *id)
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

struct blob
reply_blob(const redisReply *reply)
{
	if (!reply || reply->type != REDIS_REPLY_STRING)
		return (struct blob){ NULL, 0 };
	return (struct blob){ reply->str, (size_t)reply->len };
}

const redisReply *
reply_element(const redisReply *reply, size_t i)
{
	if (!reply || reply->type != REDIS_REPLY_ARRAY || i >= (size_t)reply->elements)
		return NULL;
	return reply->element[i];
}

/* ------------------------------------------------------------------ commands */

static void
command_blob(struct command *command, const void *data, size_t len)
{
	command->words[command->n] = data;
	command->lens[command->n++] = len;
}

/* Appends the words of a text with blanks between. */
void
command_words(struct command *command, const char *words)
{
	while (*words) {
		const size_t len = strcspn(words, " ");

		command_blob(command, words, len);
		words += len + (words[len] == ' ');
	}
}

void
command_text(struct command *command, const char *text)
{
	command_blob(command, text, strlen(text));
}

void
command_send(struct command *command, struct redis *redis, redisCallbackFn *on_reply)
{
	(void)command_ask(command, redis, on_reply, NULL);
}

bool
command_ask(struct command *command, struct redis *redis, redisCallbackFn *on_reply,
	void *arg)
{
	return redis_send(
		redis, on_reply, arg, command->n, command->words, command->lens);
}

/* A command of words around a key. */
void
command_send_words(struct redis *redis, redisCallbackFn *on_reply, const char *before,
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
struct engine *
engine_answered(const redisAsyncContext *context, const void *reply)
{
	struct redis *redis = context->data;

	return reply && redis->context == context ? redis->arg : NULL;
}

/* The value of a field of an entry. */
struct blob
reply_field(const redisReply *entry, const char *name)
{
	const redisReply *fields = reply_element(entry, 1);

	for (size_t i = 0; reply_element(fields, i + 1); i += 2) {
		const struct blob key = reply_blob(reply_element(fields, i));

		if (key.data && strcmp(key.data, name) == 0)
			return reply_blob(reply_element(fields, i + 1));
	}
	return (struct blob){ NULL, 0 };
}

void
command_field(struct command *command, const char *name, const struct blob *value)
{
	if (!value->data)
		return;
	command_text(command, name);
	command_blob(command, value->data, value->len);
}

/* A cluster's node says which other one has the keys, "MOVED SLOT HOST:PORT": that is the
 * next to connect to.  False: it says something else. */
static bool
take_moved(struct engine *engine, const char *error)
{
	const char *address = strrchr(error, ' ');

	/* cut off it would have no port; a local socket is no node of a cluster */
	if (strncmp(error, "MOVED ", 6) != 0 || !address || !strchr(address, ':') ||
		address[1] == ':' || strncmp(address + 1, "unix:", 5) == 0 ||
		strlen(address + 1) >= ADDRESS_MAX)
		return false;
	snprintf(engine->moved, ADDRESS_MAX, "%s", address + 1);
	return true;
}

/* Some of the wall's keys are at another node already, which answers once all are. */
static bool
is_moving(const char *error)
{
	return strncmp(error, "ASK ", 4) == 0 || strncmp(error, "TRYAGAIN ", 9) == 0;
}

/* An engine that does not answer these questions is of no use. */
bool
engine_is_refused(struct engine *engine, const redisReply *reply)
{
	char why[ADDRESS_MAX + 40];

	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	if (take_moved(engine, reply->str))
		snprintf(why, sizeof(why), "its cluster has this wall at %s",
			engine->moved);
	else if (is_moving(reply->str))
		snprintf(why, sizeof(why), "its cluster moves this wall to another node");
	else
		snprintf(why, sizeof(why), "%s", reply->str);
	engine_restart(engine, why);
	return true;
}

bool
engine_is_out_of_memory(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "OOM ", 4) == 0;
}
