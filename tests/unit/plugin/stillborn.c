/* SPDX-License-Identifier: MIT */
/* A service whose start() fails with handles on the loop: each one's callback closes the
 * next, in its state, and the last one says that it is done.  Descriptors that cannot be
 * polled are no handles. */
#include <errno.h>
#include <uv.h>

#include <mural/plugin.h>

#define HANDLES 5

struct stillborn {
	struct mural_host *host;
	uv_timer_t timers[HANDLES];
	unsigned closed;
};

static void
on_closed(uv_handle_t *handle)
{
	struct stillborn *stillborn = handle->data;

	if (++stillborn->closed < HANDLES) {
		uv_close((uv_handle_t *)&stillborn->timers[stillborn->closed], on_closed);
		return;
	}
	mural_log(stillborn->host, MURAL_INFO, "all handles are closed");
	mural_stopped(stillborn->host);
}

static void
never_called(const struct mural_event *event, struct mural_brush *brush)
{
	(void)event;
	(void)brush;
}

static int
stillborn_start(struct mural_host *host)
{
	struct stillborn *stillborn = host->state;

	stillborn->host = host;
	for (unsigned i = 0; i < HANDLES; i++) {
		uv_timer_init(host->loop, &stillborn->timers[i]);
		stillborn->timers[i].data = stillborn;
		if (mural_poll_start(host, NULL, -1, MURAL_READABLE, never_called, NULL))
			return -EINVAL;
	}
	uv_close((uv_handle_t *)&stillborn->timers[0], on_closed);
	return -EIO;
}

static void
stillborn_stop(struct mural_host *host)
{
	(void)host;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "stillborn",
	.summary = "a service that cannot start",
	.state_size = sizeof(struct stillborn),
	.transports = MURAL_SERVICE,
	.start = stillborn_start,
	.stop = stillborn_stop,
};
