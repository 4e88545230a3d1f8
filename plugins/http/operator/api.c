/* SPDX-License-Identifier: MIT */
/* Asks the wall on behalf of clients that have the admin token. */
#include "http/operator/api.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/board/secrets.h"
#include "lib/macros.h"

#define PATH "/admin/api/"
#define BEARER "Bearer "

/* A question whose answer is awaited. */
struct asking {
	struct request *request;
	struct mural_call *call; /* NULL: answered */
	char *json;              /* the answer */
	size_t len;
};

/* ------------------------------------------------------------------ the token */

/* A request without a token is no guess. */
static bool
has_token(const struct request *request)
{
	const struct operator_api *api = request->subject;
	const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
	bool right = header && strncasecmp(header, BEARER, strlen(BEARER)) == 0 &&
		     secrets_is_token(api->token, header + strlen(BEARER));

	if (header)
		request_token_was(request, right);
	return right;
}

enum MHD_Result
operator_reply_word(
	struct request *request, unsigned status, const char *word, const char *why)
{
	return reply_json(
		request, status, json_pack("{s:s, s:s}", "error", word, "why", why));
}

/* Wrong ones are slowed down. */
static bool
is_operator(struct request *request, enum MHD_Result *answered)
{
	unsigned wait = request_token_wait(request);

	if (wait > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		*answered = reply_retry_after(request, wait);
		return false;
	}
	if (has_token(request))
		return true;
	web_discard(request->web, MURAL_UNAUTHORIZED);
	*answered = reply_send(request, MHD_HTTP_UNAUTHORIZED,
		response_with(error_response("the admin token is missing or wrong"),
			MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer"));
	return false;
}

/* ------------------------------------------------------------------ the answer */

unsigned
operator_status(const char *json, size_t len)
{
	static const struct {
		const char *word;
		unsigned status;
	} statuses[] = {
		{ "syntax", MHD_HTTP_BAD_REQUEST },
		{ "usage", MHD_HTTP_BAD_REQUEST },
		{ "unknown", MHD_HTTP_NOT_FOUND },
		{ "refused", MHD_HTTP_CONFLICT },
		{ "busy", MHD_HTTP_SERVICE_UNAVAILABLE },
	};
	json_t *answer = json_loadb(json, len, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	unsigned status = error ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;

	for (size_t i = 0; error && i < ARRAY_LEN(statuses); i++)
		if (strcmp(error, statuses[i].word) == 0)
			status = statuses[i].status;
	json_decref(answer);
	return status;
}

static enum MHD_Result
reply_answer(struct request *request)
{
	const struct asking *asking = request->data;

	if (!asking->json)
		return reply_no_memory(request);
	return reply_send(request, operator_status(asking->json, asking->len),
		response_with(
			response_copy(asking->json, asking->len, "application/json"),
			MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"));
}

static void
on_answer(void *arg, const char *json, size_t len)
{
	struct asking *asking = arg;

	asking->call = NULL;
	asking->json = malloc(len);
	asking->len = len;
	if (asking->json)
		memcpy(asking->json, json, len);
	request_resume(asking->request, reply_answer);
}

static void
on_completed(struct request *request)
{
	struct asking *asking = request->data;

	mural_ask_abandon(asking->call);
	free(asking->json);
	free(asking);
}

/* ------------------------------------------------------------------ the question */

struct mural_question
operator_question(const struct request *request)
{
	const struct http_client *client = http_client_of(request->connection);

	return (struct mural_question){
		.size = sizeof(struct mural_question),
		.verb = request->path + strlen(PATH),
		.with = request->body,
		.with_len = request->body_len,
		.peer = client ? &client->peer.any : NULL,
		.who = "admin",
	};
}

static enum MHD_Result
ask(struct request *request)
{
	struct mural_question question = operator_question(request);
	struct asking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return reply_no_memory(request);
	asking->request = request;
	question.answer = on_answer;
	question.arg = asking;
	request->is_operators = true;
	asking->call = mural_ask(request->web->host, &question);
	if (!asking->call) {
		free(asking);
		return reply_no_memory(request);
	}
	request->data = asking;
	request->on_completed = on_completed;
	return request_suspend(request);
}

static enum MHD_Result
answer_verb(struct request *request)
{
	const char *every = request_query(request, "every");
	enum MHD_Result answered;
	const char *why;

	if (!is_operator(request, &answered))
		return answered;
	if (request->body && request->body_len > 0 && !request_json(request, &why)) {
		web_discard(request->web, MURAL_MALFORMED);
		return operator_reply_word(request, MHD_HTTP_BAD_REQUEST, "syntax", why);
	}
	return every ? operator_live(request, every) : ask(request);
}

const struct route operator_routes[] = {
	{ .method = "POST", .path = PATH, .prefix = true, .answer = answer_verb },
	{ 0 },
};
