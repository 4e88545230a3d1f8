/* SPDX-License-Identifier: MIT */
/* Keeps the board's rate and whether it is enabled, and stores them. */
#include "http/board/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/store/store.h"
#include "http/web/request.h"

static int
settings_set(struct board_settings *settings, uint64_t rate_ms, bool enabled)
{
	struct MHD_Response *accepted;
	char text[sizeof(settings->text)];
	int len = snprintf(text, sizeof(text),
		"{%s\"rate\":%" PRIu64 ",\"success\":true}\n",
		enabled ? "" : "\"currentlyDisabled\":true,", rate_ms);

	accepted = response_copy(text, len, "application/json");
	if (!accepted)
		return -ENOMEM;
	board_settings_stop(settings);
	settings->accepted = accepted;
	memcpy(settings->text, text, sizeof(text));
	settings->rate_ms = rate_ms;
	settings->enabled = enabled;
	return 0;
}

int
board_settings_set_rate(struct board_settings *settings, uint64_t rate_ms)
{
	int ret = settings_set(settings, rate_ms, settings->enabled);

	if (ret < 0)
		return ret;
	store_set_number(settings->store, "rate", rate_ms);
	store_set_number(settings->store, "configured rate", settings->configured_ms);
	return 0;
}

int
board_settings_set_enabled(struct board_settings *settings, bool enabled)
{
	int ret = settings_set(settings, settings->rate_ms, enabled);

	if (ret == 0)
		store_set_number(settings->store, "enabled", enabled);
	return ret;
}

int
board_settings_start(
	struct board_settings *settings, struct store *store, uint64_t configured_ms)
{
	int64_t rate = store_number(store, "rate", -1);

	settings->store = store;
	settings->configured_ms = configured_ms;
	if (rate < 0 || rate > RATE_MAX_MS ||
		store_number(store, "configured rate", -1) != (int64_t)configured_ms)
		rate = configured_ms;
	return settings_set(settings, rate, store_number(store, "enabled", 1) != 0);
}

void
board_settings_stop(struct board_settings *settings)
{
	response_release(&settings->accepted);
}
