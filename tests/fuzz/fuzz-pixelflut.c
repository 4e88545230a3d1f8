/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the pixelflut plugin in four ways: SIMD field parsing against the scalar code,
 * many lines at once against one at a time, PBs in groups against one at a time, these
 * two with all vectors that the processor has and without, and with owners and without;
 * and a stream whole against the same in pieces.
 *
 * The first byte: bit 0 enables PB, bit 1 PXMULTI, bit 2 pauses at every answer, the
 * others say how the stream is cut.  tests/unit/pixelflut/test-pixelflut runs it on the
 * corpus and on mutations of it.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "canvas/owners.h"
#include "canvas/painters.h"
#include "pixelflut/browser.h"
#include "pixelflut/simd.h"
#include "pixelflut/vectors.h"

#define WIDTH 96
#define HEIGHT 40

/* A client and its wall. */
struct wall {
	struct mural_conn conn;
	struct mural_brush brush;
	struct canvas canvas;
	uint8_t *answers;
	size_t len;
	bool pauses, full, closed;
};

int
mural_reply(struct mural_conn *conn, const void *data, size_t len)
{
	struct wall *wall = (struct wall *)(void *)conn;

	wall->answers = realloc(wall->answers, wall->len + len);
	assert(wall->answers);
	memcpy(wall->answers + wall->len, data, len);
	wall->len += len;
	wall->full = wall->pauses;
	return wall->pauses;
}

void
mural_close(struct mural_conn *conn, bool at_once)
{
	(void)at_once;
	((struct wall *)(void *)conn)->closed = true;
}

void
mural_read_totals(struct mural_host *host, struct mural_totals *totals)
{
	(void)host;
	totals->painted = UINT64_MAX; /* the longest */
	totals->connections = UINT64_MAX;
}

/* As canvas_keep_owners(), without the megabyte of sources, which takes longer than all
 * the rest. */
static bool
widen(struct canvas *canvas)
{
	free(canvas->pixels);
	canvas->pixels = calloc((size_t)canvas->stride * HEIGHT, sizeof(uint64_t));
	canvas->step = 2;
	return canvas->pixels != NULL;
}

static struct wall *
wall_new(const void *config, bool owners)
{
	const struct canvas_painter as = { .id = OWNER_FIRST };
	struct wall *wall = calloc(1, sizeof(*wall));

	assert(wall);
	wall->conn.config = config;
	wall->conn.state = calloc(1, mural_plugin.conn_size);
	if (canvas_init(&wall->canvas, WIDTH, HEIGHT, 0xff000000) < 0 ||
		(owners && !widen(&wall->canvas)) ||
		canvas_brush_init(&wall->canvas, &wall->brush, 0, 0, WIDTH, HEIGHT) < 0)
		abort();
	canvas_brush_paint_as(&wall->brush, &as);
	return wall;
}

static void
wall_free(struct wall *wall)
{
	mural_plugin.close(&wall->conn);
	canvas_brush_finish(&wall->brush);
	canvas_finish(&wall->canvas);
	free(wall->conn.state);
	free(wall->answers);
	free(wall);
}

static void
compare_walls(const struct wall *a, const struct wall *b)
{
	const size_t tiles = a->canvas.view.words * 64;

	assert(memcmp(a->canvas.pixels, b->canvas.pixels,
		       (size_t)a->brush.stride * HEIGHT * sizeof(uint32_t)) == 0);
	assert(memcmp(a->brush.damage, b->brush.damage, tiles) == 0);
	assert(a->brush.painted == b->brush.painted);
	assert(memcmp(a->brush.discarded, b->brush.discarded,
		       sizeof(a->brush.discarded)) == 0);
	assert(a->len == b->len);
	assert(a->len == 0 || memcmp(a->answers, b->answers, a->len) == 0);
}

static void
painter_init(struct painter *painter, struct wall *wall, const uint8_t *data)
{
	vectors_begin(painter, data);
	painter->brush = &wall->brush;
	painter->left = 3;
	painter->top = NUMBER_MAX * (wall->conn.config == NULL);
	painter->answers.conn = &wall->conn;
	painter->answers.browser = NULL;
	painter->answers.refuser = NULL;
	painter->answers.len = 0;
	painter->answers.full = false;
}

/* What simd_run_lines() should have done. */
static void
paint_by_line(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		const uint8_t *line_end = memchr(p, '\n', end - p);
		struct command command;

		assert(line_end);
		command = line_parse(p, line_end);
		if (command.verb == VERB_PUT)
			mural_put(painter->brush, command.x + painter->left,
				command.y + painter->top, command.argb);
		else if (command.verb == VERB_GET)
			answer_pixel(painter, command.x, command.y);
		else
			assert(!"simd_run_lines() took a line that is not simple");
		p = line_end + 1;
	}
}

/* `vectors` may be NULL: only those that all processors have. */
static void
check_run(const uint8_t *data, size_t len, const void *config,
	const struct vectors *vectors, bool owners)
{
	struct wall *fast = wall_new(config, owners), *slow = wall_new(config, owners);
	struct painter painter;

	painter_init(&painter, fast, data);
	painter.vectors = vectors;
	const uint8_t *stop = simd_run_lines(&painter, data, data + len);
	assert(stop >= data && stop <= data + len);
	answers_flush(&painter.answers);
	painter_init(&painter, slow, data);
	paint_by_line(&painter, data, stop);
	answers_flush(&painter.answers);
	compare_walls(fast, slow);
	wall_free(fast);
	wall_free(slow);
}

/* The input as PBs, of which now and then one is none, near the wall's corner. */
static void
check_binaries(
	const uint8_t *data, size_t len, const struct vectors *vectors, bool owners)
{
	struct wall *fast = wall_new(NULL, owners), *slow = wall_new(NULL, owners);
	uint8_t *copy = fuzz_copy(data, len);
	struct painter painter;
	const uint8_t *p = copy;

	for (size_t i = 0; i + BINARY_BYTES <= len; i += BINARY_BYTES) {
		memcpy(copy + i, copy[i] == 'P' ? "PX" : "PB", 2);
		if (copy[i + 6] & 15) {
			copy[i + 2] %= WIDTH + 2;
			copy[i + 4] %= HEIGHT + 2;
			copy[i + 3] = copy[i + 5] = 0;
		}
	}
	painter_init(&painter, fast, copy);
	const uint8_t *stop = vectors->run_binaries(&painter, copy, copy + len);
	for (; p < stop; p += BINARY_BYTES) {
		assert(p[0] == 'P' && p[1] == 'B');
		mural_put(&slow->brush, p[2] | p[3] << 8, p[4] | p[5] << 8,
			0xff000000 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8]);
	}
	assert(p == stop);
	compare_walls(fast, slow);
	free(copy);
	wall_free(fast);
	wall_free(slow);
}

static void
check_vectors(const uint8_t *data, size_t len, const void *config)
{
	const struct vectors *vectors;

	check_run(data, len, config, NULL, false);
	check_run(data, len, NULL, NULL, false);
	for (unsigned nth = 0; (vectors = vectors_usable(nth)); nth++) {
		for (unsigned owners = 0; owners < 2; owners++) {
			check_run(data, len, config, vectors, owners);
			check_binaries(data, len, vectors, owners);
		}
		check_run(data, len, NULL, vectors, false);
	}
}

/* Sixteen bytes as digits, with all kinds of masks made of the next sixteen. */
static void
check_fields(const uint8_t *data, size_t len)
{
#if HAVE_SIMD
	for (; len >= 32; data++, len--) {
		struct field_values a = { 0 }, b = { 0 };
		uint8_t masks[16];

		for (int i = 0; i < 16; i++)
			masks[i] = data[16 + i] < 2 ? data[16 + i] : -(data[16 + i] & 1);
		struct line_fields fields = { data, data + 4, data + 8, 0, 0 };
		memcpy(&fields.number_mask, masks, 8);
		memcpy(&fields.colour_mask, masks + 8, 8);
		bool good = parse_fields(&fields, &a);
		assert(good == parse_fields_scalar(&fields, &b));
		assert(!good || (a.x == b.x && a.y == b.y && a.rgba == b.rgba));
	}
#else
	(void)data;
	(void)len;
#endif
}

/* Feeds pieces of at most `piece` bytes as murald does: unused bytes stay in front of the
 * next piece.  Each is in memory of exactly its size. */
static void
feed_pieces(struct wall *wall, const uint8_t *data, size_t len, size_t piece)
{
	uint8_t *rest = malloc(1);
	size_t rest_len = 0;
	ssize_t used = 0;

	while (used >= 0 && len > 0 && !wall->closed) {
		size_t more = len < piece ? len : piece;
		uint8_t *now = malloc(rest_len + more);
		assert(now);
		memcpy(now, rest, rest_len);
		memcpy(now + rest_len, data, more);
		data += more;
		len -= more;
		rest_len += more;
		free(rest);
		rest = now;
		do {
			wall->full = false;
			used = mural_plugin.feed(
				&wall->conn, &wall->brush, rest, rest_len);
			if (used < 0)
				break;
			assert((size_t)used <= rest_len);
			rest_len -= used;
			now = malloc(rest_len + 1);
			assert(now);
			memcpy(now, rest + used, rest_len);
			now = realloc(now, rest_len ? rest_len : 1);
			free(rest);
			rest = now;
		} while (wall->full && rest_len > 0 && !wall->closed);
		assert(used < 0 || rest_len <= MURAL_REST_MAX);
	}
	if (used >= 0 && !wall->closed)
		mural_plugin.end(&wall->conn, &wall->brush, rest, rest_len);
	free(rest);
}

/* A datagram paints what a connection paints that has these bytes and ends. */
static void
check_datagram(const struct wall *stream, const uint8_t *data, size_t len)
{
	struct wall *wall = wall_new(stream->conn.config, false);
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	uint8_t *copy = fuzz_copy(data, len);

	wall->conn.peer = &nobody;
	if (mural_plugin.open(&wall->conn) < 0)
		abort();
	mural_plugin.feed(&wall->conn, &wall->brush, copy, len);
	assert(memcmp(wall->canvas.pixels, stream->canvas.pixels,
		       (size_t)wall->canvas.stride * HEIGHT * sizeof(uint32_t)) == 0);
	/* nothing of it holds for the next one */
	mural_plugin.feed(&wall->conn, &wall->brush, copy, len);
	assert(wall->brush.painted == 2 * stream->brush.painted);
	assert(wall->len == 0);
	free(copy);
	wall_free(wall);
}

/* ------------------------------------------------------------------ browsers */

static const char request[] =
	"GET / HTTP/1.1\r\nHost: wall\r\nConnection: keep-alive, Upgrade\r\n"
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* A frame of a client, masked; returns its end. */
static uint8_t *
add_frame(uint8_t *to, uint8_t head, const uint8_t *payload, size_t len)
{
	static const uint8_t mask[4] = { 0x12, 0, 0xff, 0x0a };

	*to++ = head;
	if (len < 126) {
		*to++ = (uint8_t)(0x80 | len);
	} else {
		*to++ = 0x80 | 126;
		*to++ = (uint8_t)(len >> 8);
		*to++ = (uint8_t)len;
	}
	memcpy(to, mask, sizeof(mask));
	to += sizeof(mask);
	for (size_t i = 0; i < len; i++)
		*to++ = payload[i] ^ mask[i % 4];
	return to;
}

/* The same stream in frames of many lengths, some of them fragments, with pings between,
 * and a close. */
static uint8_t *
add_frames(uint8_t *to, const uint8_t *data, size_t len)
{
	bool open = false;

	for (size_t done = 0; done < len;) {
		const uint8_t how = data[done];
		const uint8_t opcode = open ? 0 : 1 + (how & 1);
		size_t n = how % 5 ? how % 16 : how * 2;

		n = len - done < n ? len - done : n;
		open = how & 2;
		to = add_frame(to, (uint8_t)((open ? 0 : 0x80) | opcode), data + done, n);
		done += n;
		if (n == 0) { /* an empty frame, then the byte by itself */
			to = add_frame(to, open ? 0x00 : 0x02, data + done++, 1);
			open = true;
		}
		if (how % 7 == 0)
			to = add_frame(to, 0x89, data, len < 5 ? len : 5);
	}
	return add_frame(to, 0x88, NULL, 0);
}

/* A browser paints what a connection paints that has these bytes and ends; and any bytes
 * in place of its frames do no harm. */
static void
check_browser(const struct wall *stream, const uint8_t *data, size_t len, size_t piece)
{
	struct wall *wall = wall_new(stream->conn.config, false), *wild;
	uint8_t *wire = malloc(sizeof(request) + 40 * (len + 1)), *end;

	assert(wire);
	memcpy(wire, request, sizeof(request) - 1);
	end = add_frames(wire + sizeof(request) - 1, data, len);
	wall->pauses = stream->pauses;
	feed_pieces(wall, wire, (size_t)(end - wire), piece);
	assert(memcmp(wall->canvas.pixels, stream->canvas.pixels,
		       (size_t)wall->canvas.stride * HEIGHT * sizeof(uint32_t)) == 0);
	assert(wall->brush.painted == stream->brush.painted);
	assert(memcmp(wall->brush.discarded, stream->brush.discarded,
		       sizeof(wall->brush.discarded)) == 0);
	wall_free(wall);

	wild = wall_new(stream->conn.config, false);
	if (len > 0)
		memcpy(wire + sizeof(request) - 1, data, len);
	feed_pieces(wild, wire, sizeof(request) - 1 + len, piece);
	wall_free(wild);
	free(wire);
}

/* Fills the plugin's config struct by its option table. */
static void *
make_config(bool binary, bool multi, bool websocket)
{
	uint8_t *config = calloc(1, mural_plugin.config_size);

	assert(config);
	for (const struct mural_option *o = mural_plugin.options; o->name; o++) {
		if (strcmp(o->name, "binary") == 0)
			memcpy(config + o->offset, &binary, sizeof(binary));
		if (strcmp(o->name, "multi") == 0)
			memcpy(config + o->offset, &multi, sizeof(multi));
		if (strcmp(o->name, "websocket") == 0)
			memcpy(config + o->offset, &websocket, sizeof(websocket));
		if (strcmp(o->name, "help") == 0)
			memcpy(config + o->offset, &(const char *){ "" }, sizeof(char *));
	}
	return config;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	uint8_t how = data[0];
	void *config = make_config(how & 1, how & 2, false);
	void *browsers = make_config(how & 1, how & 2, true);
	struct wall *whole = wall_new(config, false), *pieces = wall_new(config, false);
	uint8_t *copy = fuzz_copy(data + 1, len - 1);

	check_fields(copy, len - 1);
	check_vectors(copy, len - 1, config);
	feed_pieces(whole, copy, len - 1, len);
	pieces->pauses = how & 4;
	feed_pieces(pieces, copy, len - 1, 1 + (how >> 3) * 7);
	compare_walls(whole, pieces);
	check_datagram(whole, copy, len - 1);
	if (browser_is_possible()) {
		pieces->conn.config = browsers;
		check_browser(pieces, copy, len - 1, 1 + (how >> 3) * 7);
	}
	wall_free(whole);
	wall_free(pieces);
	free(config);
	free(browsers);
	free(copy);
	return 0;
}
