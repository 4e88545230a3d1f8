/* SPDX-License-Identifier: MIT */
/* JSON requests over one HTTP connection.  Errors are printed. */
#pragma once

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct json_client {
	CURL *curl;
	struct curl_slist *headers;
	const char *base; /* URL without a slash at the end */
	char *body;
	size_t len, room, most; /* bytes of the answer; set `most` before a request */
	bool answered;          /* at least once: it speaks HTTP */
	double retry_after;     /* of the last answer, in seconds; negative: none */
	char error[CURL_ERROR_SIZE];
};

/* `base` must stay valid.  0 or -errno. */
int json_client_open(struct json_client *http, const char *base);

/* Sends a request with an optional body, of which it takes over the reference.  Returns
 * the status or -errno; *answer is the answer's JSON or NULL, and the caller's. */
int json_client_request(struct json_client *http, const char *method, const char *path,
	json_t *request_body, json_t **answer);

/* Accepts a zeroed struct. */
void json_client_close(struct json_client *http);
