/* SPDX-License-Identifier: MIT */
/* muralctl grab: saves what the wall shows as a PNG file. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "console.h"
#include "driver.h"
#include "image.h"

static int
grab_image(struct connection *connection, const struct options *options)
{
	struct image image = { 0 };
	int ret;

	progress_start(connection->driver->unit,
		(uint64_t)connection->wall.width * connection->wall.height);
	ret = connection->driver->grab(connection, &image);
	progress_stop();
	if (ret == 0 && stop_requested())
		ret = console_error(-EINTR, "interrupted before the end");
	if (ret == 0)
		ret = strcmp(options->file, "-") == 0 ? image_print(&image)
						      : image_save(&image, options->file);
	image_free(&image);
	return ret;
}

int
verb_grab(const struct options *options)
{
	return connection_lend_reader(options, grab_image);
}
