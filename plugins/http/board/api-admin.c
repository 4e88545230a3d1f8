/* SPDX-License-Identifier: MIT */
/* What only the admin may: the rate, and whether the board draws. */
#include <string.h>

#include "http/board/api.h"
#include "http/board/generators.h"
#include "http/board/settings.h"
#include "http/http.h"
#include "http/web/json-field.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static enum MHD_Result
reply_text(struct request *request, unsigned status, const char *text)
{
	return reply_bytes(request, status, TEXT_TYPE, text, strlen(text));
}

static enum MHD_Result
reply_done(struct request *request, int ret)
{
	if (ret < 0)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"murald is short of memory");
	return reply_text(request, MHD_HTTP_OK, "Success");
}

static bool
is_admin(struct request *request, const json_t *json)
{
	const json_t *token = json_object_get(json, "token");

	return json_is_string(token) &&
	       generators_is_admin(request->http, json_string_value(token));
}

static enum MHD_Result
reply_not_admin(struct request *request)
{
	http_discard(request->http, MURAL_UNAUTHORIZED);
	return reply_text(request, MHD_HTTP_UNAUTHORIZED, "Unauthorized");
}

enum MHD_Result
api_rate(struct request *request)
{
	static const char *const names[] = { "new_rate", "token", NULL };
	enum MHD_Result answered;
	const json_t *json = api_fields(request, names, &answered);
	int64_t rate;

	if (!json)
		return answered;
	if (!is_admin(request, json))
		return reply_not_admin(request);
	if (!field_number(json_object_get(json, "new_rate"), &rate) || rate < 0 ||
		rate > RATE_MAX_MS)
		return api_reply_malformed(request, "Invalid rate");
	return reply_done(request, board_settings_set_rate(request->http, rate));
}

static enum MHD_Result
switch_board(struct request *request, bool enabled)
{
	static const char *const none[] = { NULL };
	enum MHD_Result answered;
	const json_t *json = api_fields(request, none, &answered);

	if (!json)
		return answered;
	if (!is_admin(request, json))
		return reply_not_admin(request);
	return reply_done(request, board_settings_set_enabled(request->http, enabled));
}

enum MHD_Result
api_enable(struct request *request)
{
	return switch_board(request, true);
}

enum MHD_Result
api_disable(struct request *request)
{
	return switch_board(request, false);
}
