/* SPDX-License-Identifier: MIT */
/* The admin's routes: set the rate, enable and disable the board. */
#include <string.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/json-field.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static enum MHD_Result
reply_text(struct request *request, unsigned status, const char *text)
{
	return reply_send(request, status, response_copy(text, strlen(text), TEXT_TYPE));
}

static enum MHD_Result
reply_done(struct request *request, int ret)
{
	if (ret < 0)
		return reply_no_memory(request);
	return reply_text(request, MHD_HTTP_OK, "Success");
}

bool
api_is_admin(struct request *request, const json_t *json, enum MHD_Result *answered)
{
	const struct board *board = request->subject;
	const json_t *token = json_object_get(json, "token");
	unsigned wait = request_token_wait(request);
	bool right;

	if (wait > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		*answered = reply_retry_after(request, wait);
		return false;
	}
	right = json_is_string(token) &&
		secrets_is_token(board->config.admin_token, json_string_value(token));
	if (json_is_string(token)) /* without a token nothing was guessed */
		request_token_was(request, right);
	if (right)
		return true;
	web_discard(request->web, MURAL_UNAUTHORIZED);
	*answered = reply_text(request, MHD_HTTP_UNAUTHORIZED, "Unauthorized");
	return false;
}

enum MHD_Result
api_rate(struct request *request)
{
	static const char *const names[] = { "new_rate", "token", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered;
	const json_t *json = api_change(request, names, &answered);
	int64_t rate;

	if (!json)
		return answered;
	if (!api_is_admin(request, json, &answered))
		return answered;
	if (!field_number(json_object_get(json, "new_rate"), &rate) || rate < 0 ||
		rate > RATE_MAX_MS)
		return api_reply_malformed(request, "Invalid rate");
	return reply_done(request, board_settings_set_rate(&board->settings, rate));
}

enum MHD_Result
api_switch(struct request *request)
{
	static const char *const none[] = { NULL };
	struct board *board = request->subject;
	bool enabled = strcmp(request->path, "/enableBoard") == 0;
	enum MHD_Result answered;
	const json_t *json = api_change(request, none, &answered);

	if (!json)
		return answered;
	if (!api_is_admin(request, json, &answered))
		return answered;
	return reply_done(request, board_settings_set_enabled(&board->settings, enabled));
}
