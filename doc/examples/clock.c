/* SPDX-License-Identifier: MIT */
/* An example plugin: a service with a timer.  A clock of three rows of bits: hours,
 * minutes and seconds. */
#include <time.h>
#include <uv.h>

#include <mural/plugin.h>

struct clock_config {
	uint64_t interval;
	uint32_t colour;
};

struct clock_state {
	uv_timer_t timer;
};

static const struct mural_option options[] = {
	MURAL_DURATION(struct clock_config, interval, "1s", "how often it is painted"),
	MURAL_COLOUR(struct clock_config, colour, "#ffaa00", "of the bits that are set"),
	{ 0 },
};

static void
paint_row(struct mural_host *host, uint32_t row, int value)
{
	const struct clock_config *config = host->config;
	uint32_t side = host->height / 3;

	if (side > host->width / 6)
		side = host->width / 6;
	for (uint32_t bit = 0; bit < 6; bit++)
		mural_fill(host->brush, bit * side, row * side, side, side,
			value >> (5 - bit) & 1 ? config->colour : host->background);
}

static void
on_timer(uv_timer_t *timer)
{
	struct mural_host *host = timer->data;
	time_t now = time(NULL);
	struct tm parts;

	localtime_r(&now, &parts);
	paint_row(host, 0, parts.tm_hour);
	paint_row(host, 1, parts.tm_min);
	paint_row(host, 2, parts.tm_sec);
	mural_publish(host);
}

static int
clock_start(struct mural_host *host)
{
	const struct clock_config *config = host->config;
	struct clock_state *state = host->state;

	uv_timer_init(host->loop, &state->timer);
	state->timer.data = host;
	return uv_timer_start(&state->timer, on_timer, 0, config->interval);
}

/* Only now may `state`, which the handle is in, go. */
static void
on_closed(uv_handle_t *handle)
{
	mural_stopped(handle->data);
}

static void
clock_stop(struct mural_host *host)
{
	struct clock_state *state = host->state;

	uv_close((uv_handle_t *)&state->timer, on_closed);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "clock",
	.summary = "the time in bits",
	.transports = MURAL_SERVICE,
	.options = options,
	.config_size = sizeof(struct clock_config),
	.state_size = sizeof(struct clock_state),
	.start = clock_start,
	.stop = clock_stop,
};
