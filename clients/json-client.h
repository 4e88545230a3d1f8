/* SPDX-License-Identifier: MIT */
/* JSON questions and answers over one HTTP connection. */
#ifndef JSON_CLIENT_H
#define JSON_CLIENT_H

#include <curl/curl.h>
#include <jansson.h>
#include <stddef.h>

struct json_client {
	CURL *curl;
	struct curl_slist *headers;
	const char *base; /* URL without a slash at the end */
	char *body;
	size_t len, room, most; /* of the answer's bytes; set `most` before asking */
	double retry_after;     /* seconds, of the last answer; negative: none */
	char error[CURL_ERROR_SIZE];
};

/* `base` is kept.  0 or -errno, said. */
int json_client_open(struct json_client *http, const char *base);

/* Sends a request, with `request_body` as its JSON body unless it is NULL; takes
 * `request_body`. The status, or -errno, said.  *answer is what came as JSON, or NULL;
 * the caller's. */
int json_client_request(struct json_client *http, const char *method, const char *path,
	json_t *request_body, json_t **answer);

/* Accepts zeros. */
void json_client_close(struct json_client *http);

#endif
