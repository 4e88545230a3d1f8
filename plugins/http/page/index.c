/* SPDX-License-Identifier: MIT */
/* Fills in a page's HTML, and compresses it. */
#include "http/page/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "http/web/html.h"

/* zlib's: a gzip header, and the largest window. */
#define GZIP_WINDOW (16 + MAX_WBITS)

static const struct page_form *
template_form(const char *name)
{
	const struct page_file *file = page_files;

	while (strcmp(file->name, name) != 0)
		file++;
	return &file->forms[PAGE_PLAIN];
}

static void
put_word(FILE *out, const struct page_words *words, const char *name, size_t len)
{
	if (strncmp(name, "title", len) == 0)
		html_put(out, *words->title ? words->title : "murald");
	else if (strncmp(name, "rules", len) == 0)
		html_put(out, words->rules);
	else if (strncmp(name, "no_rules", len) == 0)
		fputs(*words->rules ? "" : "hidden", out);
	else if (strncmp(name, "url", len) == 0)
		html_put(out, words->url);
	else if (strncmp(name, "language", len) == 0)
		html_put(out, words->language);
}

/* The template with {{NAME}} replaced. */
static int
fill(const char *name, const struct page_words *words, char **text, size_t *len)
{
	const struct page_form *form = template_form(name);
	const char *at = (const char *)form->bytes, *end = at + form->len, *mark, *close;
	FILE *out = open_memstream(text, len);
	bool failed;

	if (!out)
		return -ENOMEM;
	while ((mark = memmem(at, end - at, "{{", 2)) &&
		(close = memmem(mark, end - mark, "}}", 2))) {
		fwrite(at, 1, mark - at, out);
		put_word(out, words, mark + 2, close - mark - 2);
		at = close + 2;
	}
	fwrite(at, 1, end - at, out);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return 0;
	free(*text);
	*text = NULL; /* the caller frees it, too */
	return -ENOMEM;
}

/* NULL: out of memory. */
static unsigned char *
compress_text(const char *text, size_t len, size_t *compressed)
{
	z_stream zlib = { .next_in = (unsigned char *)text, .avail_in = len };
	unsigned char *bytes = NULL;
	size_t room;

	if (deflateInit2(&zlib, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 9,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	room = deflateBound(&zlib, len);
	bytes = malloc(room);
	if (bytes) {
		zlib.next_out = bytes;
		zlib.avail_out = room;
		deflate(&zlib, Z_FINISH);
		*compressed = zlib.total_out;
	}
	deflateEnd(&zlib);
	return bytes;
}

void
page_tag(char tag[PAGE_TAG_MAX], const void *bytes, size_t len)
{
	snprintf(tag, PAGE_TAG_MAX, "\"%08lx-%zu\"", crc32(0, bytes, len), len);
}

static void
set_form(struct page_index *index, int form, const void *bytes, size_t len)
{
	page_tag(index->tags[form], bytes, len);
	index->file.forms[form] = (struct page_form){ NULL, bytes, len };
}

int
page_index_make(
	struct page_index *index, const char *name, const struct page_words *words)
{
	struct page_index made = {
		.title = strdup(words->title),
		.url = strdup(words->url),
	};
	size_t len = 0, compressed = 0;
	unsigned char *gzip = NULL;
	char *text = NULL;

	if (made.title && made.url && fill(name, words, &text, &len) == 0)
		gzip = compress_text(text, len, &compressed);
	if (!gzip) {
		free(text);
		free(made.title);
		free(made.url);
		return -ENOMEM;
	}
	set_form(&made, PAGE_PLAIN, text, len);
	set_form(&made, PAGE_GZIP, gzip, compressed);
	made.file.type = "text/html; charset=utf-8";
	page_index_finish(index);
	*index = made;
	for (int i = 0; i < N_PAGE_FORMS; i++)
		index->file.forms[i].etag = index->tags[i];
	return 0;
}

void
page_index_finish(struct page_index *index)
{
	for (int i = 0; i < N_PAGE_FORMS; i++)
		free((void *)index->file.forms[i].bytes);
	free(index->title);
	free(index->url);
	*index = (struct page_index){ 0 };
}
