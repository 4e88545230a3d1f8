/* SPDX-License-Identifier: MIT */
/*
 * Whose page made a browser send a request.
 *
 * Browsers send Origin, and Sec-Fetch-Site where they trust the connection, and let no
 * page forge them; programs send neither.
 */
#pragma once

#include <stdbool.h>

struct request;

/* Whether a page of another site may have sent it, which is none of `origins`, separated
 * by spaces.  `needs_json`: a request that does not tell must be application/json, which
 * no page can send to another site. */
bool request_is_cross_site(
	const struct request *request, const char *origins, bool needs_json);

/* Whether the answer is one that pages of any site may read: web->public_reads, and it is
 * about the wall, not its operation. */
bool request_is_public(const struct request *request);

/* The same for what a GET of its path would be answered with. */
bool request_path_is_public(const struct request *request);

/* The origin of the page that sent it, if that is one of web->origins, whose pages may
 * read the answer, and not every page may; else NULL. */
const char *request_listed_origin(const struct request *request);

/* Whether the text is a list for `origins`: "" or http://HOST[:PORT], https likewise. */
bool origins_are_valid(const char *origins);
