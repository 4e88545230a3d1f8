/* SPDX-License-Identifier: MIT */
/*
 * Answers /invite?x=X&y=Y&color=rrggbb&system=linux: the commands that paint that canvas
 * pixel, by each plugin that is open, with the address that the client used to reach us,
 * for linux, bsd, windows (PowerShell) or python; usual ones if none of these is named:
 *
 *	{"ways": [{"name": "icmp", "summary": "...", "commands": ["ping ..."]}, ...]}
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/board/board.h"
#include "http/ops/ops.h"
#include "http/web/reached.h"
#include "lib/hex.h"

struct hint_query {
	const struct request *client;
	const char *base; /* of addresses of this server: "http://HOST:PORT", or "" */
	struct mural_hint_request request; /* of the canvas */
	json_t *hints;
};

/* ------------------------------------------------------------------ the query */

/* The number, or `absent`; 0 if it is not a number. */
static uint32_t
query_number(const struct request *request, const char *name, int base, uint32_t absent)
{
	const char *text = request_query(request, name);
	uint32_t value = 0;

	if (!text)
		return absent;
	for (; *text && value < 1 << 26; text++) {
		int digit = hex_digit(*text);

		if (digit < 0 || digit >= base)
			return 0;
		value = value * base + digit;
	}
	return value;
}

static uint32_t
query_system(const struct request *request)
{
	static const char *const names[] = {
		[MURAL_LINUX] = "linux",
		[MURAL_BSD] = "bsd",
		[MURAL_WINDOWS] = "windows",
		[MURAL_PYTHON] = "python",
	};
	const char *text = request_query(request, "system");

	for (uint32_t i = MURAL_LINUX; text && i <= MURAL_PYTHON; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return MURAL_ANY_SYSTEM;
}

/* ------------------------------------------------------------------ the hints */

/* A PUT of JSON, whose members are also given as Python's dict() takes them: its command
 * stands in double quotes, for every shell. */
static void
add_request(const struct hint_query *query, json_t *commands, const char *route,
	const char *json, const char *python)
{
	char text[900];

	switch (query->request.system) {
	case MURAL_WINDOWS:
		snprintf(text, sizeof(text),
			"Invoke-RestMethod -Method Put -ContentType application/json "
			"-Body '{%s}' %s/%s",
			json, query->base, route);
		break;
	case MURAL_PYTHON:
		snprintf(text, sizeof(text),
			"python3 -c \"import json, urllib.request as u; "
			"print(u.urlopen(u.Request('%s/%s', json.dumps(dict(%s))"
			".encode(), {'Content-Type': 'application/json'}, method='PUT'))"
			".read().decode())\"",
			query->base, route, python);
		break;
	default:
		snprintf(text, sizeof(text),
			"curl -X PUT -H 'Content-Type: application/json' -d '{%s}' "
			"%s/%s",
			json, query->base, route);
	}
	json_array_append_new(commands, json_string(text));
}

/* Two requests: the first one gets the token. */
static void
add_board_commands(const struct hint_query *query, json_t *commands)
{
	const struct ops *ops = query->client->subject;
	const struct board *board = ops->board;
	const struct mural_host *host = board->web->host;
	uint32_t column = (query->request.x - host->left) / board->cell;
	uint32_t row = (query->request.y - host->top) / board->cell;
	unsigned colour = palette_nearest(&board->palette, query->request.colour);
	const char *secret = *board->config.secrets ? "SECRET" : "";
	char json[200], python[200];

	if (!*query->base || column >= board->width || row >= board->height)
		return;
	snprintf(json, sizeof(json),
		"\"name\":\"NAME\",\"author\":\"YOU\",\"secret\":\"%s\"", secret);
	snprintf(
		python, sizeof(python), "name='NAME', author='YOU', secret='%s'", secret);
	add_request(query, commands, "register-pg", json, python);
	snprintf(json, sizeof(json), "\"id\":\"ID\",\"row\":%u,\"col\":%u,\"color\":%u",
		row, column, colour);
	snprintf(python, sizeof(python), "id='ID', row=%u, col=%u, color=%u", row, column,
		colour);
	add_request(query, commands, "update-pixel", json, python);
}

/* What mural_invitation() says of it. */
static int
add_command(const struct mural_instance *instance,
	const struct mural_hint_request *request, json_t *commands)
{
	char text[512];
	int len = mural_invitation(instance, request, text, sizeof(text));

	if (len > 0 && (size_t)len < sizeof(text))
		json_array_append_new(commands, json_string(text));
	return len;
}

/* -EPERM: it is nobody's business. */
static int
add_commands(const struct mural_instance *instance, struct mural_hint_request *request,
	json_t *commands)
{
	struct in_addr v4;
	int ret;

	if (request->x >= instance->host->width || request->y >= instance->host->height)
		return 0;
	ret = add_command(instance, request, commands);
	/* for plugins that speak IPv6 only; others nearby may have it */
	if (ret != -EPERM && json_array_size(commands) == 0 &&
		inet_pton(AF_INET, request->address, &v4) == 1) {
		request->address = "::1";
		ret = add_command(instance, request, commands);
	}
	return ret;
}

static void
add_hint(const struct mural_instance *instance, void *arg)
{
	const struct hint_query *query = arg;
	const struct mural_host *host = instance->host;
	struct mural_hint_request request = query->request;
	json_t *commands = json_array();
	int ret;

	if (!instance->is_open && !*instance->state)
		return;
	request.x -= host->left;
	request.y -= host->top;
	ret = add_commands(instance, &request, commands);
	if (host == query->client->web->host && ret != -EPERM) {
		json_array_clear(commands);
		add_board_commands(query, commands);
	}
	if (ret != -EPERM)
		json_array_append_new(query->hints,
			json_pack("{sssssssO}", "name", host->name, "module",
				instance->plugin->name, "summary",
				instance->plugin->summary, "commands", commands));
	json_decref(commands);
}

enum MHD_Result
hints_answer(struct request *request)
{
	char address[REACHED_HOST_MAX], base[REACHED_BASE_MAX];
	bool known = reached_host(request, address);
	struct hint_query query = {
		.client = request,
		.base = base,
		.request = {
			.size = sizeof(query.request),
			.address = known ? address : "HOST",
			.x = query_number(request, "x", 10, 0),
			.system = query_system(request),
			.y = query_number(request, "y", 10, 0),
			.colour = 0xff000000 | query_number(request, "color", 16, 0xff8000),
		},
		.hints = json_array(),
	};

	reached_base(request, base);
	mural_each_instance(request->web->host, add_hint, &query);
	return reply_json(request, MHD_HTTP_OK, json_pack("{so}", "ways", query.hints));
}
