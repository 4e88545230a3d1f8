/* SPDX-License-Identifier: MIT */
/* Sends JSON requests with libcurl, and parses the answers with jansson. */
#include "json-client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "console.h"

#define BODY_MAX ((size_t)256 << 20)
#define URL_MAX 2048
#define CONNECT_S 10L
#define ANSWER_S 60L
#define SILENT_S 5L /* at most, until it is known that the server speaks HTTP */

static size_t
on_body(char *data, size_t one, size_t len, void *context)
{
	struct json_client *http = context;
	size_t room;
	char *body;

	(void)one;
	if (http->len + len > http->most || http->len + len > BODY_MAX)
		return 0;
	if (http->len + len > http->room) {
		room = 2 * (http->len + len);
		body = realloc(http->body, room);
		if (!body)
			return 0;
		http->body = body;
		http->room = room;
	}
	memcpy(http->body + http->len, data, len);
	http->len += len;
	return len;
}

/* Seconds, perhaps with a fraction; boards do not send dates. */
static size_t
on_header(char *data, size_t one, size_t len, void *context)
{
	static const char name[] = "Retry-After:";
	struct json_client *http = context;
	char text[64], *end;
	double seconds;

	(void)one;
	if (len <= sizeof(name) || len >= sizeof(text) ||
		strncasecmp(data, name, sizeof(name) - 1) != 0)
		return len;
	memcpy(text, data, len);
	text[len] = '\0';
	seconds = strtod(text + sizeof(name) - 1, &end);
	if (end != text + sizeof(name) - 1 && seconds >= 0)
		http->retry_after = seconds;
	return len;
}

static int
on_progress(void *context, curl_off_t to_read, curl_off_t read, curl_off_t to_send,
	curl_off_t sent)
{
	(void)context;
	(void)to_read;
	(void)read;
	(void)to_send;
	(void)sent;
	return stop_requested();
}

int
json_client_open(struct json_client *http, const char *base)
{
	CURL *curl;

	/* not thread-safe: connections are opened one after the other */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!(curl = curl_easy_init()))
		return console_error(-ENOMEM, "libcurl cannot be initialised");
	http->curl = curl;
	http->base = base;
	http->headers = curl_slist_append(NULL, "Content-Type: application/json");
	http->headers = curl_slist_append(http->headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "muralctl/" VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_S);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	return 0;
}

static const char *
curl_advice(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return "; is the port right, and is the server running?";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "; is the name right?";
	case CURLE_OPERATION_TIMEDOUT:
		return "; is the host up, and is it a pixel board?";
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_GOT_NOTHING:
		return "; is it a pixel board?";
	case CURLE_SSL_CONNECT_ERROR:
		return "; does the board speak http:// instead?";
	default:
		return "";
	}
}

static int
json_client_perform(struct json_client *http, const char *method, const char *path)
{
	CURLcode code;
	long status = 0;

	http->len = 0;
	http->retry_after = -1;
	*http->error = '\0';
	curl_easy_setopt(http->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(
		http->curl, CURLOPT_LOW_SPEED_TIME, http->answered ? ANSWER_S : SILENT_S);
	code = curl_easy_perform(http->curl);
	if (code == CURLE_ABORTED_BY_CALLBACK && stop_requested())
		return -EINTR;
	if (code == CURLE_WRITE_ERROR)
		return console_error(-EMSGSIZE,
			"%s %s%s: the answer is too long for a pixel board's", method,
			http->base, path);
	if (code != CURLE_OK)
		return console_error(-EIO, "%s %s%s: %s%s", method, http->base, path,
			*http->error ? http->error : curl_easy_strerror(code),
			curl_advice(code));
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	http->answered = true;
	return (int)status;
}

int
json_client_request(struct json_client *http, const char *method, const char *path,
	json_t *request_body, json_t **answer)
{
	char url[URL_MAX],
		*text = request_body ? json_dumps(request_body, JSON_COMPACT) : NULL;
	int ret = 0;

	*answer = NULL;
	if (request_body && !text)
		ret = console_error(-ENOMEM,
			"%s %s: out of memory, or a text is not UTF-8", method, path);
	json_decref(request_body);
	if (ret < 0)
		return ret;
	snprintf(url, sizeof(url), "%s%s", http->base, path);
	curl_easy_setopt(http->curl, CURLOPT_URL, url);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, text);
	if (!text)
		curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST, method);
	ret = json_client_perform(http, method, path);
	free(text);
	if (ret >= 0)
		*answer = json_loadb(http->body ? http->body : "", http->len,
			JSON_REJECT_DUPLICATES, NULL);
	return ret;
}

void
json_client_close(struct json_client *http)
{
	if (http->curl)
		curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	free(http->body);
	*http = (struct json_client){ 0 };
}
