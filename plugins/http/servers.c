/* SPDX-License-Identifier: MIT */
/* /servers: who paints the board, by author; their secrets and tokens are not told. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generators.h"
#include "http.h"

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
	"<th scope=\"col\" class=\"number\">Unnecessary</th></tr></thead><tbody>\n";

static const char tail[] =
	"</tbody></table></section></main><footer><nav aria-label=\"More\">"
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
by_author(const void *a, const void *b)
{
	const struct generator *const *left = a, *const *right = b;
	int order = strcmp((*left)->author, (*right)->author);

	return order ? order : strcmp((*left)->name, (*right)->name);
}

/* Those whose tokens live, to be freed. */
static struct generator **
sorted(const struct http *http, size_t *n)
{
	struct generator **list;

	*n = 0;
	for (struct generator *g = generators_first(http); g; g = g->next)
		*n += g->id[0] != '\0';
	list = malloc((*n + 1) * sizeof(struct generator *));
	*n = 0;
	for (struct generator *g = generators_first(http); list && g; g = g->next)
		if (g->id[0] != '\0')
			list[(*n)++] = g;
	if (list)
		qsort(list, *n, sizeof(struct generator *), by_author);
	return list;
}

static enum MHD_Result
answer_servers(struct request *request)
{
	struct generator **list;
	char *text = NULL;
	size_t len = 0, n;
	FILE *out = open_memstream(&text, &len);
	enum MHD_Result result;

	list = sorted(request->http, &n);
	if (!out || !list) {
		if (out)
			fclose(out);
		free(text);
		free(list);
		return reply(request, MHD_HTTP_OK, NULL);
	}
	fputs(head, out);
	for (size_t i = 0; i < n; i++)
		put_row(out, list[i]);
	fputs(tail, out);
	fclose(out);
	result = reply_bytes(request, MHD_HTTP_OK, "text/html; charset=utf-8", text, len);
	free(text);
	free(list);
	return result;
}

const struct route servers_routes[] = {
	{ "GET", "/servers", false, answer_servers },
	{ NULL, NULL, false, NULL },
};
