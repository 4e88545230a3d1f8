/* SPDX-License-Identifier: MIT */
/* The driver for http where libcurl or jansson was missing at build time: an error
 * message. */
#include "driver.h"

#include <errno.h>

#include "console.h"

static int
http_open(struct connection *connection)
{
	return console_error(-ENOSYS,
		"%s: this muralctl was built without HTTP: apt-get install "
		"libcurl4-openssl-dev libjansson-dev, then configure and make again",
		connection->target->text);
}

static int
http_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	(void)connection;
	(void)x;
	(void)y;
	(void)argb;
	return -ENOSYS;
}

static void
http_close(struct connection *connection)
{
	(void)connection;
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
