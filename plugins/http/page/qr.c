/* SPDX-License-Identifier: MIT */
/* Answers /qr.svg: the page's address as a QR code, made by libqrencode, and kept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "http/page/index.h"
#include "http/page/page.h"
#include "http/web/reached.h"

/* White modules that scanners need on each side. */
#define QUIET 4

/* A path of squares. */
static void
put_code(FILE *out, const QRcode *code)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%d %d %d %d\" "
		"shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M%d "
		"%dh%dv%dH%dz\"/>"
		"<path d=\"",
		-QUIET, -QUIET, code->width + 2 * QUIET, code->width + 2 * QUIET, -QUIET,
		-QUIET, code->width + 2 * QUIET, code->width + 2 * QUIET, -QUIET);
	for (int i = 0; i < code->width * code->width; i++)
		if (code->data[i] & 1)
			fprintf(out, "M%d %dh1v1h-1z", i % code->width, i / code->width);
	fputs("\"/></svg>\n", out);
}

/* NULL: out of memory. */
static char *
draw(const QRcode *code, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool failed;

	if (!out)
		return NULL;
	put_code(out, code);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

/* Of the address, unless it is kept already: as a rule all come by the same one. */
static int
make_code(struct page_code *kept, const char *base)
{
	struct page_code made = { 0 };
	QRcode *code;

	if (kept->base && strcmp(kept->base, base) == 0)
		return 0;
	code = QRcode_encodeString(base, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return -ENOMEM;
	made.base = strdup(base);
	made.text = draw(code, &made.len);
	QRcode_free(code);
	if (!made.base || !made.text) {
		free(made.base);
		free(made.text);
		return -ENOMEM;
	}
	page_tag(made.etag, made.text, made.len);
	free(kept->base);
	free(kept->text);
	*kept = made;
	return 0;
}

enum MHD_Result
page_answer_qr(struct request *request)
{
	struct page_code *code = &((struct page *)request->subject)->code;
	struct MHD_Response *response;
	char base[REACHED_BASE_MAX];

	reached_base(request, base);
	if (!*base)
		return reply_error(
			request, MHD_HTTP_NOT_FOUND, "the address is not known");
	if (make_code(code, base) < 0)
		return reply_no_memory(request);
	if (request_has_tag(request, code->etag))
		return reply_not_modified(request, code->etag);
	response = response_copy(code->text, code->len, "image/svg+xml");
	response = response_with(response, MHD_HTTP_HEADER_ETAG, code->etag);
	return reply_send(request, MHD_HTTP_OK,
		response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"));
}
