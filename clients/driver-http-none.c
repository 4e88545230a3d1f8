/* SPDX-License-Identifier: MIT */
/* Stands in for http where libcurl or jansson was missing when muralctl was built. */
#include "driver.h"

#include <errno.h>

#include "say.h"

static int
http_open(struct session *session)
{
	return say_error(-ENOSYS,
		"%s: this muralctl was built without HTTP: apt-get install "
		"libcurl4-openssl-dev libjansson-dev, then configure and make again",
		session->target->text);
}

static int
http_put(struct session *session, int32_t x, int32_t y, uint32_t argb)
{
	(void)session;
	(void)x;
	(void)y;
	(void)argb;
	return -ENOSYS;
}

static void
http_close(struct session *session)
{
	(void)session;
}

const struct driver driver_http = {
	.state_size = 1,
	.unit = "cells",
	.no_size = "there is no HTTP in this muralctl",
	.no_grab = "there is no HTTP in this muralctl",
	.open = http_open,
	.put = http_put,
	.close = http_close,
};
