/* SPDX-License-Identifier: MIT */
/* Serves the web page's files and /page.json. */
#include "http/page/page.h"

#include <stdio.h>
#include <string.h>

#include "http/board/board.h"

/* Everything from this server only; images also from scripts. */
#define POLICY                                                                           \
	"default-src 'self'; script-src 'self' %s; img-src 'self' blob: data:; "         \
	"style-src 'self' "                                                              \
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

/* Whoever refuses it by a weight of 0 gets it plain, too. */
static bool
takes_gzip(const struct request *request)
{
	const char *taken = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	const char *gzip = taken ? strstr(taken, "gzip") : NULL;

	return gzip && strncmp(gzip, "gzip;q=0", strlen("gzip;q=0")) != 0;
}

static enum MHD_Result
answer_file(struct request *request)
{
	const char *name = file_name(request->path);
	const struct page_file *file = page_files;
	bool gzip = takes_gzip(request);
	const struct page_form *form;
	struct MHD_Response *response;
	char policy[sizeof(POLICY) + 64];

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	if (!file->name)
		return reply_error(request, MHD_HTTP_NOT_FOUND, "404 Not Found");
	form = &file->forms[gzip ? PAGE_GZIP : PAGE_PLAIN];
	if (request_has_tag(request, form->etag))
		return reply_not_modified(request, form->etag);
	response = response_new(
		(void *)form->bytes, form->len, MHD_RESPMEM_PERSISTENT, file->type);
	if (gzip)
		response =
			response_with(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	response = response_with(
		response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	response = response_with(response, MHD_HTTP_HEADER_ETAG, form->etag);
	response = response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	snprintf(policy, sizeof(policy), POLICY, page_script);
	response = response_with(response, "Content-Security-Policy", policy);
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
