/* SPDX-License-Identifier: MIT */
/* The driver for pixels in the destination addresses of pings, by the template of
 * murald's plugin.  Nothing is answered. */
#include "driver.h"

#include <errno.h>

#include "echo.h"

static int
ipv6_open(struct connection *connection)
{
	struct echo *echo = connection->state;
	const struct address_template *template = &connection->target->template;
	int ret;

	echo->fd = -1;
	connection->alpha = template->fields[TEMPLATE_A].mask != 0;
	ret = echo_open(echo, AF_INET6, connection->target->text);
	echo->interface = connection->target->interface;
	return ret;
}

/* Without data: some servers would take its first byte for a pingxelflut message. */
static int
ipv6_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct echo *echo = connection->state;
	struct template_pixel pixel = { .side = 1, .argb = argb };
	uint8_t address[16];

	if (x < 0 || y < 0)
		return -ERANGE;
	pixel.x = (uint32_t)x;
	pixel.y = (uint32_t)y;
	if (template_encode(&connection->target->template, &pixel, address) < 0)
		return -ERANGE;
	return echo_send(echo, address, NULL, 0);
}

const struct driver driver_ipv6 = {
	.state_size = sizeof(struct echo),
	.rate = 50000,
	.unit = "pixels",
	.proof = "nothing is answered; only the server knows what arrived",
	.open = ipv6_open,
	.no_size = "an address cannot ask for it; the server's web page may show it",
	.put = ipv6_put,
	.flush = echo_driver_flush,
	.no_grab = "addresses can paint, but not read",
	.close = echo_driver_close,
};
