/* SPDX-License-Identifier: MIT */
/* The page of /servers: the generators, those first that painted most, without secrets
 * and tokens; guests of the web page are one row.  As anybody may register, it shows a
 * part of many, and is rebuilt only as often as the loop can afford. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/html.h"

#define ROWS_MAX 1000

/* How the page calls visitors who did not say a name (page/paint.js). */
#define GUEST "visitor-"

/* The page is kept for this many times as long as it took to build. */
#define REST_FACTOR 20

/* In English; page/servers.js has what is marked in the visitor's language.  Two parts,
 * with the title between them. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\" data-language=\"%s\"><head>"
	"<meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	"<meta name=\"color-scheme\" content=\"dark light\">"
	"<title data-t=\"who\">who paints the board</title>"
	"<link rel=\"icon\" href=\"/static/icon.svg\" type=\"image/svg+xml\">"
	"<link rel=\"stylesheet\" href=\"/static/page.css\">"
	"<script type=\"module\" src=\"/static/servers.js\"></script></head><body>"
	"<header><h1>";

static const char columns[] =
	" <span data-t=\"who\">who paints the board</span></h1></header><main><section>"
	"<table><thead><tr><th scope=\"col\" data-t=\"name\">Name</th>"
	"<th scope=\"col\" data-t=\"author\">Author</th>"
	"<th scope=\"col\" class=\"number\" data-t=\"pixels\">Pixels</th>"
	"<th scope=\"col\" class=\"number\" data-t=\"nothing\">Changed nothing</th>"
	"</tr></thead><tbody>\n";

static const char tail[] =
	"</section></main><footer><nav aria-label=\"More\" data-l=\"links\">"
	"<a href=\"/\" data-t=\"wall\">The wall</a> "
	"<a href=\"/admin/\" data-t=\"operator\">For the operator</a></nav></footer>"
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

/* Of the web page, without a name of their own. */
static bool
is_guest(const struct generator *generator)
{
	return strncmp(generator->name, GUEST, strlen(GUEST)) == 0 &&
	       strcmp(generator->author, "web page") == 0;
}

struct ranking {
	struct generator **list; /* those that painted most first */
	size_t n, all;           /* to be shown, and there are */
	size_t guests;
	uint64_t guests_pixels;
};

/* Of those that are not removed.  The caller frees the list. */
static void
rank(const struct board *board, struct ranking *ranking)
{
	struct generator *first = generators_first(board->generators);

	*ranking = (struct ranking){ 0 };
	for (struct generator *g = first; g; g = g->next)
		ranking->all += g->id[0] != '\0';
	ranking->list = malloc((ranking->all + 1) * sizeof(struct generator *));
	ranking->all = 0;
	for (struct generator *g = first; ranking->list && g; g = g->next) {
		if (g->id[0] == '\0')
			continue;
		if (is_guest(g)) {
			ranking->guests++;
			ranking->guests_pixels += g->pixels;
		} else {
			ranking->list[ranking->all++] = g;
		}
	}
	if (!ranking->list)
		return;
	qsort(ranking->list, ranking->all, sizeof(struct generator *), by_pixels);
	ranking->n = ranking->all < ROWS_MAX ? ranking->all : ROWS_MAX;
}

static void
put_head(FILE *out, const struct board *board)
{
	const char *title = mural_title(board->web->host);

	fprintf(out, head, board->config.language);
	html_put(out, title && *title ? title : "murald");
	fputs(columns, out);
}

static void
put_guests(FILE *out, const struct ranking *ranking)
{
	const bool one = ranking->guests == 1;

	fprintf(out,
		"<p data-t=\"%s\" data-n=\"%zu\" data-p=\"%" PRIu64
		"\">and %zu guest%s of this page: %" PRIu64 " pixels</p>",
		one ? "guest" : "guests", ranking->guests, ranking->guests_pixels,
		ranking->guests, one ? "" : "s", ranking->guests_pixels);
}

static void
put_rows(FILE *out, const struct ranking *ranking)
{
	const size_t more = ranking->all - ranking->n;

	for (size_t i = 0; i < ranking->n; i++)
		put_row(out, ranking->list[i]);
	fputs("</tbody></table>", out);
	if (more > 0)
		fprintf(out,
			"<p data-t=\"more\" data-n=\"%zu\">and %zu more that painted less"
			"</p>",
			more, more);
	if (ranking->guests > 0)
		put_guests(out, ranking);
	fputs(tail, out);
}

static struct MHD_Response *
make_page(struct board *board)
{
	size_t len = 0;
	char *text = NULL;
	struct MHD_Response *page = NULL;
	struct ranking ranking;
	FILE *out;

	rank(board, &ranking);
	out = ranking.list ? open_memstream(&text, &len) : NULL;
	if (out) {
		put_head(out, board);
		put_rows(out, &ranking);
		if (fclose(out) == 0)
			page = response_new(text, len, MHD_RESPMEM_MUST_FREE,
				"text/html; charset=utf-8");
		else
			free(text);
	}
	free(ranking.list);
	board->leaderboard.bytes = len;
	return page;
}

void
leaderboard_stop(struct board *board)
{
	response_release(&board->leaderboard.page);
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
