/* SPDX-License-Identifier: MIT */
/* The table of drivers, and what they have in common. */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define FLUSH_EVERY (5 * CLOCK_MS)

static const struct driver *const drivers[TARGET_SCHEMES] = {
	[TARGET_ICMP] = &driver_icmp,
	[TARGET_IPV6] = &driver_ipv6,
	[TARGET_P2] = &driver_p2,
	[TARGET_HTTP] = &driver_http,
	[TARGET_PIXELFLUT] = &driver_pixelflut,
};

const struct driver *
driver_of(const struct target *target)
{
	return drivers[target->scheme];
}

int
session_open(struct session *session, const struct options *options, unsigned number,
	uint64_t rate)
{
	const struct driver *driver = driver_of(&options->target);
	int ret;

	*session = (struct session){
		.driver = driver,
		.target = &options->target,
		.options = options,
		.number = number,
		.pace.rate = rate,
		.state = calloc(1, driver->state_size),
	};
	if (!session->state)
		return say_error(-ENOMEM, "no memory for a connection");
	ret = driver->open(session);
	if (ret < 0)
		session_close(session);
	return ret;
}

int
session_measure(struct session *session)
{
	const struct options *options = session->options;

	if (options->width) {
		session->wall.width = options->width;
		session->wall.height = options->height;
		return 0;
	}
	return session->driver->size ? session->driver->size(session) : -ENOTSUP;
}

/* What waits in a buffer should not wait for long: a slow pace is not a few lumps. */
static int
keep_flowing(struct session *session, int64_t now, int64_t when)
{
	if (when - now < CLOCK_MS && now - session->flushed < FLUSH_EVERY)
		return 0;
	session->flushed = now;
	return session_flush(session);
}

int
session_put(struct session *session, int32_t x, int32_t y, uint32_t argb)
{
	int64_t when = pace_next(&session->pace);
	int ret;

	if (session->pace.rate) {
		ret = keep_flowing(session, clock_now(), when);
		if (ret < 0)
			return ret;
	}
	if (when)
		clock_sleep_until(when);
	ret = session->driver->put(session, x, y, argb);
	if (ret == 0)
		session->put++;
	return ret;
}

int
session_flush(struct session *session)
{
	return session->driver->flush ? session->driver->flush(session) : 0;
}

int
session_settle(struct session *session)
{
	int ret = session_flush(session);

	if (ret == 0 && session->driver->settle)
		ret = session->driver->settle(session);
	return ret == -ETIMEDOUT && stop_asked() ? -EINTR : ret;
}

void
session_close(struct session *session)
{
	if (session->state)
		session->driver->close(session);
	free(session->state);
	session->state = NULL;
}
