/* SPDX-License-Identifier: MIT */
/* Registers and removes generators.  Answered only once it is written, so that a crash
 * cannot revoke a token that was handed out, nor revive one that was removed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/json-field.h"

/* How many are removed by one request, so that nobody waits for it. */
#define REMOVE_MAX 2048

/* A request that waits for the store. */
struct pending_write {
	struct store_wait wait; /* first, for the cast back */
	struct request *request;
	char id[STORE_ID_LEN + 1]; /* "": it was removed */
	size_t removed, left;      /* if many were */
};

static enum MHD_Result
answer_id(struct request *request, const char *id)
{
	return reply_json(request, MHD_HTTP_OK, json_pack("{ss}", "id", id));
}

static enum MHD_Result
answer_removed(struct request *request, size_t removed, size_t left)
{
	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sIsIsb}", "removed", (json_int_t)removed, "left",
			(json_int_t)left, "success", 1));
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
	if (pending->removed > 0)
		return answer_removed(request, pending->removed, pending->left);
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

/* ---------------------------------------------------------------- the routes */

static enum MHD_Result
register_new(
	struct request *request, const char *name, const char *author, const char *secret)
{
	struct board *board = request->subject;
	uint64_t source = http_client_source(request->web, request->connection);
	unsigned wait_s = generators_register_wait(board->generators, source);
	struct generator *generator;
	int ret;

	if (wait_s > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		return reply_retry_after(request, wait_s);
	}
	if (generators_removed(board->generators) >= GENERATORS_MAX)
		board_forget_removed(board);
	ret = generators_add(board->generators, name, author, secret, source, &generator);
	if (ret == -ENOSPC)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the board has given out all its numbers");
	if (ret < 0)
		return reply_no_memory(request);
	return suspend_until_written(request, generator->mark, generator->id);
}

/* Whether the secret is one that may register; else *answered is what the route returns.
 */
static bool
may_register(struct request *request, const char *secret, enum MHD_Result *answered)
{
	const struct board *board = request->subject;
	unsigned wait_s = board->secrets.any ? 0 : request_guess_wait(request);

	if (wait_s > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		*answered = reply_retry_after(request, wait_s);
		return false;
	}
	if (secrets_contain(&board->secrets, secret))
		return true;
	request_guessed_wrong(request);
	web_discard(request->web, MURAL_UNAUTHORIZED);
	*answered = reply_error(request, MHD_HTTP_UNAUTHORIZED,
		"Secret was not in list of valid secrets!");
	return false;
}

enum MHD_Result
api_register(struct request *request)
{
	static const char *const names[] = { "name", "author", "secret", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered;
	const json_t *json = api_change(request, names, &answered);
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
	if (!may_register(request, secret, &answered))
		return answered;
	generator = generators_find_identity(board->generators, name, author, secret);
	if (!generator)
		return register_new(request, name, author, secret);
	generators_use(board->generators, generator,
		http_client_source(request->web, request->connection));
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
	const json_t *json = api_change(request, names, &answered);
	struct generator *generator;

	if (!json)
		return answered;
	generator = api_generator(request, json_object_get(json, "id"));
	if (!generator)
		return api_reply_unauthorized(request);
	generators_remove(board->generators, generator);
	return suspend_until_written(request, store_mark(board->store), "");
}

/* ------------------------------------------------------------- the admin's route */

/* What is removed; absent ones are NULL, or negative. */
struct selection {
	const char *name, *author;
	int64_t idle_s;
};

static bool
is_selected(const struct selection *selection, const struct generator *generator,
	uint64_t now_ns)
{
	if (!*generator->id)
		return false;
	if (selection->name && strcmp(selection->name, generator->name) != 0)
		return false;
	if (selection->author && strcmp(selection->author, generator->author) != 0)
		return false;
	return selection->idle_s < 0 ||
	       (now_ns - generator->used_ns) / 1000000000 >= (uint64_t)selection->idle_s;
}

/* Removes at most REMOVE_MAX; the others are only counted. */
static size_t
remove_selected(
	struct generators *generators, const struct selection *selection, size_t *left)
{
	uint64_t now = uv_hrtime();
	size_t removed = 0;
	struct generator *next;

	*left = 0;
	for (struct generator *i = generators_first(generators); i; i = next) {
		next = i->next;
		if (!is_selected(selection, i, now))
			continue;
		if (removed == REMOVE_MAX) {
			++*left;
			continue;
		}
		generators_remove(generators, i);
		removed++;
	}
	return removed;
}

static bool
read_selection(const json_t *json, struct selection *selection)
{
	const json_t *name = json_object_get(json, "name");
	const json_t *author = json_object_get(json, "author");
	const json_t *idle = json_object_get(json, "idle");

	*selection = (struct selection){ json_string_value(name),
		json_string_value(author), -1 };
	if ((name && !selection->name) || (author && !selection->author))
		return false;
	if (idle && (!field_number(idle, &selection->idle_s) || selection->idle_s < 0))
		return false;
	return name || author || idle;
}

enum MHD_Result
api_remove_many(struct request *request)
{
	static const char *const names[] = { "token", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered, result;
	const json_t *json = api_change(request, names, &answered);
	struct selection selection;
	size_t removed, left;

	if (!json)
		return answered;
	if (!api_is_admin(request, json, &answered))
		return answered;
	if (!read_selection(json, &selection))
		return api_reply_malformed(request,
			"say which: name and author as text, idle in seconds; one of "
			"them at least");
	removed = remove_selected(board->generators, &selection, &left);
	if (removed == 0)
		return answer_removed(request, 0, left);
	result = suspend_until_written(request, store_mark(board->store), "");
	if (request->data) {
		struct pending_write *pending = request->data;

		pending->removed = removed;
		pending->left = left;
	}
	return result;
}
