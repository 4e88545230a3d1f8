/* SPDX-License-Identifier: MIT */
/*
 * The driver for p² over TCP.  Its coordinates start somewhere in the middle of the wall,
 * and the protocol does not tell where.  What is painted is subscribed to first: servers
 * send the author's own pixels back as Updates, which proves what arrived, and some send
 * what is there already.
 */
#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/digits.h"
#include "p2/wire.h"
#include "stream.h"

enum { START = 0xff, AUTH = 0xa0, PUT = 0xd0, SUB = 0xaf };

#define UPDATE_HEAD 6
#define FIRST_MS 1000 /* until the first Update */
#define QUIET_MS 300  /* without an Update, then there are no more */
#define STALE_MS 2000 /* without a new pixel, then the rest is paint of others */
#define SETTLE_MS 5000
#define PICTURE_MS 3600000 /* for a whole wall over a slow line */
#define IDLE (30 * CLOCK_SECOND)

struct p2_driver {
	struct stream stream;
	struct wall_area area;     /* what `colours` is of, in p2's own coordinates */
	int32_t *colours;          /* rgb15, -1 unknown */
	size_t unknown;            /* of them */
	int32_t x1, y1, x2, y2;    /* around all pixels in Updates */
	uint64_t updates, changes; /* pixels in Updates, and those that changed */
	uint64_t new_pixels;       /* pixels seen for the first time */
	int64_t last_sent;
	bool is_grabbing; /* the progress bar counts Updates */
};

/* ------------------------------------------------------------------ receiving */

static void
record_pixel(struct p2_driver *p2, int32_t x, int32_t y, uint32_t rgb15)
{
	uint32_t column = (uint32_t)x - (uint32_t)p2->area.x;
	uint32_t row = (uint32_t)y - (uint32_t)p2->area.y;

	p2->updates++;
	p2->new_pixels += x < p2->x1 || x > p2->x2 || y < p2->y1 || y > p2->y2;
	if (x < p2->x1)
		p2->x1 = x;
	if (x > p2->x2)
		p2->x2 = x;
	if (y < p2->y1)
		p2->y1 = y;
	if (y > p2->y2)
		p2->y2 = y;
	if (p2->colours && column < p2->area.width && row < p2->area.height) {
		int32_t *known = &p2->colours[(size_t)row * p2->area.width + column];

		p2->unknown -= *known < 0;
		p2->new_pixels += *known < 0;
		p2->changes += *known != (int32_t)rgb15;
		*known = (int32_t)rgb15;
	}
}

/* A complete Update of `width` x `rows` pixels. */
static void
parse_update(struct p2_driver *p2, const uint8_t *message, int32_t width, int32_t rows)
{
	int32_t x = p2_coordinate_decode(message + 2);
	int32_t y = p2_coordinate_decode(message + 4);
	const uint8_t *colour = message + UPDATE_HEAD;
	uint32_t rgb15;

	for (int32_t row = 0; row < rows; row++)
		for (int32_t column = 0; column < width; column++, colour += 2)
			if (p2_colour_decode(colour, &rgb15))
				record_pixel(p2, x + column, y + row, rgb15);
}

/* Parses one message; returns its length, 0: it is incomplete. */
static size_t
parse_message(struct p2_driver *p2, const uint8_t *data, size_t len)
{
	int32_t width, rows;
	size_t whole;

	if (data[0] != START || (len > 1 && (data[1] > 0x7f || !(data[1] & 15))))
		return 1; /* a heartbeat, or unknown */
	if (len < 2)
		return 0;
	width = data[1] & 15;
	rows = (data[1] >> 4) + 1;
	whole = UPDATE_HEAD + 2 * (size_t)(width * rows);
	if (len < whole)
		return 0;
	parse_update(p2, data, width, rows);
	return whole;
}

static int
on_input(struct stream *stream, void *context)
{
	struct p2_driver *p2 = context;
	size_t used;

	while (stream->in_start < stream->in_end) {
		const uint8_t *data = stream->in + stream->in_start;
		size_t len = stream->in_end - stream->in_start;

		if (len >= 2 && data[0] == START && data[1] == 0) {
			stream->in_start = stream->in_end;
			return stream_closed(stream);
		}
		if ((used = parse_message(p2, data, len)) == 0)
			break;
		stream->in_start += used;
	}
	return 0;
}

/* Reads until nothing came for a while, at most `most_ms`. */
static int
read_until_quiet(struct p2_driver *p2, int first_ms, int most_ms)
{
	int64_t end = clock_now() + most_ms * CLOCK_MS;
	int ret = stream_flush(&p2->stream), timeout_ms = first_ms;

	while (ret >= 0 && clock_now() < end) {
		if (stop_requested() && end > clock_now() + CLOCK_SECOND)
			end = clock_now() + CLOCK_SECOND;
		ret = stream_read(&p2->stream, timeout_ms);
		if (ret == -ETIMEDOUT)
			return 0;
		if (ret > 0)
			ret = on_input(&p2->stream, p2);
		timeout_ms = QUIET_MS;
	}
	return ret < 0 ? ret : 0;
}

/* Reads until all pixels of the subscription are known.  A pause is not the end of them,
 * and others may paint all the time. */
static int
read_picture(struct p2_driver *p2, int first_ms, int most_ms)
{
	int64_t end = clock_now() + most_ms * CLOCK_MS, stale = end;
	uint64_t new_pixels = p2->new_pixels;
	int ret = stream_flush(&p2->stream);

	while (ret >= 0 && clock_now() < end && clock_now() < stale &&
		!stop_requested() && (!p2->colours || p2->unknown)) {
		ret = stream_read(&p2->stream, first_ms);
		if (ret == -ETIMEDOUT)
			return 0;
		if (ret > 0)
			ret = on_input(&p2->stream, p2);
		if (p2->new_pixels != new_pixels)
			stale = clock_now() + STALE_MS * CLOCK_MS;
		new_pixels = p2->new_pixels;
		if (p2->is_grabbing)
			progress_update(p2->updates);
	}
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------------ sending */

static int
send_message(struct p2_driver *p2, const uint8_t *message, size_t len)
{
	p2->last_sent = clock_now();
	return stream_write(&p2->stream, message, len);
}

/* Replaces `%` in the user's name by the number of the connection. */
static size_t
user_name(const struct connection *connection, uint8_t name[TARGET_USER_MAX + 16])
{
	const char *user = connection->target->user, *percent = strchr(user, '%');

	if (!percent)
		return (size_t)snprintf((char *)name, TARGET_USER_MAX, "%s", user);
	return (size_t)snprintf((char *)name, TARGET_USER_MAX + 16, "%.*s%u%s",
		(int)(percent - user), user, connection->number + 1, percent + 1);
}

static int
p2_authenticate(struct p2_driver *p2, const struct connection *connection)
{
	uint8_t message[3 + TARGET_USER_MAX + 16 + 4] = { START, AUTH };
	size_t len = user_name(connection, message + 3);
	uint8_t *otp = message + 3 + len;
	uint64_t digits = 0;

	if (len > 255)
		return console_error(-EINVAL, "%s: the user's name is too long",
			connection->target->text);
	message[2] = (uint8_t)(len - 1);
	(void)digits_read(connection->target->otp, 99999999, &digits);
	for (int i = 3; i >= 0; i--, digits /= 100)
		otp[i] = (uint8_t)(digits % 100 / 10 << 4 | digits % 10);
	return send_message(p2, message, 3 + len + 4);
}

static int
p2_open(struct connection *connection)
{
	struct p2_driver *p2 = connection->state;
	int ret = stream_open(&p2->stream, connection->target);

	p2->stream.on_input = on_input;
	p2->stream.context = p2;
	p2->stream.hint =
		"are the user and the one-time password right, the password not used "
		"before, and is it the port for p2 over TCP, not WebSocket? A second "
		"connection of a user ends the first";
	p2->x1 = p2->y1 = INT32_MAX;
	p2->x2 = p2->y2 = INT32_MIN;
	if (ret == 0)
		ret = p2_authenticate(p2, connection);
	return ret < 0 ? ret : stream_flush(&p2->stream);
}

static int32_t
clamp_coordinate(int64_t n)
{
	if (n > P2_COORDINATE_MAX)
		return P2_COORDINATE_MAX;
	return n < -P2_COORDINATE_MAX ? -P2_COORDINATE_MAX : (int32_t)n;
}

static int
p2_subscribe(struct p2_driver *p2, int64_t x1, int64_t y1, int64_t x2, int64_t y2)
{
	uint8_t message[10] = { START, SUB };

	p2_coordinate_encode(clamp_coordinate(x1), message + 2);
	p2_coordinate_encode(clamp_coordinate(y1), message + 4);
	p2_coordinate_encode(clamp_coordinate(x2), message + 6);
	p2_coordinate_encode(clamp_coordinate(y2), message + 8);
	return send_message(p2, message, sizeof(message));
}

/* Subscribes to everything, and measures what the server sends. */
static int
p2_size(struct connection *connection)
{
	struct p2_driver *p2 = connection->state;
	const struct options *options = connection->options;
	struct wall_area wall;
	int ret = p2_subscribe(p2, -P2_COORDINATE_MAX, -P2_COORDINATE_MAX,
		P2_COORDINATE_MAX, P2_COORDINATE_MAX);

	if (ret == 0)
		ret = read_picture(p2, FIRST_MS, PICTURE_MS);
	if (ret == 0 && stop_requested())
		ret = -EINTR;
	if (ret < 0)
		return ret;
	if (p2->x2 < p2->x1)
		return -ENODATA;
	wall = (struct wall_area){
		.x = p2->x1 + options->origin_x,
		.y = p2->y1 + options->origin_y,
		.width = (uint32_t)(p2->x2 - p2->x1) + 1,
		.height = (uint32_t)(p2->y2 - p2->y1) + 1,
	};
	/* scattered pixels: paint of others, not a picture of the wall */
	if (p2->updates < (uint64_t)wall.width * wall.height)
		return -ENODATA;
	connection->wall = wall;
	return 0;
}

/* `ms`, but at most half of a load's time: the rest is for painting. */
static int
limit_ms(const struct connection *connection, int ms)
{
	int64_t half = (connection->end - clock_now()) / CLOCK_MS / 2;

	if (!connection->end || half > ms)
		return ms;
	return half > 0 ? (int)half : 0;
}

/* Reads the area the first time; later, Updates keep it current. */
static int
p2_begin(struct connection *connection, const struct wall_area *area)
{
	struct p2_driver *p2 = connection->state;
	const struct options *options = connection->options;
	size_t n = (size_t)area->width * area->height;
	const uint8_t heartbeat = START;
	int ret;

	if (p2->colours) {
		if (clock_now() - p2->last_sent > IDLE &&
			(ret = send_message(p2, &heartbeat, 1)) < 0)
			return ret;
		return read_until_quiet(p2, 0, QUIET_MS);
	}
	p2->colours = malloc(n * sizeof(*p2->colours));
	if (!p2->colours)
		return console_error(-ENOMEM, "out of memory for the wall's colours");
	memset(p2->colours, 0xff, n * sizeof(*p2->colours));
	p2->unknown = n;
	p2->area = *area;
	p2->area.x -= options->origin_x;
	p2->area.y -= options->origin_y;
	ret = p2_subscribe(p2, p2->area.x, p2->area.y,
		p2->area.x + (int64_t)area->width - 1,
		p2->area.y + (int64_t)area->height - 1);
	if (ret == 0)
		ret = read_picture(p2, limit_ms(connection, FIRST_MS),
			p2->is_grabbing ? PICTURE_MS : limit_ms(connection, SETTLE_MS));
	p2->changes = 0;
	return ret;
}

static bool
p2_shows(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	const struct p2_driver *p2 = connection->state;
	uint32_t column = (uint32_t)(x - connection->options->origin_x - p2->area.x);
	uint32_t row = (uint32_t)(y - connection->options->origin_y - p2->area.y);

	if (!p2->colours || column >= p2->area.width || row >= p2->area.height)
		return false;
	return p2->colours[(size_t)row * p2->area.width + column] ==
	       (int32_t)p2_rgb15_from_argb(argb);
}

static int
p2_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct p2_driver *p2 = connection->state;
	uint8_t message[8] = { START, PUT };

	x -= connection->options->origin_x;
	y -= connection->options->origin_y;
	if (x != clamp_coordinate(x) || y != clamp_coordinate(y))
		return -ERANGE;
	p2_coordinate_encode(x, message + 2);
	p2_coordinate_encode(y, message + 4);
	p2_colour_encode(p2_rgb15_from_argb(argb), message + 6);
	return stream_write(&p2->stream, message, sizeof(message));
}

static int
p2_flush(struct connection *connection)
{
	struct p2_driver *p2 = connection->state;

	p2->last_sent = clock_now();
	return stream_flush(&p2->stream);
}

static int
p2_settle(struct connection *connection)
{
	struct p2_driver *p2 = connection->state;
	int ret = read_until_quiet(p2, QUIET_MS, SETTLE_MS);

	connection->painted = p2->changes;
	return ret;
}

static int
p2_grab(struct connection *connection, struct image *image)
{
	struct p2_driver *p2 = connection->state;
	const struct wall_area *wall = &connection->wall;
	size_t n = (size_t)wall->width * wall->height, unknown = 0;
	int ret = image_new(image, wall->width, wall->height);

	p2->is_grabbing = true;
	p2->updates = 0;
	if (ret == 0)
		ret = p2_begin(connection, wall);
	if (ret < 0 || stop_requested())
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (p2->colours[i] < 0)
			unknown++;
		else
			image->pixels[i] = p2_argb_from_rgb15((uint32_t)p2->colours[i]);
	}
	if (unknown == n)
		return console_error(-ENODATA, "%s sends changes only, not what is there",
			connection->target->text);
	if (unknown)
		console_print("%s did not send %zu pixels; they are black in the picture",
			connection->target->text, unknown);
	return 0;
}

static void
p2_close(struct connection *connection)
{
	struct p2_driver *p2 = connection->state;

	stream_close(&p2->stream);
	free(p2->colours);
}

const struct driver driver_p2 = {
	.state_size = sizeof(struct p2_driver),
	.rate = 9000, /* servers drop what is beyond 10000 */
	.unit = "pixels",
	.counts_painted = true,
	.single_login = true,
	.proof = "pixels that came back as Updates; several changes of one pixel within "
		 "some milliseconds count once",
	.open = p2_open,
	.size = p2_size,
	.begin = p2_begin,
	.shows = p2_shows,
	.put = p2_put,
	.flush = p2_flush,
	.settle = p2_settle,
	.grab = p2_grab,
	.close = p2_close,
};
