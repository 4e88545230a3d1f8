/* SPDX-License-Identifier: MIT */
/* Serves the web page's files and /page.json. */
#include "http/page/page.h"

#include <string.h>

#include "http/board/board.h"

/* Everything from this server only; images also from scripts. */
#define POLICY                                                                           \
	"default-src 'self'; img-src 'self' blob: data:; style-src 'self' "              \
	"'unsafe-inline'; "                                                              \
	"frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

/* ------------------------------------------------------------------ files */

/* By the paths of page_routes. */
static const char *
file_name(const char *path)
{
	if (strcmp(path, "/") == 0)
		return "index.html";
	if (strcmp(path, "/admin/") == 0)
		return "admin.html";
	if (strcmp(path, "/socket.io/socket.io.js") == 0)
		return "socket.io.js";
	return path + strlen("/static/");
}

static enum MHD_Result
answer_file(struct request *request)
{
	const char *name = file_name(request->path);
	const struct page_file *file = page_files;
	struct MHD_Response *response;

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	if (!file->name)
		return reply_error(request, MHD_HTTP_NOT_FOUND, "404 Not Found");
	if (request_has_tag(request, file->etag))
		return reply_not_modified(request, file->etag);
	response = response_new(
		(void *)file->bytes, file->len, MHD_RESPMEM_PERSISTENT, file->type);
	response = response_with(response, MHD_HTTP_HEADER_ETAG, file->etag);
	response = response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	response = response_with(response, "Content-Security-Policy", POLICY);
	return reply_send(request, MHD_HTTP_OK, response);
}

static enum MHD_Result
redirect_to_admin(struct request *request)
{
	return reply_send(request, MHD_HTTP_PERMANENT_REDIRECT,
		response_with(response_empty(), MHD_HTTP_HEADER_LOCATION, "/admin/"));
}

/* ------------------------------------------------------------------ /page.json */

/* What the page needs to paint: where the cells are on the canvas, and whether a secret
 * is required. */
static enum MHD_Result
answer_page_json(struct request *request)
{
	const struct mural_host *host = request->web->host;
	const struct board *board = request->subject;

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sssbsbsisisisisiso}", "version", mural_version(), "click",
			board->config.click, "secret", *board->config.secrets != '\0',
			"cell", board->cell, "left", host->left, "top", host->top,
			"columns", board->width, "rows", board->height, "palette",
			palette_json(&board->palette)));
}

const struct route page_routes[] = {
	{ "GET", "/", false, answer_file },
	{ "GET", "/static/", true, answer_file },
	{ "GET", "/socket.io/socket.io.js", false, answer_file },
	{ "GET", "/page.json", false, answer_page_json },
	{ "GET", "/admin", false, redirect_to_admin },
	{ "GET", "/admin/", false, answer_file },
	{ NULL, NULL, false, NULL },
};
