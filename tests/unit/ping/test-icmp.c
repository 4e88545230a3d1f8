/* SPDX-License-Identifier: MIT */
/* Tests the icmp plugin without a network: the protocol's vectors, options, destinations,
 * counters, and the rate of replies.  Includes the plugin, which exports only its table.
 */
#include "ping/icmp.c"

#include <pcap/dlt.h>

#include "base/util.h"
#include "canvas/canvas.h"
#include "support/vectors.h"
#include "unit/ping/ping-packets.h"

#define WIDTH 1920
#define HEIGHT 1080
#define BLACK 0xff000000
#define WHITE 0xffffffff

struct fixture {
	struct canvas canvas;
	struct mural_brush brush;
	struct local_addr own[2]; /* 192.0.2.2 and 2001:db8::2 */
	struct icmp_config config;
	struct icmp_state state;
	struct mural_host host;
};

/* The last call of mural_reject(). */
static char rejected[256];

void
mural_reject(struct mural_check *check, const char *option, const char *format, ...)
{
	va_list args;
	int n = snprintf(rejected, sizeof(rejected), "%s: ", option);

	(void)check;
	va_start(args, format);
	vsnprintf(rejected + n, sizeof(rejected) - (size_t)n, format, args);
	va_end(args);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(canvas_init(&f->canvas, WIDTH, HEIGHT, BLACK), 0);
	assert_int_equal(
		canvas_brush_init(&f->canvas, &f->brush, 0, 0, WIDTH, HEIGHT), 0);
	f->own[0] = local_addrs_number(4, (const uint8_t[]){ 192, 0, 2, 2 });
	f->own[1] = local_addrs_number(
		6, (const uint8_t[16]){ 0x20, 1, 0x0d, 0xb8, [15] = 2 });
	f->state.capture.local_addrs.addresses = f->own;
	f->state.capture.local_addrs.n_addresses = 2;
	f->state.raw = (struct raw_reply){ -1, -1 }; /* nothing to reply through */
	f->config = (struct icmp_config){
		.interface = "any", .target = "own", .bsd_time = true
	};
	f->state.size_replies = size_replies_new(&f->config);
	f->host = (struct mural_host){
		.state = &f->state,
		.config = &f->config,
		.name = "icmp",
		.width = WIDTH,
		.height = HEIGHT,
	};
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	canvas_brush_finish(&f->brush);
	canvas_finish(&f->canvas);
	mural_ratelimit_free(f->state.size_replies);
	free(f);
	return 0;
}

/* What became of a packet. */
struct outcome {
	uint64_t painted, malformed, out_of_bounds, rate_limited;
};

static struct outcome
feed(struct fixture *f, const struct bytes *raw)
{
	const struct icmp_drain drain = { &f->host, &f->brush };
	struct mural_brush before = f->brush;
	struct packet packet;
	enum packet_fault fault =
		packet_parse(&packet, DLT_RAW, raw->at, raw->len, raw->len);

	on_packet((void *)&drain, &packet, fault);
	return (struct outcome){
		f->brush.painted - before.painted,
		f->brush.discarded[MURAL_MALFORMED] - before.discarded[MURAL_MALFORMED],
		f->brush.discarded[MURAL_OUT_OF_BOUNDS] -
			before.discarded[MURAL_OUT_OF_BOUNDS],
		f->brush.discarded[MURAL_RATE_LIMITED] -
			before.discarded[MURAL_RATE_LIMITED],
	};
}

static uint32_t
look(struct fixture *f, uint32_t x, uint32_t y)
{
	uint32_t argb = 0;

	assert_true(mural_get(&f->brush, x, y, &argb));
	return argb;
}

/* ------------------------------------------------------------------- vectors */

static void
check_pixel(struct fixture *f, const json_t *vector, const struct bytes *raw)
{
	const json_t *expect = vector_get(vector, "expect");
	uint32_t x = vector_number(expect, "x"), y = vector_number(expect, "y");
	bool none = vector_get(expect, "effect") != NULL;

	if (none)
		assert_string_equal(vector_text(expect, "effect"), "none");
	mural_put(&f->brush, x, y, BLACK);
	assert_int_equal(feed(f, raw).painted, none ? 0 : 1);
	assert_int_equal(look(f, x, y),
		none ? BLACK : 0xff000000 | vector_hex(expect, "over_black"));
	mural_put(&f->brush, x, y, WHITE);
	assert_int_equal(feed(f, raw).malformed, 0);
	assert_int_equal(look(f, x, y),
		none ? WHITE : 0xff000000 | vector_hex(expect, "over_white"));
}

static void
check_size(const json_t *vector, const struct bytes *raw, int version)
{
	const json_t *expect = vector_get(vector, "expect");
	uint8_t reply[PING_REPLY_LEN], wanted[64];
	struct packet packet;
	struct ping ping;

	assert_int_equal(packet_parse(&packet, DLT_RAW, raw->at, raw->len, raw->len), 0);
	assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false), PING_SIZE);
	assert_int_equal(ping.id, vector_number(expect, "id"));
	assert_int_equal(ping.seq, vector_number(expect, "seq"));
	ping_size_reply(reply, &ping, version, WIDTH, HEIGHT);
	assert_int_equal(vector_bytes(vector,
				 version == 4 ? "reply_icmpv4" : "reply_icmpv6", wanted),
		sizeof(reply));
	/* The checksum of ICMPv6 is the kernel's to fill in. */
	assert_memory_equal(reply, wanted, version == 4 ? 4 : 2);
	assert_memory_equal(reply + 4, wanted + 4, sizeof(reply) - 4);
}

static void
check_packet(
	struct fixture *f, const json_t *vector, const struct bytes *raw, int version)
{
	const char *op = vector_text(vector_get(vector, "expect"), "op");
	const char *name = vector_text(vector, "name");
	struct outcome outcome;

	print_message("%s, IPv%d\n", name, version);
	if (strcmp(op, "set-pixel") == 0) {
		check_pixel(f, vector, raw);
	} else if (strcmp(op, "size-request") == 0) {
		check_size(vector, raw, version);
		outcome = feed(f, raw);
		assert_int_equal(outcome.painted + outcome.malformed, 0);
	} else {
		assert_string_equal(op, "drop");
		outcome = feed(f, raw);
		assert_int_equal(outcome.painted, 0);
		assert_int_equal(outcome.malformed + outcome.out_of_bounds, 1);
		assert_int_equal(outcome.out_of_bounds, strstr(name, "-outside") != NULL);
	}
}

TEST_WITH(vectors_hold, set_up, tear_down)
{
	static const char *const keys[] = { "ipv4_packet", "ipv6_packet" };
	json_t *file = vectors_load("pingxelflut.json"), *vector;
	size_t i, packets = 0;

	json_array_foreach(json_object_get(file, "vectors"), i, vector)
	{
		for (int k = 0; k < 2; k++) {
			struct bytes raw;

			if (!vector_get(vector, keys[k]))
				continue;
			raw.len = vector_bytes(vector, keys[k], raw.at);
			check_packet(*state, vector, &raw, k == 0 ? 4 : 6);
			packets++;
		}
	}
	assert_true(i >= 22 && packets >= 40); /* the file was really read */
	json_decref(file);
}

/* ------------------------------------------------------------------- options */

static struct bytes
pixel_at(unsigned x, unsigned y, uint32_t rgb, int alpha)
{
	uint8_t data[9] = { 0xcc, (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(y >> 8),
		(uint8_t)y, (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb,
		(uint8_t)alpha };

	return ping_packet(4, data, alpha < 0 ? 8 : 9);
}

TEST_WITH(alpha_is_mixed_or_ignored, set_up, tear_down)
{
	struct fixture *f = *state;
	struct bytes half = pixel_at(3, 4, 0xff8000, 0x80),
		     none = pixel_at(3, 4, 0x123456, 0);

	assert_int_equal(feed(f, &half).painted, 1);
	assert_int_equal(look(f, 3, 4), 0xff804000);
	assert_int_equal(feed(f, &none).painted, 0);
	assert_int_equal(look(f, 3, 4), 0xff804000);
	f->config.alpha = ALPHA_IGNORE;
	assert_int_equal(feed(f, &half).painted, 1);
	assert_int_equal(look(f, 3, 4), 0xffff8000);
	assert_int_equal(feed(f, &none).painted, 1);
	assert_int_equal(look(f, 3, 4), 0xff123456);
}

TEST_WITH(the_edge_discards_or_wraps, set_up, tear_down)
{
	struct fixture *f = *state;
	struct bytes beyond = pixel_at(WIDTH + 5, 2 * HEIGHT + 7, 0x0000ff, -1);
	struct bytes furthest = pixel_at(0xffff, 0xffff, 0x00ff00, -1);

	assert_int_equal(feed(f, &beyond).out_of_bounds, 1);
	assert_int_equal(feed(f, &furthest).out_of_bounds, 1);
	f->config.out_of_bounds = OUT_WRAP;
	assert_int_equal(feed(f, &beyond).painted, 1);
	assert_int_equal(look(f, 5, 7), 0xff0000ff);
	assert_int_equal(feed(f, &furthest).painted, 1);
	assert_int_equal(look(f, 0xffff % WIDTH, 0xffff % HEIGHT), 0xff00ff00);
}

TEST_WITH(options_are_checked, set_up, tear_down)
{
	struct icmp_config config = { .interface = "any", .target = "own" };

	rejected[0] = '\0';
	icmp_check(&config, NULL);
	assert_string_equal(rejected, "");
	config.interface = "";
	icmp_check(&config, NULL);
	assert_memory_equal(rejected, "interface: ", 11);
	rejected[0] = '\0';
	config.interface = "sixteen-bytes-it";
	icmp_check(&config, NULL);
	assert_memory_equal(rejected, "interface: ", 11);
}

/* ------------------------------------------------------------- destinations */

TEST_WITH(only_own_unicast_addresses_count, set_up, tear_down)
{
	static const uint8_t others[][4] = { { 192, 0, 2, 3 }, { 192, 0, 2, 255 },
		{ 224, 0, 0, 1 }, { 255, 255, 255, 255 }, { 0, 0, 0, 0 } };
	struct fixture *f = *state;
	struct bytes raw;
	struct outcome outcome;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		raw = pixel_at(1, 1, 0xffffff, -1);
		memcpy(raw.at + 16, others[i], 4);
		fix_header(&raw, 20);
		outcome = feed(f, &raw);
		assert_int_equal(outcome.painted + outcome.malformed, 0);
		raw.at[22] ^= 1; /* broken, and still not for us */
		assert_int_equal(feed(f, &raw).malformed, 0);
	}
	raw = pixel_at(1, 1, 0xffffff, -1);
	memcpy(raw.at + 16, "\x7f\1\2\3", 4);
	fix_header(&raw, 20);
	assert_int_equal(feed(f, &raw).painted, 1);
}

TEST_WITH(claimed_addresses_belong_to_others, set_up, tear_down)
{
	static const uint8_t data[8] = { 0xcc, 0, 1, 0, 1, 1, 2, 3 };
	struct fixture *f = *state;
	struct mural_claim claims[2] = {
		{ .value = { 0xfd }, .mask = { 0xff } },
		{ .value = { 0x20, 1, 0x0d, 0xb8 }, .mask = { 0xff, 0xff, 0xff, 0xff } },
	};
	struct bytes raw = ping_packet(6, data, sizeof(data));
	struct outcome outcome;

	f->host.claims = claims;
	f->host.n_claims = 1;
	assert_int_equal(feed(f, &raw).painted, 1);
	f->host.n_claims = 2;
	outcome = feed(f, &raw);
	assert_int_equal(outcome.painted + outcome.malformed, 0);
	raw.at[45] ^= 1;
	assert_int_equal(feed(f, &raw).malformed, 0);
}

TEST_WITH(sources_without_an_address_get_no_reply, set_up, tear_down)
{
	static const uint8_t sources[][4] = { { 224, 0, 0, 1 }, { 255, 255, 255, 255 },
		{ 0, 0, 0, 0 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct bytes raw = ping_packet(4, (const uint8_t *)"\xaa", 1);

		memcpy(raw.at + 12, sources[i], 4);
		fix_header(&raw, 20);
		assert_int_equal(feed(f, &raw).malformed, 1);
	}
}

/* ---------------------------------------------------------------------- rate */

/* The key of a source that differs from `address` in its last byte. */
static uint64_t
key_of(int version, const uint8_t *address, uint8_t last)
{
	struct packet packet = { .version = (uint8_t)version };
	uint8_t source[16];

	memcpy(source, address, version == 4 ? 4 : 16);
	source[version == 4 ? 3 : 15] = last;
	packet.source = source;
	return source_key(&packet);
}

TEST_WITH(a_network_is_one_source, set_up, tear_down)
{
	static const uint8_t four[4] = { 192, 0, 2 };
	static const uint8_t net[16] = { 0x20, 1, 0x0d, 0xb8 }, link[16] = { 0xfe, 0x80 };

	assert_int_not_equal(key_of(4, four, 1), key_of(4, four, 9));
	assert_int_equal(key_of(6, net, 1), key_of(6, net, 9));
	assert_int_not_equal(key_of(6, link, 1), key_of(6, link, 9));
	assert_int_not_equal(key_of(6, net, 1), key_of(6, link, 1));
}

TEST_WITH(size_requests_are_counted_when_refused, set_up, tear_down)
{
	struct fixture *f = *state;
	struct bytes raw = ping_packet(4, (const uint8_t *)"\xaa", 1);
	uint64_t refused = 0;

	mural_ratelimit_free(f->state.size_replies);
	f->config.size_rate = 1;
	f->state.size_replies = size_replies_new(&f->config);
	for (int i = 0; i < 5; i++)
		refused += feed(f, &raw).rate_limited;
	assert_int_equal(refused, 4);
}

/* -------------------------------------------------------------------- BSD's time */

static struct outcome
feed_data(struct fixture *f, const char *data, size_t len)
{
	struct bytes raw = ping_packet(4, (const uint8_t *)data, len);

	return feed(f, &raw);
}

TEST_WITH(a_pixel_is_read_behind_a_bsd_time, set_up, tear_down)
{
	/* seconds and microseconds, big-endian; then -p cc00010002ff8000 */
	static const char bsd[] = "\x69\x2b\x5c\x10\x00\x0a\x11\x22"
				  "\xcc\x00\x01\x00\x02\xff\x80\x00";
	/* what Linux's ping -s 16 sends: its own time, with a cc in it by chance */
	static const char linux[] = "\x10\x5c\x2b\x69\x00\x00\x00\x00"
				    "\xcc\x01\x02\x00\x00\x00\x00\x00";
	struct fixture *f = *state;

	assert_int_equal(feed_data(f, bsd, 16).painted, 1);
	assert_int_equal(look(f, 1, 2), 0xffff8000);
	assert_int_equal(feed_data(f, bsd, 15).malformed, 1);
	assert_int_equal(feed_data(f, bsd, 17).malformed, 1);
	assert_int_equal(feed_data(f, linux, 16).malformed, 1);
	f->config.bsd_time = false;
	assert_int_equal(feed_data(f, bsd, 16).malformed, 1);
}

/* ---------------------------------------------------------------------- target */

TEST_WITH(only_the_target_is_painted_for, set_up, tear_down)
{
	static const struct {
		const char *target;
		bool ours, others;
	} cases[] = {
		{ "own", true, false },
		{ "any", true, true },
		{ "192.0.2.2", true, false },
		{ "192.0.2.9", false, true },
		{ "2001:db8::2", false, false },
	};
	static const char pixel[] = "\xcc\x00\x01\x00\x02\xff\x80\x00";
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->config.target = cases[i].target;
		rejected[0] = '\0';
		icmp_check(&f->config, NULL);
		assert_string_equal(rejected, "");
		assert_true(target_parse(f->config.target, &f->state.target));
		f->own[0] = local_addrs_number(4, (const uint8_t[]){ 192, 0, 2, 2 });
		assert_int_equal(feed_data(f, pixel, 8).painted, cases[i].ours);
		/* as if 192.0.2.2 were another machine, and 192.0.2.9 its name */
		f->own[0] = local_addrs_number(4, (const uint8_t[]){ 192, 0, 2, 3 });
		if (strcmp(cases[i].target, "192.0.2.9") == 0)
			assert_true(target_parse("192.0.2.2", &f->state.target));
		if (strcmp(cases[i].target, "192.0.2.2") != 0)
			assert_int_equal(feed_data(f, pixel, 8).painted, cases[i].others);
	}
	f->config.target = "wall";
	icmp_check(&f->config, NULL);
	assert_non_null(strstr(rejected, "target: must be own, any or an IP address"));
}

/* ---------------------------------------------------------------------- hint */

TEST_WITH(the_hint_can_be_copied, set_up, tear_down)
{
	struct fixture *f = *state;
	char text[128];

	struct mural_hint_request request = { .size = sizeof(request),
		.address = "192.0.2.2",
		.x = 16,
		.y = 32,
		.colour = 0xffff8000 };

	assert_true(icmp_hint(&f->host, &request, text, sizeof(text)) > 0);
	assert_string_equal(text, "ping -c1 -s 8 -p cc00100020ff8000 192.0.2.2");
	request.address = "2001:db8::2";
	request.x = request.y = 0;
	request.colour = 0xff000001;
	assert_true(icmp_hint(&f->host, &request, text, sizeof(text)) > 0);
	assert_string_equal(text, "ping -c1 -s 8 -p cc00000000000001 2001:db8::2");
	request.address = "fe80::1";
	assert_true(icmp_hint(&f->host, &request, text, sizeof(text)) < 0);
}

UNIT_TESTS(NULL, NULL)
