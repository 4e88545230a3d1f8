/* SPDX-License-Identifier: MIT */
/* The table of drivers, and what all connections have in common. */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

#define FLUSH_EVERY (5 * CLOCK_MS)

static const struct driver *const drivers[TARGET_SCHEMES] = {
	[TARGET_ICMP] = &driver_icmp,
	[TARGET_IPV6] = &driver_ipv6,
	[TARGET_P2] = &driver_p2,
	[TARGET_HTTP] = &driver_http,
	[TARGET_PIXELFLUT] = &driver_pixelflut,
};

const struct driver *
driver_for(const struct target *target)
{
	return drivers[target->scheme];
}

int
connections_check(const struct options *options)
{
	if (driver_for(&options->target)->single_login && options->connections > 1 &&
		!strchr(options->target.user, '%'))
		return console_error(-EINVAL,
			"%s allows one connection a user: write %% into the name, which "
			"is replaced by the number of the connection, from 1",
			options->target.text);
	return 0;
}

int
connection_open(struct connection *connection, const struct options *options,
	unsigned number, uint64_t rate)
{
	const struct driver *driver = driver_for(&options->target);
	int ret;

	*connection = (struct connection){
		.driver = driver,
		.target = &options->target,
		.options = options,
		.number = number,
		.pace.rate = rate,
		.state = calloc(1, driver->state_size),
	};
	if (!connection->state)
		return console_error(-ENOMEM, "out of memory for a connection");
	ret = driver->open(connection);
	if (ret < 0)
		connection_close(connection);
	return ret;
}

int
connection_measure(struct connection *connection)
{
	const struct options *options = connection->options;

	if (options->width) {
		connection->wall.width = options->width;
		connection->wall.height = options->height;
		return 0;
	}
	return connection->driver->size ? connection->driver->size(connection) : -ENOTSUP;
}

int
connection_require_size(struct connection *connection)
{
	const char *text = connection->target->text;
	int ret = connection_measure(connection);

	if (ret == -ENOTSUP)
		return console_error(ret, "%s: %s", text, connection->driver->no_size);
	if (ret == -ENODATA && !stop_requested())
		return console_error(
			ret, "%s does not tell its size; is it the right server?", text);
	return ret;
}

static int
flush(struct connection *connection)
{
	return connection->driver->flush ? connection->driver->flush(connection) : 0;
}

/* At a slow pace, pixels do not wait in the buffer until it is full. */
static int
flush_when_due(struct connection *connection, int64_t now, int64_t when)
{
	if (when - now < CLOCK_MS && now - connection->flushed < FLUSH_EVERY)
		return 0;
	connection->flushed = now;
	return flush(connection);
}

int
connection_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	int64_t when = pace_next(&connection->pace);
	int ret;

	if (connection->pace.rate) {
		ret = flush_when_due(connection, clock_now(), when);
		if (ret < 0)
			return ret;
	}
	if (when)
		clock_sleep_until(when);
	ret = connection->driver->put(connection, x, y, argb);
	if (ret == 0)
		connection->put++;
	return ret;
}

int
connection_settle(struct connection *connection)
{
	int ret = flush(connection);

	if (ret == 0 && connection->driver->settle)
		ret = connection->driver->settle(connection);
	return ret == -ETIMEDOUT && stop_requested() ? -EINTR : ret;
}

void
connection_close(struct connection *connection)
{
	if (connection->state && connection->driver->close)
		connection->driver->close(connection);
	free(connection->state);
	connection->state = NULL;
}

int
connection_lend_reader(const struct options *options,
	int (*use)(struct connection *connection, const struct options *options))
{
	const struct driver *driver = driver_for(&options->target);
	struct connection connection;
	int ret;

	if (!driver->grab)
		return console_error(
			-ENOTSUP, "%s: %s", options->target.text, driver->no_grab);
	ret = connection_open(&connection, options, 0, 0);
	if (ret == 0)
		ret = connection_require_size(&connection);
	if (ret == 0)
		ret = use(&connection, options);
	connection_close(&connection);
	return ret;
}
