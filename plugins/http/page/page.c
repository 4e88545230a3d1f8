/* SPDX-License-Identifier: MIT */
/* The web page: its files, and what it asks for beside the board and the pictures. */
#include "http/page/page.h"

#include <string.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/http.h"

/* Only what comes from here; pictures also from scripts. */
#define POLICY                                                                           \
	"default-src 'self'; img-src 'self' blob: data:; style-src 'self' "              \
	"'unsafe-inline'; "                                                              \
	"frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

/* ------------------------------------------------------------------ files */

static enum MHD_Result
answer_file(struct request *request, const char *name)
{
	const struct page_file *file = page_files;
	struct MHD_Response *response;

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	if (!file->name)
		return reply_error(request, MHD_HTTP_NOT_FOUND, "404 Not Found");
	if (request_has_tag(request, file->etag))
		return reply_not_modified(request, file->etag);
	response = MHD_create_response_from_buffer(
		file->len, (void *)file->bytes, MHD_RESPMEM_PERSISTENT);
	if (response) {
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
		MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
		MHD_add_response_header(response, "Content-Security-Policy", POLICY);
	}
	return reply_send(request, MHD_HTTP_OK, response);
}

static enum MHD_Result
answer_page(struct request *request)
{
	return answer_file(request, "index.html");
}

static enum MHD_Result
answer_admin(struct request *request)
{
	return answer_file(request, "admin.html");
}

static enum MHD_Result
answer_static(struct request *request)
{
	return answer_file(request, request->path + strlen("/static/"));
}

static enum MHD_Result
redirect_to_admin(struct request *request)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, "/admin/");
	return reply_send(request, MHD_HTTP_PERMANENT_REDIRECT, response);
}

/* ------------------------------------------------------------------ /page.json */

/* What the page needs to know to paint: where on the canvas which cell is, and whether a
 * secret is asked for. */
static enum MHD_Result
answer_page_json(struct request *request)
{
	const struct http *http = request->http;
	const struct board *board = http->board;

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sssbsbsisisisisiso}", "version", mural_version(), "click",
			http->config->click, "secret", *http->config->secrets != '\0',
			"cell", board->cell, "left", http->host->left, "top",
			http->host->top, "columns", board->width, "rows", board->height,
			"palette", palette_json(&board->palette)));
}

const struct route page_routes[] = {
	{ "GET", "/", false, answer_page },
	{ "GET", "/static/", true, answer_static },
	{ "GET", "/page.json", false, answer_page_json },
	{ "GET", "/admin", false, redirect_to_admin },
	{ "GET", "/admin/", false, answer_admin },
	{ NULL, NULL, false, NULL },
};
