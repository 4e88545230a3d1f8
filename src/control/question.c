/* SPDX-License-Identifier: MIT */
/* Reads what a client's line says, asks it, and passes on the answers. */
#include <stdio.h>
#include <string.h>

#include "control/socket.h"

#define EVERY_LEAST_MS 100
#define EVERY_MOST_MS (3600 * 1000)

/* ------------------------------------------------------------------ answers */

/* The same answer with the question's id first. */
static json_t *
with_id(json_t *id, const json_t *answer)
{
	json_t *line = json_object();

	if (id)
		(void)json_object_set(line, "id", id);
	(void)json_object_update(line, (json_t *)answer);
	return line;
}

static void
say_error(struct control_client *client, json_t *id, enum control_error error,
	const char *why)
{
	json_t *answer = control_error_json(error, why);

	control_client_say(client, with_id(id, answer));
	json_decref(answer);
}

static void
on_answer(void *arg, const json_t *answer)
{
	struct control_client *client = arg;
	json_t *id = client->id;

	client->id = NULL;
	control_client_say(client, with_id(id, answer));
	json_decref(id);
	control_client_turn(client);
}

/* ------------------------------------------------------------------ streams */

void
control_stream_stop(struct control_client *client)
{
	struct control_stream *stream = &client->stream;

	if (stream->call)
		control_abandon(stream->call);
	if (!client->closing)
		uv_timer_stop(&client->stream_timer);
	json_decref(stream->id);
	json_decref(stream->with);
	*stream = (struct control_stream){ 0 };
}

static void
on_stream_answer(void *arg, const json_t *answer)
{
	struct control_client *client = arg;
	struct control_stream *stream = &client->stream;
	json_t *line = with_id(stream->id, answer);

	if (json_object_get(answer, "error")) {
		control_stream_stop(client);
	} else {
		(void)json_object_set_new(line, "more", json_true());
		if (stream->skipped > 0)
			(void)json_object_set_new(line, "skipped",
				json_integer((json_int_t)stream->skipped));
		stream->skipped = 0;
	}
	control_client_say(client, line);
	control_client_turn(client);
}

static void
on_stream_timer(uv_timer_t *timer)
{
	struct control_client *client = timer->data;
	struct control_stream *stream = &client->stream;
	const struct control_asker asker = { client->who, NULL, on_stream_answer,
		client };

	if (stream->call || control_client_waiting(client) > CONTROL_WAITING_MAX)
		stream->skipped++;
	else
		control_ask(client->control, stream->verb, json_incref(stream->with),
			&asker, &stream->call);
}

static void
stream_start(struct control_client *client, json_t *id, const char *verb,
	const json_t *request)
{
	struct control_stream *stream = &client->stream;
	const struct wall_verb *found = wall_verb_find(verb);
	json_int_t every = json_integer_value(json_object_get(request, "every"));
	json_t *with = json_object_get(request, "with");

	if (every < EVERY_LEAST_MS || every > EVERY_MOST_MS) {
		say_error(client, id, CONTROL_USAGE,
			"\"every\" must be a number of milliseconds, at least 100");
	} else if (found && found->changes) {
		say_error(client, id, CONTROL_USAGE,
			"a verb that changes something cannot have \"every\"");
	} else if (stream->active) {
		say_error(client, id, CONTROL_BUSY,
			"one stream at a time; \"stop\" ends the one that runs");
	} else {
		*stream = (struct control_stream){ .active = true,
			.id = json_incref(id),
			.with = with ? json_incref(with) : json_object() };
		snprintf(stream->verb, sizeof(stream->verb), "%s", verb);
		uv_timer_start(
			&client->stream_timer, on_stream_timer, 0, (uint64_t)every);
	}
}

/* {"do": "stop", "with": {"id": ID}} */
static void
stream_stop(struct control_client *client, json_t *id, const json_t *request)
{
	json_t *which = json_object_get(json_object_get(request, "with"), "id");
	json_t *done = json_pack("{s:{}}", "is");

	if (client->stream.active && (!which || json_equal(which, client->stream.id))) {
		control_client_say(client, with_id(client->stream.id, done));
		control_stream_stop(client);
		control_client_say(client, with_id(id, done));
	} else {
		say_error(client, id, CONTROL_UNKNOWN, "no stream has that id");
	}
	json_decref(done);
}

/* ------------------------------------------------------------------ questions */

/* The names that a question has. */
static const char *
find_unknown_name(const json_t *request)
{
	static const char names[] = " id do with every ";
	const char *key;
	json_t *value;
	char word[32];

	json_object_foreach((json_t *)request, key, value)
	{
		snprintf(word, sizeof(word), " %.28s ", key);
		if (!strstr(names, word))
			return key;
	}
	return NULL;
}

static void
ask(struct control_client *client, const json_t *request)
{
	const struct control_asker asker = { client->who, NULL, on_answer, client };
	json_t *id = json_object_get(request, "id");
	json_t *with = json_object_get(request, "with");
	const char *verb = json_string_value(json_object_get(request, "do"));
	const char *unknown = find_unknown_name(request);
	char why[120];

	if (!verb) {
		say_error(client, id, CONTROL_USAGE, "\"do\" must name a verb");
	} else if (unknown) {
		snprintf(why, sizeof(why),
			"unknown: \"%.40s\"; a question has id, do, with and every",
			unknown);
		say_error(client, id, CONTROL_USAGE, why);
	} else if (strcmp(verb, "stop") == 0) {
		stream_stop(client, id, request);
	} else if (json_object_get(request, "every") && !client->control->stopping) {
		stream_start(client, id, verb, request);
	} else {
		client->id = json_incref(id);
		control_ask(
			client->control, verb, json_incref(with), &asker, &client->call);
	}
}

void
control_question(struct control_client *client, const char *line, size_t len)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(request))
		ask(client, request);
	else
		say_error(client, NULL, CONTROL_SYNTAX,
			request ? "a line must be one JSON object" : error.text);
	json_decref(request);
}
