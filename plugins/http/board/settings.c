/* SPDX-License-Identifier: MIT */
/* The board's rules. */
#include "http/board/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "http/store/store.h"

/* Every cell that is set is answered with the same words. */
static struct MHD_Response *
make_accepted(uint64_t rate_ms, bool enabled)
{
	struct MHD_Response *response;
	char text[128];
	int len = snprintf(text, sizeof(text),
		"{%s\"rate\":%" PRIu64 ",\"success\":true}\n",
		enabled ? "" : "\"currentlyDisabled\":true,", rate_ms);

	response = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_COPY);
	if (response && reply_prepare(response, "application/json") == MHD_NO) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static int
settings_set(struct board_settings *settings, uint64_t rate_ms, bool enabled)
{
	struct MHD_Response *accepted = make_accepted(rate_ms, enabled);

	if (!accepted)
		return -ENOMEM;
	if (settings->accepted)
		MHD_destroy_response(settings->accepted);
	settings->accepted = accepted;
	settings->rate_ms = rate_ms;
	settings->enabled = enabled;
	return 0;
}

int
board_settings_set_rate(struct http *http, uint64_t rate_ms)
{
	int ret = settings_set(http->settings, rate_ms, http->settings->enabled);

	if (ret < 0)
		return ret;
	store_set_number(http->store, "rate", rate_ms);
	store_set_number(http->store, "configured rate", http->config->pixel_rate);
	return 0;
}

int
board_settings_set_enabled(struct http *http, bool enabled)
{
	int ret = settings_set(http->settings, http->settings->rate_ms, enabled);

	if (ret == 0)
		store_set_number(http->store, "enabled", enabled);
	return ret;
}

int
board_settings_start(struct http *http)
{
	uint64_t configured = http->config->pixel_rate;
	int64_t rate = store_number(http->store, "rate", -1);

	http->settings = calloc(1, sizeof(*http->settings));
	if (!http->settings)
		return -ENOMEM;
	if (rate < 0 || rate > RATE_MAX_MS ||
		store_number(http->store, "configured rate", -1) != (int64_t)configured)
		rate = configured;
	return settings_set(
		http->settings, rate, store_number(http->store, "enabled", 1) != 0);
}

void
board_settings_stop(struct http *http)
{
	if (!http->settings)
		return;
	if (http->settings->accepted)
		MHD_destroy_response(http->settings->accepted);
	free(http->settings);
	http->settings = NULL;
}
