/* SPDX-License-Identifier: MIT */
/* /servers: who paints the board, by author; their secrets and tokens are not told.  As
 * anybody may register, the page shows those who painted most, and is made anew only as
 * often as the loop has time for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/generators.h"
#include "http/http.h"

#define ROWS_MAX 1000

/* After the page was made, it stays as it is for so many times as long as that took. */
#define REST_FACTOR 20

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	"<meta name=\"color-scheme\" content=\"dark light\">"
	"<title>murald: who paints</title>"
	"<link rel=\"icon\" href=\"/static/icon.svg\" type=\"image/svg+xml\">"
	"<link rel=\"stylesheet\" href=\"/static/page.css\"></head><body>"
	"<header><h1>murald <span>who paints the "
	"board</span></h1></header><main><section>"
	"<table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Author</th>"
	"<th scope=\"col\" class=\"number\">Pixels</th>"
	"<th scope=\"col\" class=\"number\">Changed nothing</th></tr></thead><tbody>\n";

static const char tail[] =
	"</section></main><footer><nav aria-label=\"More\">"
	"<a href=\"/\">The wall</a> <a href=\"/admin/\">For the owner</a></nav></footer>"
	"</body></html>\n";

static void
put_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(*text, out);
		}
}

static void
put_row(FILE *out, const struct generator *generator)
{
	fputs("<tr><td>", out);
	put_escaped(out, generator->name);
	fputs("</td><td>", out);
	put_escaped(out, generator->author);
	fprintf(out,
		"</td><td class=\"number\">%" PRIu64 "</td><td class=\"number\">%" PRIu64
		"</td></tr>\n",
		generator->pixels, generator->unnecessary);
}

static int
by_pixels(const void *a, const void *b)
{
	const struct generator *const *left = a, *const *right = b;

	return ((*left)->pixels < (*right)->pixels) -
	       ((*left)->pixels > (*right)->pixels);
}

static int
by_author(const void *a, const void *b)
{
	const struct generator *const *left = a, *const *right = b;
	int order = strcmp((*left)->author, (*right)->author);

	return order ? order : strcmp((*left)->name, (*right)->name);
}

/* Those whose tokens live, to be freed; *n of them are to be shown, of *all. */
static struct generator **
sorted(const struct http *http, size_t *n, size_t *all)
{
	struct generator **list;

	*all = 0;
	for (struct generator *g = generators_first(http); g; g = g->next)
		*all += g->id[0] != '\0';
	list = malloc((*all + 1) * sizeof(struct generator *));
	*n = 0;
	for (struct generator *g = generators_first(http); list && g; g = g->next)
		if (g->id[0] != '\0')
			list[(*n)++] = g;
	if (list && *n > ROWS_MAX) {
		qsort(list, *n, sizeof(struct generator *), by_pixels);
		*n = ROWS_MAX;
	}
	if (list)
		qsort(list, *n, sizeof(struct generator *), by_author);
	return list;
}

static void
put_page(FILE *out, struct generator *const *list, size_t n, size_t all)
{
	fputs(head, out);
	for (size_t i = 0; i < n; i++)
		put_row(out, list[i]);
	fputs("</tbody></table>", out);
	if (n < all)
		fprintf(out, "<p>and %zu more, who painted less</p>", all - n);
	fputs(tail, out);
}

static struct MHD_Response *
make_page(const struct http *http)
{
	size_t len = 0, n, all;
	char *text = NULL;
	struct generator **list = sorted(http, &n, &all);
	FILE *out = list ? open_memstream(&text, &len) : NULL;
	struct MHD_Response *page = NULL;

	if (out) {
		put_page(out, list, n, all);
		if (fclose(out) == 0)
			page = MHD_create_response_from_buffer(
				len, text, MHD_RESPMEM_MUST_FREE);
		if (!page)
			free(text);
	}
	free(list);
	if (page && reply_prepare(page, "text/html; charset=utf-8") == MHD_NO) {
		MHD_destroy_response(page);
		page = NULL;
	}
	return page;
}

void
leaderboard_stop(struct http *http)
{
	if (http->leaderboard.page)
		MHD_destroy_response(http->leaderboard.page);
	http->leaderboard.page = NULL;
}

static enum MHD_Result
answer_leaderboard(struct request *request)
{
	struct http *http = request->http;
	uint64_t begun = uv_hrtime(), over;

	if (!http->leaderboard.page || begun >= http->leaderboard.due_ns) {
		leaderboard_stop(http);
		http->leaderboard.page = make_page(http);
		over = uv_hrtime();
		http->leaderboard.due_ns = over + REST_FACTOR * (over - begun);
	}
	return reply_shared(request, MHD_HTTP_OK, http->leaderboard.page);
}

const struct route leaderboard_routes[] = {
	{ "GET", "/servers", false, answer_leaderboard },
	{ NULL, NULL, false, NULL },
};
