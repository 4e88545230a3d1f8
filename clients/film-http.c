/* SPDX-License-Identifier: MIT */
/* Asks a wall for the film of what it recorded. */
#include <errno.h>

#include "console.h"
#include "film.h"
#include "json-client.h"

/* A wall sends 16 MiB at most. */
#define FILM_BYTES_MAX (64 << 20)

static int
ask(struct json_client *http, struct reel *reel, const char *url)
{
	json_t *answer = NULL;
	const char *why;
	int ret;

	http->most = FILM_BYTES_MAX;
	ret = json_client_request(http, "GET", "/history?step=0", NULL, &answer);
	why = json_string_value(json_object_get(answer, "error"));
	if (ret >= 0 && ret != 200)
		ret = console_error(-EACCES, "%s: %s: status %d", url,
			why ? why : "it has no film", ret);
	json_decref(answer);
	return ret < 0 ? ret
		       : reel_open_bytes(reel, (const uint8_t *)http->body, http->len);
}

int
reel_open_live(struct reel *reel, const struct options *options)
{
	const struct target *target = &options->target;
	struct json_client http = { 0 };
	int ret;

	if (target->scheme != TARGET_HTTP)
		return console_error(-ENOTSUP,
			"%s: only http:// has a film; write the wall's, or its recording",
			target->text);
	ret = json_client_open(&http, target->url);
	if (ret == 0)
		ret = ask(&http, reel, target->text);
	json_client_close(&http);
	return ret;
}
