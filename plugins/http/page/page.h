/* SPDX-License-Identifier: MIT */
/*
 * The web page: its files, which embed.sh compiles in, /page.json, what it needs to know
 * to paint, and /openapi.json, what programs may ask for.
 *
 * The folder may use web/ and the board's size, palette and settings; all else its
 * scripts fetch from the other routes, of which the folder must know nothing.
 */
#pragma once

#include <stddef.h>

#include "http/web/request.h"

/* The longest list of sites that may show the page. */
#define PAGE_EMBED_MAX 1000

/* Room for an entity tag. */
#define PAGE_TAG_MAX 32

struct board;
struct page_index;

struct page {
	struct board *board;
	const char *rules, *language, *embed; /* as in the config */
	struct page_index *index, *admin;     /* made when asked for; NULL: not yet */
	/* qr.c's: the last QR code, of which address; NULL: none yet */
	struct page_code {
		char *base, *text, etag[PAGE_TAG_MAX];
		size_t len;
	} code;
};

extern const struct route page_routes[]; /* subject: struct page */

/* Answers what there is no route for: people get a page, programs an error. */
enum MHD_Result page_answer_missing(struct request *request);

/* Accepts zeros. */
void page_finish(struct page *page);

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

/* qr.c's: the page's address as a QR code. */
enum MHD_Result page_answer_qr(struct request *request);

/* manifest.c's: what a phone needs to know to put the page on its home screen. */
enum MHD_Result page_answer_manifest(struct request *request);

/* openapi.c's: what there is over HTTP, for programs. */
enum MHD_Result page_answer_openapi(struct request *request);
