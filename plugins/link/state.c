/* SPDX-License-Identifier: MIT */
/* Says whether the wall is linked: metrics, the line of state, the log. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "link/link.h"

/* How often the log repeats what others can cause as often as they like. */
#define AGAIN_MS 60000

const struct mural_metric link_metrics[] = {
	[METRIC_CONNECTED] = { "connected", MURAL_GAUGE, "1: linked with the others" },
	[METRIC_WALLS] = { "walls", MURAL_GAUGE, "Walls of that name, this one too" },
	[METRIC_LAG] = { "lag_milliseconds", MURAL_GAUGE,
		"Age of the last entry when it was shown" },
	[METRIC_ECHO] = { "echo_milliseconds", MURAL_GAUGE,
		"Time that an entry took to the engine and back" },
	[METRIC_ENTRIES_IN] = { "entries_in", MURAL_COUNTER, "Entries read" },
	[METRIC_ENTRIES_OUT] = { "entries_out", MURAL_COUNTER, "Entries sent" },
	[METRIC_BYTES_IN] = { "bytes_in", MURAL_COUNTER, "Bytes of pixels read" },
	[METRIC_BYTES_OUT] = { "bytes_out", MURAL_COUNTER, "Bytes of pixels sent" },
	[METRIC_PIXELS_IN] = { "pixels_in", MURAL_COUNTER, "Pixels read" },
	[METRIC_PIXELS_OUT] = { "pixels_out", MURAL_COUNTER, "Pixels sent" },
	[METRIC_DIRTY] = { "dirty_pixels", MURAL_GAUGE,
		"Pixels that differed from the log at the last look" },
	[METRIC_RESYNCS] = { "resyncs", MURAL_COUNTER, "Times it joined again" },
	[METRIC_MISMATCHES] = { "mismatches", MURAL_COUNTER,
		"Checks that found another picture; above 0 something is wrong" },
	[METRIC_REJECTED] = { "rejected", MURAL_COUNTER, "Entries that made no sense" },
	[METRIC_RESENT] = { "resent_pixels", MURAL_COUNTER,
		"Own pixels that the engine had lost" },
	[METRIC_SNAPSHOTS] = { "snapshots", MURAL_COUNTER, "Snapshots made" },
	[METRIC_KEEPER] = { "keeper", MURAL_GAUGE, "1: made the last snapshot" },
	[METRIC_SHARED] = { "limits_shared", MURAL_GAUGE,
		"1: budgets and cool-downs are one over all walls" },
	{ NULL, 0, NULL },
};

static void
say(struct link *link, const char *text)
{
	if (strcmp(text, link->text) == 0)
		return;
	snprintf(link->text, sizeof(link->text), "%s", text);
	mural_state(link->host, text);
}

void
state_linked(struct link *link)
{
	const uint64_t others = link->state.walls > 0 ? link->state.walls - 1 : 0;
	char text[MURAL_STATE_MAX];

	if (!link->was_told)
		mural_log(link->host, MURAL_INFO, "linked by %s as wall %s",
			link->config->engine, link->config->wall);
	link->was_told = true;
	link->alone_since = 0;
	mural_metric_set(link->host, METRIC_CONNECTED, 1);
	if (link->was_refused)
		return;
	snprintf(text, sizeof(text), "linked with %" PRIu64 " other wall%s", others,
		others == 1 ? "" : "s");
	say(link, text);
}

bool
state_is_news(struct link *link, uint64_t *said_at)
{
	const uint64_t now = uv_now(link->host->loop);

	if (*said_at > 0 && now - *said_at < AGAIN_MS)
		return false;
	*said_at = now;
	return true;
}

static void
wait_for(struct link *link, const char *what)
{
	char text[MURAL_STATE_MAX], since[16] = "";
	struct tm tm;

	if (link->alone_since == 0)
		link->alone_since = time(NULL);
	if (localtime_r(&(time_t){ link->alone_since }, &tm))
		strftime(since, sizeof(since), "%H:%M", &tm);
	snprintf(text, sizeof(text), "alone since %s%s: %.80s", since,
		link->shares && link->phase == PHASE_ALONE ? ", with limits of its own"
							   : "",
		what);
	say(link, text);
}

void
state_alone(struct link *link, const char *why)
{
	if (link->was_told || link->alone_since == 0)
		mural_log(link->host, MURAL_WARN,
			"%s: %s; the wall goes on alone%s and tries again",
			link->config->engine, why,
			link->shares ? ", with limits of its own," : "");
	link->was_told = false;
	mural_metric_set(link->host, METRIC_CONNECTED, 0);
	wait_for(link, why);
}

void
state_waits(struct link *link, const char *what)
{
	wait_for(link, what);
}
