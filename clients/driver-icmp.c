/* SPDX-License-Identifier: MIT */
/* The driver for pingxelflut: pixels in the data of pings.  Only size requests are
 * answered, so what was painted is unknown. */
#include "driver.h"

#include <errno.h>
#include <netdb.h>

#include "console.h"
#include "echo.h"
#include "stream.h"

enum { KIND_ASK_SIZE = 0xaa, KIND_SIZE = 0xbb, KIND_SET = 0xcc };

#define SIZE_LEN 5
#define TRIES 3
#define TRY_MS 700

static int
icmp_open(struct connection *connection)
{
	struct echo *echo = connection->state;
	const struct target *target = connection->target;
	struct addrinfo *all;
	int ret = target_resolve(target, &all);

	connection->alpha = true;
	echo->fd = -1;
	if (ret < 0)
		return ret;
	ret = echo_open(echo, all->ai_family, target->text);
	if (ret == 0)
		ret = echo_connect(echo, all->ai_addr, all->ai_addrlen);
	freeaddrinfo(all);
	return ret;
}

/* The server's kernel may echo the request, KIND_ASK_SIZE; that is not the answer. */
static int
receive_size(struct connection *connection)
{
	struct echo *echo = connection->state;
	int64_t end = clock_now() + TRY_MS * CLOCK_MS, left;
	uint8_t data[SIZE_LEN];
	int len;

	while ((left = (end - clock_now()) / CLOCK_MS) > 0) {
		len = echo_receive(echo, data, sizeof(data), (int)left);
		if (len < 0)
			return len;
		if (len != SIZE_LEN || data[0] != KIND_SIZE)
			continue;
		connection->wall.width = (uint32_t)data[1] << 8 | data[2];
		connection->wall.height = (uint32_t)data[3] << 8 | data[4];
		return connection->wall.width && connection->wall.height ? 0 : -ENODATA;
	}
	return -ETIMEDOUT;
}

static int
icmp_size(struct connection *connection)
{
	struct echo *echo = connection->state;
	const uint8_t kind = KIND_ASK_SIZE;
	int ret = echo_allow_replies(echo);

	for (int i = 0; ret == 0 && i < TRIES; i++) {
		ret = echo_send(echo, NULL, &kind, 1);
		if (ret == 0)
			ret = echo_flush(echo);
		if (ret == 0 && (ret = receive_size(connection)) != -ETIMEDOUT)
			return ret;
		if (ret == -ETIMEDOUT && !stop_requested())
			ret = 0;
	}
	if (ret == 0 && !echo->raw)
		console_print(
			"without the right CAP_NET_RAW only answers with the identifier "
			"of the request are received");
	return ret < 0 ? ret : -ENODATA;
}

static int
icmp_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct echo *echo = connection->state;
	const uint8_t data[] = { KIND_SET, (uint8_t)(x >> 8), (uint8_t)x,
		(uint8_t)(y >> 8), (uint8_t)y, (uint8_t)(argb >> 16),
		(uint8_t)(argb >> 8), (uint8_t)argb, (uint8_t)(argb >> 24) };

	if (x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX)
		return -ERANGE;
	return echo_send(echo, NULL, data, sizeof(data) - (argb >> 24 == 0xff));
}

const struct driver driver_icmp = {
	.state_size = sizeof(struct echo),
	.rate = 50000,
	.unit = "pixels",
	.needs_size = true,
	.proof = "pixels are not answered; only the server knows what arrived",
	.open = icmp_open,
	.size = icmp_size,
	.put = icmp_put,
	.flush = echo_driver_flush,
	.no_grab = "pings can paint, but not read",
	.close = echo_driver_close,
};
