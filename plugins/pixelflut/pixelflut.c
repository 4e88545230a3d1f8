/* SPDX-License-Identifier: MIT */
/* The pixelflut plugin: classic Pixelflut over TCP and UDP, and its two binary commands.
 */
#include "pixelflut/pixelflut.h"
#include "pixelflut/browser.h"
#include "pixelflut/vectors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* PXMULTI x x y y n n n n, before the pixels */
#define MULTI_WORD 7
#define MULTI_BYTES (MULTI_WORD + 8)

/* Of a PXMULTI, painted at once. */
#define PART_PIXELS 256

/* HELPs that a client is answered for nothing; each one more must be paid for with as
 * many bytes of input, whatever they are, so that nobody can amplify traffic. */
#define FREE_HELPS 3

struct pixelflut_client {
	bool datagrams;           /* it is a UDP socket */
	struct browser *browser;  /* NULL: it speaks plain Pixelflut */
	uint32_t left, top;       /* OFFSET */
	uint64_t received;        /* bytes used by earlier feeds */
	uint64_t help_bytes;      /* sent */
	size_t help_len;          /* of one answer to HELP; 0: none was sent */
	uint64_t multi_remaining; /* pixels of a PXMULTI still to come */
	uint32_t x, y;            /* of the next one */
	bool multi_outside;       /* they are discarded */
};

/* The state of one pixelflut_feed(). */
struct feed {
	struct painter painter;
	struct pixelflut_client *client;
	const struct pixelflut_config *config;
	const uint8_t *data; /* its first byte */
};

static const struct mural_option options[] = {
	MURAL_NUMBER(struct pixelflut_config, connections_per_source, "0", NULL, 0,
		INT32_MAX,
		"clients that one address may have at a time, an IPv6 /64 being one; 0: "
		"any"),
	MURAL_BOOL(
		struct pixelflut_config, binary, "yes", "take PB, a pixel in ten bytes"),
	MURAL_BOOL(struct pixelflut_config, multi, "no",
		"take PXMULTI, a run of pixels four bytes each"),
	MURAL_TEXT(
		struct pixelflut_config, help, "", "a line that HELP adds to its answer"),
	MURAL_BOOL(struct pixelflut_config, websocket, "no",
		"browsers may connect to the same port: ws://HOST:PORT/"),
	{ 0 },
};

/* ------------------------------------------------------------------ commands */

static void
answer_help(struct feed *feed, const uint8_t *p)
{
	struct pixelflut_client *client = feed->client;
	uint64_t received = client->received + (p - feed->data);
	size_t len = client->help_len;
	char text[2048];

	if (client->datagrams) {
		mural_discard(feed->painter.brush, MURAL_UNAUTHORIZED, 1);
		return;
	}
	/* before it is written, which takes longer than all else that is refused */
	if (client->help_bytes + len > FREE_HELPS * len + received) {
		mural_discard(feed->painter.brush, MURAL_RATE_LIMITED, 1);
		return;
	}
	len = client->help_len = help_format(feed->config, text, sizeof(text));
	client->help_bytes += len;
	answers_flush(&feed->painter.answers);
	answers_send(&feed->painter.answers, text, len);
}

static uint32_t
u16_at(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* Executes PBs as long as there are any.  OFFSET does not move them; alpha is ignored. */
static const uint8_t *
run_binaries(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	struct mural_batch batch;
	uint32_t n = 0;

	if (painter->vectors && end - p >= 2 * BINARY_BYTES &&
		memcmp(p + BINARY_BYTES, "PB", 2) == 0)
		p = painter->vectors->run_binaries(painter, p, end);
	for (; end - p >= BINARY_BYTES && p[0] == 'P' && p[1] == 'B'; p += BINARY_BYTES)
		n = mural_batch_put(painter->brush, &batch, n, u16_at(p + 2),
			u16_at(p + 4),
			0xff000000 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8]);
	mural_batch_flush(painter->brush, &batch, n);
	return p;
}

static uint32_t
min3(uint64_t a, uint64_t b, uint64_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Paints the next `count` pixels of a PXMULTI, which fit into the row. */
static const uint8_t *
paint_row(struct feed *feed, const uint8_t *p, uint32_t count)
{
	struct pixelflut_client *client = feed->client;
	struct mural_brush *brush = feed->painter.brush;
	uint32_t row[PART_PIXELS];

	for (uint32_t i = 0; i < count; i++, p += 4)
		row[i] = 0xff000000 | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	mural_row(brush, client->x, client->y, count, row);
	client->x += count;
	if (client->x == brush->width) {
		client->x = 0;
		client->y++;
	}
	return p;
}

/* Takes pixels of a PXMULTI: from left to right, and on into the next rows. */
static const uint8_t *
run_multi(struct feed *feed, const uint8_t *p, const uint8_t *end)
{
	struct pixelflut_client *client = feed->client;
	uint32_t width = feed->painter.brush->width;

	while (client->multi_remaining > 0 && end - p >= 4) {
		uint64_t here = (end - p) / 4;
		uint32_t count = min3(here, client->multi_remaining,
			client->multi_outside
				? here
				: min3(width - client->x, PART_PIXELS, here));

		if (client->multi_outside) {
			mural_discard(feed->painter.brush, MURAL_OUT_OF_BOUNDS, count);
			p += 4 * (size_t)count;
		} else {
			p = paint_row(feed, p, count);
		}
		client->multi_remaining -= count;
	}
	return p;
}

/* A PXMULTI that does not end inside is refused as a whole; its pixels are discarded and
 * counted as they arrive. */
static void
begin_multi(struct feed *feed, const uint8_t *p)
{
	struct pixelflut_client *client = feed->client;
	struct mural_brush *brush = feed->painter.brush;
	uint64_t count = u16_at(p + 4) | (uint64_t)u16_at(p + 6) << 16;
	uint32_t unused;

	client->multi_remaining = count;
	client->x = u16_at(p);
	client->y = u16_at(p + 2);
	if (count == 0)
		return;
	uint64_t last = client->x + count - 1;
	uint64_t last_y = client->y + last / brush->width;
	client->multi_outside =
		!mural_get(brush, client->x, client->y, &unused) ||
		!mural_get(brush, 0, last_y < NUMBER_MAX ? last_y : NUMBER_MAX, &unused);
}

/* Whether the input begins with `word`, or with as much of it as has arrived. */
static bool
matches_prefix(const uint8_t *p, const uint8_t *end, const char *word, size_t len)
{
	return memcmp(p, word, (size_t)(end - p) < len ? (size_t)(end - p) : len) == 0;
}

static void
execute_line(struct feed *feed, const uint8_t *p, const uint8_t *line_end)
{
	struct painter *painter = &feed->painter;
	struct command command = line_parse(p, line_end);

	switch (command.verb) {
	case VERB_PUT:
		mural_put(painter->brush, command.x + painter->left,
			command.y + painter->top, command.argb);
		break;
	case VERB_GET:
		answer_pixel(painter, command.x, command.y);
		break;
	case VERB_OFFSET:
		painter->left = feed->client->left = command.x;
		painter->top = feed->client->top = command.y;
		break;
	case VERB_SIZE:
		answer_size(painter);
		break;
	case VERB_STATS:
		answer_stats(painter);
		break;
	case VERB_CONNECTIONS:
		answer_connections(painter);
		break;
	case VERB_HELP:
		answer_help(feed, line_end + 1);
		break;
	case VERB_EMPTY:
		break;
	case VERB_BAD:
		mural_discard(painter->brush, MURAL_MALFORMED, 1);
		break;
	}
}

/* Executes one command, or several binary ones, and returns where the next begins: `p`
 * if this one is not complete yet, NULL if the client must be closed. */
static const uint8_t *
run_command(struct feed *feed, const uint8_t *p, const uint8_t *end)
{
	const struct pixelflut_config *config = feed->config;
	size_t len = end - p;

	if (feed->client->multi_remaining > 0)
		return run_multi(feed, p, end);
	if (config->binary && matches_prefix(p, end, "PB", 2))
		return run_binaries(&feed->painter, p, end);
	if (config->multi && matches_prefix(p, end, "PXMULTI", MULTI_WORD)) {
		if (len < MULTI_BYTES)
			return p;
		begin_multi(feed, p + MULTI_WORD);
		return p + MULTI_BYTES;
	}

	const uint8_t *line_end =
		memchr(p, '\n', len <= LINE_BYTES_MAX ? len : LINE_BYTES_MAX + 1);
	if (line_end) {
		execute_line(feed, p, line_end);
		return line_end + 1;
	}
	return len <= LINE_BYTES_MAX ? p : NULL;
}

/* ------------------------------------------------------------------ the table */

static void
feed_begin(struct feed *feed, struct mural_conn *conn, struct mural_brush *brush,
	const uint8_t *data)
{
	feed->client = conn->state;
	feed->config = conn->config;
	feed->data = data;
	vectors_begin(&feed->painter, data);
	feed->painter.brush = brush;
	feed->painter.left = feed->client->left;
	feed->painter.top = feed->client->top;
	feed->painter.answers.conn = conn;
	feed->painter.answers.browser = feed->client->browser;
	feed->painter.answers.refuser = feed->client->datagrams ? brush : NULL;
	feed->painter.answers.len = 0;
	feed->painter.answers.full = false;
}

/* Executes commands until one is not complete or the answers are full, and returns where
 * it begins.  NULL: the client must be closed. */
static const uint8_t *
run_commands(struct feed *feed, const uint8_t *p, const uint8_t *end)
{
	while (p < end && !feed->painter.answers.full) {
		if (feed->client->multi_remaining == 0)
			p = simd_run_lines(&feed->painter, p, end);
		if (p == end || feed->painter.answers.full)
			break;
		const uint8_t *begin = p;
		p = run_command(feed, p, end);
		if (!p || p == begin)
			break;
	}
	answers_flush(&feed->painter.answers);
	return p;
}

/* Nothing comes behind these bytes, so they are a line without its end; a binary command
 * that is not complete is none. */
static void
run_last_line(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *rest,
	size_t len)
{
	uint8_t line[LINE_BYTES_MAX + 1];
	struct feed feed;

	memcpy(line, rest, len);
	line[len] = '\n';
	feed_begin(&feed, conn, brush, line);
	if (feed.client->multi_remaining == 0)
		execute_line(&feed, line, line + len);
	else if (len > 0)
		mural_discard(brush, MURAL_MALFORMED, 1);
	answers_flush(&feed.painter.answers);
}

/* ------------------------------------------------------------------ browsers */

/* All of it, however much it answers: that is bounded by its length. */
static ssize_t
run_browser(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len, bool over)
{
	const uint8_t *p = data, *end = data + len;
	struct feed feed;

	feed_begin(&feed, conn, brush, data);
	do {
		feed.painter.answers.full = false;
		p = run_commands(&feed, p, end);
	} while (p && p < end && feed.painter.answers.full);
	if (!p)
		return -EMSGSIZE;
	feed.client->received += p - data;
	if (!over)
		return p - data;
	run_last_line(conn, brush, p, end - p);
	return (ssize_t)len;
}

/* Whether it begins as a request for a WebSocket does, as far as it has come. */
static bool
may_be_browser(const struct mural_conn *conn, const uint8_t *data, size_t len)
{
	const struct pixelflut_config *config = conn->config;
	const struct pixelflut_client *client = conn->state;

	return config->websocket && client->received == 0 && !client->datagrams &&
	       matches_prefix(data, data + len, "GET ", 4);
}

/* The first bytes are one's. */
static bool
browser_begin(struct pixelflut_client *client)
{
	static const struct browser_stream stream = { run_browser };

	client->browser = browser_new(&stream);
	return client->browser != NULL;
}

static ssize_t
feed_browser(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct pixelflut_client *client = conn->state;
	ssize_t used = browser_feed(client->browser, conn, brush, data, len);

	if (used < 0)
		mural_discard(brush, MURAL_MALFORMED, 1);
	return used;
}

/* ------------------------------------------------------------------ clients */

static void
pixelflut_check(const void *config, struct mural_check *check)
{
	if (((const struct pixelflut_config *)config)->websocket &&
		!browser_is_possible())
		mural_reject(check, "websocket",
			"needs a murald that was built with libmicrohttpd-dev, "
			"libwslay-dev and libmd-dev");
}

static int
pixelflut_open(struct mural_conn *conn)
{
	struct pixelflut_client *client = conn->state;

	client->datagrams = conn->peer->sa_family == AF_UNSPEC;
	return 0;
}

static ssize_t
pixelflut_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct pixelflut_client *client = conn->state;
	struct feed feed;

	if (client->browser)
		return feed_browser(conn, brush, data, len);
	if (may_be_browser(conn, data, len)) {
		if (len < 4)
			return 0;
		return browser_begin(client) ? feed_browser(conn, brush, data, len)
					     : -ENOMEM;
	}
	if (client->datagrams) /* of anybody, so that nothing of the last one holds */
		*client = (struct pixelflut_client){ .datagrams = true };
	feed_begin(&feed, conn, brush, data);
	const uint8_t *p = run_commands(&feed, data, data + len);
	if (!p && !client->datagrams)
		mural_discard(brush, MURAL_MALFORMED, 1);
	if (!p)
		return -EMSGSIZE;
	client->received += p - data;
	if (!client->datagrams)
		return p - data;
	run_last_line(conn, brush, p, data + len - p);
	return (ssize_t)len;
}

/* The client closed its side itself. */
static void
pixelflut_end(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *rest,
	size_t len)
{
	const struct pixelflut_client *client = conn->state;

	if (!client->browser)
		run_last_line(conn, brush, rest, len);
}

static void
pixelflut_close(struct mural_conn *conn)
{
	browser_free(((struct pixelflut_client *)conn->state)->browser);
}

static uint32_t
pixelflut_clients_per_source(const void *config)
{
	return ((const struct pixelflut_config *)config)->connections_per_source;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "pixelflut",
	.summary = "classic Pixelflut over TCP and UDP",
	.options = options,
	.config_size = sizeof(struct pixelflut_config),
	.conn_size = sizeof(struct pixelflut_client),
	.transports = MURAL_STREAM | MURAL_DATAGRAM,
	.listen = "[::]:1234",
	.check = pixelflut_check,
	.open = pixelflut_open,
	.feed = pixelflut_feed,
	.close = pixelflut_close,
	.end = pixelflut_end,
	.clients_per_source = pixelflut_clients_per_source,
	.busy_message = "ERROR too many connections from your address; close one first\n",
	.off_message = "ERROR the operator has switched this off\n",
	.denied_message = "ERROR your address may not paint here\n",
	.hint = pixelflut_hint,
};
