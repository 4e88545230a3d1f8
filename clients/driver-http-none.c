/* SPDX-License-Identifier: MIT */
/* The driver for http where libcurl was missing at build time: an error
 * message. */
#include "driver.h"

#include <errno.h>

#include "console.h"

static int
http_open(struct connection *connection)
{
	return console_error(-ENOSYS,
		"%s: this muralctl was built without HTTP: apt-get install "
		"libcurl4-openssl-dev, then configure and make again",
		connection->target->text);
}

const struct driver driver_http = {
	.state_size = 1,
	.unit = "cells",
	.no_size = "there is no HTTP in this muralctl",
	.no_grab = "there is no HTTP in this muralctl",
	.no_metrics = "there is no HTTP in this muralctl",
	.open = http_open,
};
