/* SPDX-License-Identifier: MIT */
/* A page's HTML, filled in with what the config says of this wall. */
#pragma once

#include "http/page/page.h"

/* What stands in the page; none of it is NULL. */
struct page_words {
	const char *title;    /* of the event; "": none */
	const char *rules;    /* "": none */
	const char *language; /* "auto", or one that the page has */
	const char
		*url; /* where people find it, without a slash at its end; "": unknown */
};

struct page_index {
	struct page_file file;
	char tags[N_PAGE_FORMS][PAGE_TAG_MAX];
	char *title, *url; /* that it was made with; NULL: not made yet */
};

/* An entity tag for these bytes, with its quotes. */
void page_tag(char tag[PAGE_TAG_MAX], const void *bytes, size_t len);

/* From the file of that name, which is compiled in; what it was before is freed, unless
 * it fails.  0 or -ENOMEM. */
int page_index_make(
	struct page_index *index, const char *name, const struct page_words *words);

/* Accepts zeros. */
void page_index_finish(struct page_index *index);
