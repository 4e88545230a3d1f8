/* SPDX-License-Identifier: MIT */
/* What viewers of the Place may ask for: serverscanning's commands.  The original viewer
 * asks for nothing, and gets pictures, deltas and figures all the same. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "http/viewers/viewer.h"
#include "http/viewers/viewers.h"

static void
place_execute(struct viewer *viewer, const char *request, const json_t *enabled)
{
	bool on = json_is_true(enabled), known = json_is_boolean(enabled);

	if (strcmp(request, "get_full_canvas_once") == 0) {
		viewer_request_key(viewer);
	} else if (strcmp(request, "get_ws_count_update_once") == 0) {
		viewer->asked_count = true;
	} else if (strcmp(request, "get_nudity_update_once") == 0) {
		viewer->asked_nudity = true;
	} else if (strcmp(request, "pps_updates") == 0 && known) {
		viewer->wants_pps = on;
	} else if (strcmp(request, "delta_canvas_stream") == 0 && known) {
		bool was_on = viewer->wants_deltas;

		viewer->wants_deltas = on;
		if (on && !was_on)
			viewer_request_key(viewer); /* it has missed some */
	}
}

void
place_command(struct viewer *viewer, const char *text, size_t len)
{
	json_t *command = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *request = json_string_value(json_object_get(command, "request"));

	if (request)
		place_execute(viewer, request, json_object_get(command, "enabled"));
	json_decref(command);
	viewer_push(viewer);
}

void
place_answer(struct viewer *viewer)
{
	static const char nudity[] =
		"{\"message\": \"nudity_update\", \"is_nude\": false}";
	char count[64];
	int len;

	if (viewer->asked_count) {
		len = snprintf(count, sizeof(count),
			"{\"message\": \"ws_count_update\", \"ws_connections\": %zu}",
			(size_t)viewer->viewers->http->host->counts.viewers);
		viewer->asked_count = !viewer_send_text(viewer, count, len);
	}
	if (viewer->asked_nudity)
		viewer->asked_nudity =
			!viewer_send_text(viewer, nudity, sizeof(nudity) - 1);
}
