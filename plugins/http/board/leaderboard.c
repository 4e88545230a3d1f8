/* SPDX-License-Identifier: MIT */
/* The page of /servers: the generators by author, without secrets and tokens.  As anybody
 * may register, it shows those that painted most, and is rebuilt only as often as the
 * loop can afford. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/html.h"

#define ROWS_MAX 1000

/* The page is kept for this many times as long as it took to build. */
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
put_row(FILE *out, const struct generator *generator)
{
	fputs("<tr><td>", out);
	html_put(out, generator->name);
	fputs("</td><td>", out);
	html_put(out, generator->author);
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

/* The *n generators to be shown, of *all that are not removed.  The caller frees them. */
static struct generator **
sorted_generators(const struct board *board, size_t *n, size_t *all)
{
	struct generator **list;

	*all = 0;
	for (struct generator *g = generators_first(board->generators); g; g = g->next)
		*all += g->id[0] != '\0';
	list = malloc((*all + 1) * sizeof(struct generator *));
	*n = 0;
	for (struct generator *g = generators_first(board->generators); list && g;
		g = g->next)
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
		fprintf(out, "<p>and %zu more that painted less</p>", all - n);
	fputs(tail, out);
}

static struct MHD_Response *
make_page(struct board *board)
{
	size_t len = 0, n, all;
	char *text = NULL;
	struct generator **list = sorted_generators(board, &n, &all);
	FILE *out = list ? open_memstream(&text, &len) : NULL;
	struct MHD_Response *page = NULL;

	if (out) {
		put_page(out, list, n, all);
		if (fclose(out) == 0)
			page = response_new(text, len, MHD_RESPMEM_MUST_FREE,
				"text/html; charset=utf-8");
		else
			free(text);
	}
	free(list);
	board->leaderboard.bytes = len;
	return page;
}

void
leaderboard_stop(struct board *board)
{
	if (board->leaderboard.page)
		MHD_destroy_response(board->leaderboard.page);
	board->leaderboard.page = NULL;
}

enum MHD_Result
leaderboard_answer(struct request *request)
{
	struct board *board = request->subject;
	uint64_t begun = uv_hrtime(), over;

	if (!board->leaderboard.page || begun >= board->leaderboard.due_ns) {
		leaderboard_stop(board);
		board->leaderboard.page = make_page(board);
		over = uv_hrtime();
		board->leaderboard.due_ns = over + REST_FACTOR * (over - begun);
	}
	request_holds(request, HOLDING_ANSWERS, board->leaderboard.page,
		board->leaderboard.bytes);
	return reply_shared(request, MHD_HTTP_OK, board->leaderboard.page);
}
