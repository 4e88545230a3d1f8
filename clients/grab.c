/* SPDX-License-Identifier: MIT */
/* muralctl grab: saves what the wall shows as a PNG file. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "console.h"
#include "driver.h"
#include "image.h"

static int
grab_image(struct connection *connection, const char *path)
{
	struct image image = { 0 };
	int ret = connection_require_size(connection);

	if (ret < 0)
		return ret;
	progress_start(connection->driver->unit,
		(uint64_t)connection->wall.width * connection->wall.height);
	ret = connection->driver->grab(connection, &image);
	progress_stop();
	if (ret == 0 && stop_requested())
		ret = console_error(-EINTR, "interrupted before the end");
	if (ret == 0)
		ret = strcmp(path, "-") == 0 ? image_print(&image)
					     : image_save(&image, path);
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
