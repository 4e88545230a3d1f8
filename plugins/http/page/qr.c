/* SPDX-License-Identifier: MIT */
/* Answers /qr.svg: the page's address as a QR code, made by libqrencode. */
#include <stdio.h>
#include <stdlib.h>

#include <qrencode.h>

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

enum MHD_Result
page_answer_qr(struct request *request)
{
	char base[REACHED_BASE_MAX];
	QRcode *code;
	char *text;
	size_t len;

	reached_base(request, base);
	code = *base ? QRcode_encodeString(base, 0, QR_ECLEVEL_M, QR_MODE_8, 1) : NULL;
	if (!code)
		return reply_error(
			request, MHD_HTTP_NOT_FOUND, "the address is not known");
	text = draw(code, &len);
	QRcode_free(code);
	if (!text)
		return reply_no_memory(request);
	return reply_send(request, MHD_HTTP_OK,
		response_new(text, len, MHD_RESPMEM_MUST_FREE, "image/svg+xml"));
}
