/* SPDX-License-Identifier: MIT */
/* muralctl size and grab: what the server tells. */
#include "verbs.h"

#include <errno.h>
#include <stdio.h>

#include "driver.h"
#include "image.h"
#include "say.h"

static int
measure(struct session *session)
{
	const char *text = session->target->text;
	int ret = session_measure(session);

	if (ret == -ENOTSUP)
		return say_error(ret, "%s: %s", text, session->driver->no_size);
	if (ret == -ENODATA && !stop_asked())
		return say_error(
			ret, "%s does not tell its size; is it the right place?", text);
	return ret;
}

int
tell_size(const struct options *options)
{
	struct session session;
	int ret = session_open(&session, options, 0, 0);

	if (ret == 0)
		ret = measure(&session);
	if (ret == 0)
		printf("%ux%u\n", session.wall.width, session.wall.height);
	session_close(&session);
	return ret;
}

static int
take_picture(struct session *session, const char *path)
{
	struct image image = { 0 };
	int ret = measure(session);

	if (ret < 0)
		return ret;
	progress_start(session->driver->unit,
		(uint64_t)session->wall.width * session->wall.height);
	ret = session->driver->grab(session, &image);
	progress_stop();
	if (ret == 0 && stop_asked())
		ret = say_error(-EINTR, "stopped before the end");
	if (ret == 0)
		ret = image_save(&image, path);
	image_free(&image);
	return ret;
}

int
grab(const struct options *options)
{
	const struct driver *driver = driver_of(&options->target);
	struct session session;
	int ret;

	if (!driver->grab)
		return say_error(
			-ENOTSUP, "%s: %s", options->target.text, driver->no_grab);
	ret = session_open(&session, options, 0, 0);
	if (ret == 0)
		ret = take_picture(&session, options->file);
	session_close(&session);
	return ret;
}
