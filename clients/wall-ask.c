/* SPDX-License-Identifier: MIT */
/* Asks a wall: a line of JSON over its control socket, or a POST with the admin token. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "console.h"
#ifdef WITH_HTTP_CLIENT
#include "json-client.h"
#endif
#include "wall.h"

#define ANSWER_MAX (64u << 20)

struct wall_link {
	FILE *file; /* of the socket; NULL: over HTTP */
#ifdef WITH_HTTP_CLIENT
	struct json_client http;
#endif
	char base[1024];
};

/* ------------------------------------------------------------------ the socket */

static const char *
connect_advice(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "; is murald running, and is that its control.socket? -S names "
		       "another";
	case EACCES:
		return "; only murald's user and the group murald may";
	default:
		return "";
	}
}

static int
socket_connect(struct wall_link *link, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return console_error(-ENAMETOOLONG, "%s: the path is too long", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = errno;
		if (fd >= 0)
			close(fd);
		return console_error(
			-error, "%s: %s%s", path, strerror(error), connect_advice(error));
	}
	link->file = fdopen(fd, "r+");
	return link->file ? 0 : console_error(-ENOMEM, "out of memory");
}

/* The next line, which must be an object. */
static int
socket_read(struct wall_link *link, json_t **answer)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, link->file);

	*answer = len > 0 ? json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, NULL)
			  : NULL;
	free(line);
	if (json_is_object(*answer))
		return 0;
	json_decref(*answer);
	*answer = NULL;
	return len > 0 ? console_error(-EPROTO, "the wall's answer is not a JSON object")
		       : console_error(-EPIPE,
				 "the wall closed the connection; its log says why");
}

/* The greeting; a wall with too many clients says that instead. */
static int
socket_greet(struct wall_link *link)
{
	json_t *greeting;
	const char *why;
	int ret = socket_read(link, &greeting);

	if (ret < 0)
		return ret;
	why = json_string_value(json_object_get(greeting, "why"));
	if (!json_object_get(greeting, "murald"))
		ret = console_error(
			-EPROTO, "%s", why ? why : "what answers there is not murald");
	json_decref(greeting);
	return ret;
}

static int
socket_ask(struct wall_link *link, const char *verb, json_t *with, json_t **answer)
{
	json_t *question = json_pack("{s:s, s:O}", "do", verb, "with", with);
	int ret = question ? json_dumpf(question, link->file, JSON_COMPACT) : -1;

	json_decref(question);
	if (ret < 0 || fputc('\n', link->file) == EOF || fflush(link->file) == EOF)
		return console_error(
			-EPIPE, "the wall closed the connection; its log says why");
	return socket_read(link, answer);
}

/* ------------------------------------------------------------------ HTTP */

#ifdef WITH_HTTP_CLIENT
/* @FILE: the file's first line. */
static int
read_token(const char *text, char *token, size_t len)
{
	FILE *file;

	if (*text != '@') {
		snprintf(token, len, "%s", text);
		return 0;
	}
	file = fopen(text + 1, "re");
	if (!file || !fgets(token, (int)len, file))
		*token = '\0';
	if (file)
		fclose(file);
	token[strcspn(token, "\r\n")] = '\0';
	return *token ? 0 : console_error(-ENOENT, "-t %s: there is no token", text);
}

/* How much of an address is the wall's: operators paste that of their page, /admin/.  In
 * http://admin it is the host. */
static size_t
base_length(const char *url)
{
	static const char page[] = "/admin";
	size_t len = strlen(url), n = strlen(page);

	while (len > 0 && url[len - 1] == '/')
		len--;
	if (len > n && url[len - n - 1] != '/' && strncmp(url + len - n, page, n) == 0)
		len -= n;
	return len;
}

static int
http_open(struct wall_link *link, const struct wall_options *options)
{
	char token[512], header[600];

	if (!options->token)
		return console_error(
			-EINVAL, "-u needs -t TOKEN: admin-token of the plugin http");
	if (read_token(options->token, token, sizeof(token)) < 0)
		return -ENOENT;
	snprintf(link->base, sizeof(link->base), "%.*s", (int)base_length(options->url),
		options->url);
	if (json_client_open(&link->http, link->base) < 0)
		return -ENOMEM;
	snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
	link->http.headers = curl_slist_append(link->http.headers, header);
	curl_easy_setopt(link->http.curl, CURLOPT_HTTPHEADER, link->http.headers);
	link->http.most = ANSWER_MAX;
	return 0;
}

static int
http_ask(struct wall_link *link, const char *verb, json_t *with, json_t **answer)
{
	char path[100];
	const char *error;
	int status;

	snprintf(path, sizeof(path), "/admin/api/%.60s", verb);
	status =
		json_client_request(&link->http, "POST", path, json_incref(with), answer);
	if (status < 0)
		return status;
	if (json_object_get(*answer, "is") || json_object_get(*answer, "why"))
		return 0;
	/* not the wall's answer but the web server's, such as to a wrong token */
	error = json_string_value(json_object_get(*answer, "error"));
	console_print("%s%s: status %d%s%s%s", link->base, path, status,
		error ? ": " : "", error ? error : "",
		status == 429 ? "; after a wrong token, try again in a minute" : "");
	json_decref(*answer);
	*answer = NULL;
	return -EPROTO;
}
#else
static int
http_open(struct wall_link *link, const struct wall_options *options)
{
	(void)link;
	return console_error(-ENOSYS,
		"%s: this muralctl was built without HTTP: apt-get install "
		"libcurl4-openssl-dev, then configure and make again",
		options->url);
}

static int
http_ask(struct wall_link *link, const char *verb, json_t *with, json_t **answer)
{
	(void)link;
	(void)verb;
	(void)with;
	*answer = NULL;
	return -ENOSYS;
}
#endif

/* ------------------------------------------------------------------ both */

struct wall_link *
wall_open(const struct wall_options *options)
{
	struct wall_link *link = calloc(1, sizeof(*link));
	int ret = -ENOMEM;

	if (!link)
		console_print("out of memory");
	else if (options->url)
		ret = http_open(link, options);
	else if ((ret = socket_connect(link, options->socket)) == 0)
		ret = socket_greet(link);
	if (ret == 0)
		return link;
	wall_close(link);
	return NULL;
}

int
wall_ask(struct wall_link *link, const char *verb, json_t *with, json_t **answer)
{
	int ret = link->file ? socket_ask(link, verb, with, answer)
			     : http_ask(link, verb, with, answer);

	json_decref(with);
	return ret;
}

void
wall_close(struct wall_link *link)
{
	if (!link)
		return;
	if (link->file)
		fclose(link->file);
#ifdef WITH_HTTP_CLIENT
	json_client_close(&link->http);
#endif
	free(link);
}
