/* SPDX-License-Identifier: MIT */
/* muralctl size and grab: what the server tells. */
#include "verbs.h"

#include <errno.h>
#include <stdio.h>

#include "driver.h"
#include "image.h"
#include "say.h"

static int
measure_wall(struct connection *connection)
{
	const char *text = connection->target->text;
	int ret = connection_measure(connection);

	if (ret == -ENOTSUP)
		return console_error(ret, "%s: %s", text, connection->driver->no_size);
	if (ret == -ENODATA && !stop_requested())
		return console_error(
			ret, "%s does not tell its size; is it the right place?", text);
	return ret;
}

int
verb_size(const struct options *options)
{
	struct connection connection;
	int ret = connection_open(&connection, options, 0, 0);

	if (ret == 0)
		ret = measure_wall(&connection);
	if (ret == 0)
		printf("%ux%u\n", connection.wall.width, connection.wall.height);
	connection_close(&connection);
	return ret;
}

static int
grab_image(struct connection *connection, const char *path)
{
	struct image image = { 0 };
	int ret = measure_wall(connection);

	if (ret < 0)
		return ret;
	progress_start(connection->driver->unit,
		(uint64_t)connection->wall.width * connection->wall.height);
	ret = connection->driver->grab(connection, &image);
	progress_stop();
	if (ret == 0 && stop_requested())
		ret = console_error(-EINTR, "stopped before the end");
	if (ret == 0)
		ret = image_save(&image, path);
	image_free(&image);
	return ret;
}

int
verb_grab(const struct options *options)
{
	const struct driver *driver = driver_for(&options->target);
	struct connection connection;
	int ret;

	if (!driver->grab)
		return console_error(
			-ENOTSUP, "%s: %s", options->target.text, driver->no_grab);
	ret = connection_open(&connection, options, 0, 0);
	if (ret == 0)
		ret = grab_image(&connection, options->file);
	connection_close(&connection);
	return ret;
}
