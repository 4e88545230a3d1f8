/* SPDX-License-Identifier: MIT */
/* Answers one request again and again: a line of JSON each, in chunks, until the client
 * leaves.  Who reads too slowly misses answers, and is told how many. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/operator/api.h"
#include "lib/digits.h"

#define EVERY_LEAST_MS 100
#define EVERY_MOST_MS (3600 * 1000)

/* As many as the control socket serves. */
#define LIVES_MAX 16

/* What a client does not read is in the kernel: this much, and one line here. */
#define SOCKET_BYTES (64 * 1024)

#define BLOCK_BYTES (16 * 1024)

struct live {
	struct request *request;
	uint64_t every_ms;
	struct mural_timer *timer; /* NULL: nothing was answered yet */
	struct mural_call *call;   /* whose answer is awaited */
	char *line;                /* being sent; NULL: none */
	size_t len, done;
	json_int_t skipped;
	bool over;   /* the line is the last one, an error */
	bool parked; /* its connection is suspended until there is a line */
};

/* ------------------------------------------------------------------ sending */

/* A parked one without a line was resumed because its client is gone, or murald stops. */
static ssize_t
read_line(void *arg, uint64_t position, char *buffer, size_t max)
{
	struct live *live = arg;
	size_t n = live->len - live->done;

	(void)position;
	if (!live->line) {
		if (live->parked || live->over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		live->parked = true;
		request_suspend(live->request);
		return 0;
	}
	live->parked = false;
	n = n < max ? n : max;
	memcpy(buffer, live->line + live->done, n);
	live->done += n;
	if (live->done == live->len) {
		free(live->line);
		live->line = NULL;
	}
	return (ssize_t)n;
}

static void on_timer(const struct mural_event *event, struct mural_brush *brush);

static enum MHD_Result
begin(struct request *request)
{
	struct live *live = request->data;
	const struct http_client *client = http_client_of(request->connection);
	const int bytes = SOCKET_BYTES;
	struct MHD_Response *response;

	if (live->line)
		live->timer = mural_timer_start(request->web->host, NULL, live->every_ms,
			live->every_ms, on_timer, live);
	if (!live->timer)
		return reply_no_memory(request);
	if (client)
		setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_line, live, NULL);
	return reply_send(request, MHD_HTTP_OK,
		response_with(response_prepare(response, "application/x-ndjson"),
			MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"));
}

/* The first answer is an error. */
static enum MHD_Result
reply_error_line(struct request *request)
{
	const struct live *live = request->data;

	return reply_send(request, operator_status(live->line, live->len),
		response_copy(live->line, live->len, "application/json"));
}

/* ------------------------------------------------------------------ asking */

static char *
line_of(struct live *live, const char *json, size_t len)
{
	json_t *answer = json_loadb(json, len, 0, NULL);
	char *text;

	if (json_object_get(answer, "is"))
		(void)json_object_set_new(answer, "more", json_true());
	if (live->skipped > 0)
		(void)json_object_set_new(answer, "skipped", json_integer(live->skipped));
	live->skipped = 0;
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (text) {
		live->len = strlen(text) + 1;
		text[live->len - 1] = '\n';
	}
	return text;
}

static void
on_answer(void *arg, const char *json, size_t len)
{
	struct live *live = arg;

	live->call = NULL;
	live->over = operator_status(json, len) != MHD_HTTP_OK;
	live->line = line_of(live, json, len);
	live->done = 0;
	if (live->timer)
		request_resume(live->request, NULL);
	else
		request_resume(live->request,
			live->over && live->line ? reply_error_line : begin);
}

static void
ask(struct live *live)
{
	struct mural_question question = operator_question(live->request);

	question.answer = on_answer;
	question.arg = live;
	live->call = mural_ask(live->request->web->host, &question);
}

static void
on_timer(const struct mural_event *event, struct mural_brush *brush)
{
	struct live *live = event->arg;

	(void)brush;
	if (live->call || live->line || live->over)
		live->skipped++;
	else if (!live->request->web->stopping)
		ask(live);
}

/* ------------------------------------------------------------------ the beginning */

static void
on_completed(struct request *request)
{
	struct live *live = request->data;
	struct operator_api *api = request->subject;

	api->n_lives--;
	mural_ask_abandon(live->call);
	mural_timer_stop(live->timer);
	free(live->line);
	free(live);
}

struct looked_up {
	const char *name;
	bool changes;
};

static void
look_at(const struct mural_verb *verb, void *arg)
{
	struct looked_up *looked_up = arg;

	if (strcmp(verb->name, looked_up->name) == 0)
		looked_up->changes = verb->changes;
}

/* NULL: nothing is wrong. */
static const char *
what_is_wrong(const struct request *request, const char *every, uint64_t *every_ms)
{
	struct looked_up looked_up = { operator_question(request).verb, false };
	const char *end = digits_read(every, EVERY_MOST_MS, every_ms);

	if (!end || *end || *every_ms < EVERY_LEAST_MS)
		return "\"every\" must be a number of milliseconds, at least 100";
	mural_each_verb(request->web->host, look_at, &looked_up);
	return looked_up.changes ? "a verb that changes something cannot have \"every\""
				 : NULL;
}

enum MHD_Result
operator_live(struct request *request, const char *every)
{
	struct operator_api *api = request->subject;
	uint64_t every_ms;
	const char *why = what_is_wrong(request, every, &every_ms);
	struct live *live;

	if (why)
		return operator_reply_word(request, MHD_HTTP_BAD_REQUEST, "usage", why);
	if (api->n_lives >= LIVES_MAX)
		return operator_reply_word(request, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
			"16 are answered again and again already");
	live = calloc(1, sizeof(*live));
	if (!live)
		return reply_no_memory(request);
	live->request = request;
	live->every_ms = every_ms;
	ask(live);
	if (!live->call) {
		free(live);
		return reply_no_memory(request);
	}
	api->n_lives++;
	request->is_operators = true;
	request->data = live;
	request->on_completed = on_completed;
	return request_suspend(request);
}
