/* SPDX-License-Identifier: MIT */
/* The driver for http where libcurl was missing at build time: an error
 * message. */
#include "driver.h"

#include <errno.h>

#include "console.h"
#include "film.h"

static int
without_http(const struct target *target)
{
	return console_error(-ENOSYS,
		"%s: this muralctl was built without HTTP: apt-get install "
		"libcurl4-openssl-dev, then configure and make again",
		target->text);
}

static int
http_open(struct connection *connection)
{
	return without_http(connection->target);
}

int
reel_open_live(struct reel *reel, const struct options *options)
{
	(void)reel;
	return without_http(&options->target);
}

const struct driver driver_http = {
	.state_size = 1,
	.unit = "cells",
	.no_size = "there is no HTTP in this muralctl",
	.no_grab = "there is no HTTP in this muralctl",
	.no_metrics = "there is no HTTP in this muralctl",
	.open = http_open,
};
