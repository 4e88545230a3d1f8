/* SPDX-License-Identifier: MIT */
/* Registers and removes generators.  Answered only once it is written, so that a crash
 * cannot revoke a token that was handed out, nor revive one that was removed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/json-field.h"

/* A request that waits for the store. */
struct pending_write {
	struct store_wait wait; /* first, for the cast back */
	struct request *request;
	char id[STORE_ID_LEN + 1]; /* "": it was removed */
};

static enum MHD_Result
answer_id(struct request *request, const char *id)
{
	return reply_json(request, MHD_HTTP_OK, json_pack("{ss}", "id", id));
}

static enum MHD_Result
answer_unwritten(struct request *request)
{
	return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
		"the database cannot be written at the moment; try again");
}

/* -------------------------------------------------------------------- waiting */

static enum MHD_Result
answer_written(struct request *request)
{
	const struct pending_write *pending = request->data;

	if (*pending->id)
		return answer_id(request, pending->id);
	return reply_json(request, MHD_HTTP_OK, json_pack("{sb}", "success", 1));
}

static void
on_written(struct store_wait *wait, int ret)
{
	struct pending_write *pending = (struct pending_write *)wait;

	request_resume(pending->request, ret < 0 ? answer_unwritten : answer_written);
}

static void
on_write_completed(struct request *request)
{
	struct pending_write *pending = request->data;

	store_cancel(&pending->wait);
	free(pending);
}

static enum MHD_Result
suspend_until_written(struct request *request, uint64_t mark, const char *id)
{
	struct board *board = request->subject;
	struct pending_write *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return reply_no_memory(request);
	snprintf(pending->id, sizeof(pending->id), "%s", id);
	pending->request = request;
	pending->wait.mark = mark;
	pending->wait.done = on_written;
	request->data = pending;
	request->on_completed = on_write_completed;
	store_wait(board->store, &pending->wait);
	return request_suspend(request);
}

/* ---------------------------------------------------------------- the two routes */

static enum MHD_Result
register_new(
	struct request *request, const char *name, const char *author, const char *secret)
{
	struct board *board = request->subject;
	unsigned wait_s = generators_register_wait(
		board->generators, http_client_source(request->web, request->connection));
	struct generator *generator;
	int ret;

	if (wait_s > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		return reply_retry_after(request, wait_s);
	}
	ret = generators_add(board->generators, name, author, secret, &generator);
	if (ret == -ENOSPC)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the board has no room for another generator");
	if (ret < 0)
		return reply_no_memory(request);
	return suspend_until_written(request, generator->mark, generator->id);
}

enum MHD_Result
api_register(struct request *request)
{
	static const char *const names[] = { "name", "author", "secret", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered;
	const json_t *json = api_fields(request, names, &answered);
	const char *name, *author, *secret;
	struct generator *generator;

	if (!json)
		return answered;
	name = field_text(json_object_get(json, "name"), NAME_MAX_BYTES);
	author = field_text(json_object_get(json, "author"), NAME_MAX_BYTES);
	secret = field_text(json_object_get(json, "secret"), BODY_MAX);
	if (!name || !author || !secret)
		return api_reply_malformed(request,
			"name, author and secret must be text, the first two of at most "
			"200 bytes");
	if (!secrets_contain(&board->secrets, secret)) {
		web_discard(request->web, MURAL_UNAUTHORIZED);
		return reply_error(request, MHD_HTTP_UNAUTHORIZED,
			"Secret was not in list of valid secrets!");
	}
	generator = generators_find_name(board->generators, name, author);
	if (!generator)
		return register_new(request, name, author, secret);
	if (store_is_written(board->store, generator->mark))
		return answer_id(request, generator->id);
	return suspend_until_written(request, generator->mark, generator->id);
}

enum MHD_Result
api_remove(struct request *request)
{
	static const char *const names[] = { "id", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered;
	const json_t *json = api_fields(request, names, &answered);
	struct generator *generator;

	if (!json)
		return answered;
	generator = api_generator(request, json_object_get(json, "id"));
	if (!generator)
		return api_reply_unauthorized(request);
	generators_remove(board->generators, generator);
	return suspend_until_written(request, store_mark(board->store), "");
}
