/* SPDX-License-Identifier: MIT */
/* Serves the web page, its files and /page.json. */
#include "http/page/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "http/page/index.h"
#include "http/page/sockets.h"

/* Everything from this server only; images also from scripts, and WebSockets to other
 * ports of the same host.  Framed only by itself and by the sites of `embed`. */
#define POLICY                                                                           \
	"default-src 'self'; script-src 'self' %s; img-src 'self' blob: data:; "         \
	"style-src 'self' "                                                              \
	"'unsafe-inline'; connect-src 'self' %s; "                                       \
	"frame-ancestors 'self' %s; base-uri 'none'; form-action 'self'"

/* ------------------------------------------------------------------ files */

/* By the paths of page_routes. */
static const char *
file_name(const char *path)
{
	if (strcmp(path, "/api/") == 0)
		return "api.html";
	if (strcmp(path, "/socket.io/socket.io.js") == 0)
		return "socket.io.js";
	return path + strlen("/static/");
}

/* Clients that refuse gzip with a weight of 0 get it plain, too. */
static bool
takes_gzip(const struct request *request)
{
	const char *taken = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	const char *gzip = taken ? strstr(taken, "gzip") : NULL;

	return gzip && strncmp(gzip, "gzip;q=0", strlen("gzip;q=0")) != 0;
}

/* Also with a 304: a browser keeps the policy it got first.  Scripts and style sheets are
 * under the policy of the page that loads them. */
static struct MHD_Response *
with_policy(const struct request *request, const struct page_file *file,
	struct MHD_Response *response, const char *embed)
{
	char policy[sizeof(POLICY) + 64 + PAGE_SOCKETS_MAX + PAGE_EMBED_MAX];
	char sockets[PAGE_SOCKETS_MAX];

	if (strncmp(file->type, "text/html", strlen("text/html")) != 0 &&
		strcmp(file->type, "image/svg+xml") != 0)
		return response;
	page_sockets(request, sockets);
	snprintf(policy, sizeof(policy), POLICY, page_script, sockets, embed);
	return response_with(response, "Content-Security-Policy", policy);
}

/* `embed`: the sites that may show it in a frame. */
static enum MHD_Result
reply_form(struct request *request, unsigned status, const struct page_file *file,
	const char *embed, enum MHD_ResponseMemoryMode mode)
{
	bool gzip = takes_gzip(request);
	const struct page_form *form = &file->forms[gzip ? PAGE_GZIP : PAGE_PLAIN];
	struct MHD_Response *response;

	if (status == MHD_HTTP_OK && request_has_tag(request, form->etag))
		return reply_send(request, MHD_HTTP_NOT_MODIFIED,
			with_policy(request, file,
				response_with(response_empty(), MHD_HTTP_HEADER_ETAG,
					form->etag),
				embed));
	response = response_new((void *)form->bytes, form->len, mode, file->type);
	if (gzip)
		response =
			response_with(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	response = response_with(
		response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	response = response_with(response, MHD_HTTP_HEADER_ETAG, form->etag);
	response = response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	return reply_send(request, status, with_policy(request, file, response, embed));
}

static const struct page_file *
find_file(const char *name)
{
	const struct page_file *file = page_files;

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	return file->name ? file : NULL;
}

static enum MHD_Result
answer_file(struct request *request)
{
	const struct page_file *file = find_file(file_name(request->path));

	/* these are not to be had without their words */
	if (!file || strcmp(file->name, "index.html") == 0 ||
		strcmp(file->name, "admin.html") == 0)
		return page_answer_missing(request);
	return reply_form(request, MHD_HTTP_OK, file, "", MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result
page_answer_missing(struct request *request)
{
	const char *accepted = request_header(request, MHD_HTTP_HEADER_ACCEPT);

	if (!accepted || !strstr(accepted, "text/html"))
		return reply_error(request, MHD_HTTP_NOT_FOUND, "404 Not Found");
	return reply_form(request, MHD_HTTP_NOT_FOUND, find_file("404.html"), "",
		MHD_RESPMEM_PERSISTENT);
}

/* -------------------------------------------------------------------- the pages */

static const char *
title_of(const struct request *request)
{
	const char *title = mural_title(request->web->host);

	return title ? title : "";
}

/* Made anew when a reload changed the title or the address; an instance whose own options
 * change is another one. */
static int
make_index(const struct page *page, struct page_index **index, const char *name,
	const char *title, const char *url)
{
	const struct page_words words = { title, page->rules, page->language, url };

	if (!*index)
		*index = calloc(1, sizeof(**index));
	if (!*index)
		return -ENOMEM;
	if ((*index)->title && strcmp((*index)->title, title) == 0 &&
		strcmp((*index)->url, url) == 0)
		return 0;
	return page_index_make(*index, name, &words);
}

static enum MHD_Result
reply_index(struct request *request, struct page_index **index, const char *name,
	const char *embed)
{
	char url[REACHED_BASE_MAX];

	/* not of this request: all get the same page */
	reached_public(request, url);
	if (make_index(request->subject, index, name, title_of(request), url) < 0)
		return reply_no_memory(request);
	return reply_form(
		request, MHD_HTTP_OK, &(*index)->file, embed, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result
answer_index(struct request *request)
{
	struct page *page = request->subject;

	return reply_index(request, &page->index, "index.html", page->embed);
}

static enum MHD_Result
answer_admin(struct request *request)
{
	struct page *page = request->subject;

	return reply_index(request, &page->admin, "admin.html", "");
}

static void
free_index(struct page_index **index)
{
	if (*index)
		page_index_finish(*index);
	free(*index);
	*index = NULL;
}

void
page_finish(struct page *page)
{
	free_index(&page->index);
	free_index(&page->admin);
	free(page->code.base);
	free(page->code.text);
	page->code = (struct page_code){ 0 };
}

static enum MHD_Result
redirect_to_folder(struct request *request)
{
	const char *folder = strcmp(request->path, "/api") == 0 ? "/api/" : "/admin/";

	return reply_send(request, MHD_HTTP_PERMANENT_REDIRECT,
		response_with(response_empty(), MHD_HTTP_HEADER_LOCATION, folder));
}

/* ------------------------------------------------------------------ /page.json */

/* Answers what the page needs to paint: where the cells are on the canvas, and whether a
 * secret is required; and the words of the page, which reloads itself when they change.
 */
static enum MHD_Result
answer_page_json(struct request *request)
{
	const struct mural_host *host = request->web->host;
	const struct page *page = request->subject;
	const struct board *board = page->board;
	char base[REACHED_BASE_MAX];

	reached_base(request, base);
	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sssssssbsbsisisisisisosososs}", "version", mural_version(),
			"title", title_of(request), "rules", page->rules, "click",
			board->config.click, "secret", *board->config.secrets != '\0',
			"cell", board->cell, "left", host->left, "top", host->top,
			"columns", board->width, "rows", board->height, "palette",
			palette_json(&board->palette), "pixelflut",
			page_pixelflut_json(request->web->host), "p2",
			page_p2_json(request->web->host), "url", base));
}

const struct route page_routes[] = {
	{ "GET", "/", false, answer_index },
	{ "GET", "/static/", true, answer_file },
	{ "GET", "/socket.io/socket.io.js", false, answer_file },
	{ "GET", "/page.json", false, answer_page_json },
	{ "GET", "/openapi.json", false, page_answer_openapi },
	{ "GET", "/qr.svg", false, page_answer_qr },
	{ "GET", "/wall.webmanifest", false, page_answer_manifest },
	{ "GET", "/api", false, redirect_to_folder },
	{ "GET", "/api/", false, answer_file },
	{ "GET", "/admin", false, redirect_to_folder },
	{ "GET", "/admin/", false, answer_admin },
	{ NULL, NULL, false, NULL },
};
