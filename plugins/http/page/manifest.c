/* SPDX-License-Identifier: MIT */
/* Answers /wall.webmanifest, in which the page has the event's title. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "http/page/page.h"
#include "http/web/web.h"

/* As page.css has it in the dark. */
#define BACK "#14161a"

static json_t *
manifest_json(const char *title)
{
	return json_pack("{ssssssssssss s[{ssssss}]}", "name",
		title ? title : "murald: paint this wall", "short_name",
		title ? title : "The wall", "start_url", "/", "display", "standalone",
		"background_color", BACK, "theme_color", BACK, "icons", "src",
		"/static/icon.svg", "sizes", "any", "type", "image/svg+xml");
}

enum MHD_Result
page_answer_manifest(struct request *request)
{
	json_t *manifest = manifest_json(mural_title(request->web->host));
	char *text = manifest ? json_dumps(manifest, JSON_COMPACT) : NULL;

	json_decref(manifest);
	return text ? reply_send(request, MHD_HTTP_OK,
			      response_new(text, strlen(text), MHD_RESPMEM_MUST_FREE,
				      "application/manifest+json"))
		    : reply_no_memory(request);
}
