/* SPDX-License-Identifier: MIT */
/*
 * The web page: its files, which embed.sh compiles in, and /page.json, what it needs to
 * know to paint.
 *
 * The folder may use web/ and the board's size, palette and settings; all else its
 * scripts fetch from the other routes, of which the folder must know nothing.
 */
#pragma once

#include <stddef.h>

#include "http/web/request.h"

extern const struct route page_routes[]; /* subject: struct board */

enum { PAGE_PLAIN, PAGE_GZIP, N_PAGE_FORMS };

struct page_file {
	const char *name; /* without a folder; NULL ends the table */
	const char *type;
	struct page_form {
		const char *etag; /* with its quotes */
		const unsigned char *bytes;
		size_t len;
	} forms[N_PAGE_FORMS];
};

extern const struct page_file page_files[];

/* The hash of the script that stands in index.html, for the policy. */
extern const char page_script[];
