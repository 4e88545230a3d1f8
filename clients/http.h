/* SPDX-License-Identifier: MIT */
/* JSON questions and answers over one HTTP connection. */
#ifndef HTTP_H
#define HTTP_H

#include <curl/curl.h>
#include <jansson.h>
#include <stddef.h>

struct http {
	CURL *curl;
	struct curl_slist *headers;
	const char *base; /* URL without a slash at the end */
	char *body;
	size_t len, room, most; /* of the answer's bytes; set `most` before asking */
	double retry_after;     /* seconds, of the last answer; negative: none */
	char error[CURL_ERROR_SIZE];
};

/* `base` is kept.  0 or -errno, said. */
int http_open(struct http *http, const char *base);

/* Sends a request, with `question` as its JSON body unless it is NULL; takes `question`.
 * The status, or -errno, said.  *answer is what came as JSON, or NULL; the caller's. */
int http_request(struct http *http, const char *method, const char *path,
	json_t *question, json_t **answer);

/* Accepts zeros. */
void http_close(struct http *http);

#endif
