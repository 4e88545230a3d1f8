/* SPDX-License-Identifier: MIT */
/* The web page's files, as they lie in plugins/http/page; embed.sh puts them in here. */
#ifndef HTTP_PAGE_PAGE_H
#define HTTP_PAGE_PAGE_H

#include <stddef.h>

struct page_file {
	const char *name; /* without a folder; NULL ends the table */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *bytes;
	size_t len;
};

extern const struct page_file page_files[];

#endif
