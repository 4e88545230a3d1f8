/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the stream of a p² client: whole, with blocks of Puts decoded at once, and cut
 * into pieces as the first byte says, it must give the same valid events.
 * tests/unit/p2/test-p2-wire runs it on mutations of valid streams.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "p2/block.h"
#include "p2/parser.h"
#include "p2/wire.h"

/* A checksum of all events and their values. */
struct trace {
	uint64_t sum, events;
	bool logged_in, over;
};

static void
mix(struct trace *trace, uint64_t value)
{
	trace->sum = (trace->sum ^ value) * UINT64_C(0x100000001b3);
}

static void
check_range(int32_t n)
{
	assert(n >= -P2_COORDINATE_MAX && n <= P2_COORDINATE_MAX);
}

static void
check_auth(const struct p2_parser *parser, struct trace *trace)
{
	struct p2_auth auth = p2_parser_auth(parser);

	assert(!trace->logged_in && trace->events == 1);
	assert(auth.len >= 1 && auth.len <= P2_NAME_MAX);
	assert(utf8_is_valid(auth.name, auth.len));
	for (size_t i = 0; i < auth.len; i++)
		mix(trace, (uint8_t)auth.name[i]);
	for (int i = 0; i < P2_OTP_BYTES; i++) {
		assert(auth.otp[i] >> 4 <= 9 && (auth.otp[i] & 15) <= 9);
		mix(trace, auth.otp[i]);
	}
	trace->logged_in = true;
}

static void
check_event(
	const struct p2_parser *parser, const struct p2_event *event, struct trace *trace)
{
	trace->events++;
	mix(trace, event->kind);
	assert(!trace->over);
	if (event->kind == P2_EVENT_AUTH) {
		check_auth(parser, trace);
		return;
	}
	if (event->kind == P2_EVENT_BAD_AUTH) {
		assert(!trace->logged_in && trace->events == 1);
		trace->over = true;
		return;
	}
	assert(trace->logged_in);
	trace->over = event->kind == P2_EVENT_DISCONNECT;
	if (event->kind == P2_EVENT_PUT || event->kind == P2_EVENT_SUB) {
		check_range(event->x1);
		check_range(event->y1);
		mix(trace, event->x1);
		mix(trace, event->y1);
	}
	if (event->kind == P2_EVENT_SUB) {
		check_range(event->x2);
		check_range(event->y2);
		mix(trace, event->x2);
		mix(trace, event->y2);
	}
	if (event->kind == P2_EVENT_PUT)
		mix(trace, event->argb);
	if (event->kind == P2_EVENT_MALFORMED || event->kind == P2_EVENT_UNKNOWN)
		mix(trace, event->type);
}

static void
check_block(
	const struct p2_parser *parser, const struct p2_block *block, struct trace *trace)
{
	for (unsigned i = 0; i < P2_BLOCK; i++) {
		struct p2_event event = {
			.kind = P2_EVENT_PUT,
			.x1 = block->x[i],
			.y1 = block->y[i],
			.argb = block->argb[i],
		};

		check_event(parser, &event, trace);
	}
}

static void
feed(struct p2_parser *parser, const uint8_t *data, size_t len, struct trace *trace)
{
	uint8_t *copy = fuzz_copy(data, len);
	struct p2_block block;
	size_t used = 0;

	while (used < len) {
		struct p2_event event;
		size_t more;

		if (p2_parser_block(parser, copy + used, len - used, &block)) {
			check_block(parser, &block, trace);
			used += P2_BLOCK_BYTES;
			continue;
		}
		more = p2_parser_next(parser, copy + used, len - used, &event);

		assert(more > 0 && more <= len - used);
		used += more;
		if (event.kind == P2_EVENT_NONE)
			assert(used == len);
		else
			check_event(parser, &event, trace);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct p2_parser whole = { 0 }, cut = { 0 };
	struct trace whole_trace = { 0 }, cut_trace = { 0 };
	size_t step;

	if (len < 2)
		return 0;
	step = data[0] % 23 + 1;
	feed(&whole, data + 1, len - 1, &whole_trace);
	for (size_t at = 1; at < len; at += step)
		feed(&cut, data + at, len - at < step ? len - at : step, &cut_trace);
	assert(whole_trace.sum == cut_trace.sum);
	assert(whole_trace.events == cut_trace.events);
	return 0;
}
