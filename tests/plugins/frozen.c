/* SPDX-License-Identifier: MIT */
/* What is compiled into plugins lies where it lay when the first of them were built, and
 * has the values that it had: this does not compile otherwise. */
#include "frozen.h"

/* A member that had another name. */
#define SAME_PLACE(type, member, was)                                                    \
	_Static_assert(offsetof(struct mural_##type, member) ==                          \
				       offsetof(struct frozen_##type, was) &&            \
			       sizeof(((struct mural_##type *)0)->member) ==             \
				       sizeof(((struct frozen_##type *)0)->was),         \
		#type "." #member " has moved: raise MURAL_ABI, or put it back")
#define SAME(type, member) SAME_PLACE(type, member, member)
#define SAME_SIZE(type)                                                                  \
	_Static_assert(sizeof(struct mural_##type) == sizeof(struct frozen_##type),      \
		#type " has another size: raise MURAL_ABI, or put it back")
#define SAME_VALUE(name, value)                                                          \
	_Static_assert((name) == (value), #name " has another value: raise MURAL_ABI")

SAME(plugin, abi);
SAME(plugin, size);
SAME(plugin, name);
SAME(plugin, summary);
SAME(plugin, version);
SAME(plugin, options);
SAME(plugin, config_size);
SAME(plugin, state_size);
SAME(plugin, conn_size);
SAME(plugin, transports);
SAME(plugin, reserved);
SAME(plugin, listen);
SAME(plugin, check);
SAME(plugin, open);
SAME(plugin, feed);
SAME(plugin, close);
SAME(plugin, attach);
SAME(plugin, drain);
SAME(plugin, detach);
SAME(plugin, start);
SAME(plugin, stop);
SAME(plugin, claim);
SAME(plugin, hint);
SAME(plugin, end);
SAME(plugin, clients_per_source);
SAME(plugin, busy_message);
SAME(plugin, reload);
SAME(plugin, denied_message);
SAME(plugin, capabilities);

SAME(brush, width);
SAME(brush, height);
SAME(brush, near_width);
SAME(brush, near_height);
SAME(brush, pixels);
SAME(brush, stride);
SAME(brush, step);
SAME(brush, left);
SAME(brush, top);
SAME(brush, tiles_x);
SAME_PLACE(brush, owner, reserved);
SAME(brush, damage);
SAME(brush, painted);
SAME(brush, store);
SAME(brush, canvas);
SAME(brush, discarded);
SAME_SIZE(brush);

SAME(batch, places);
SAME(batch, colours);
SAME(batch, tiles);
SAME_SIZE(batch);

SAME(option, name);
SAME(option, type);
SAME(option, offset);
SAME(option, initial);
SAME(option, help);
SAME(option, choices);
SAME(option, least);
SAME(option, most);
SAME_SIZE(option);

SAME(point, x);
SAME(point, y);
SAME_SIZE(point);

SAME(dimensions, width);
SAME(dimensions, height);
SAME_SIZE(dimensions);

SAME(claim, value);
SAME(claim, mask);
SAME_SIZE(claim);

SAME(rate, per_1000s);
SAME(rate, burst);
SAME_SIZE(rate);

SAME(bucket, debt);
SAME(bucket, refilled_ms);
SAME_SIZE(bucket);

SAME(view, width);
SAME(view, height);
SAME(view, tiles_x);
SAME(view, tiles_y);
SAME(view, words);
SAME_SIZE(view);

SAME(rect, x);
SAME(rect, y);
SAME(rect, width);
SAME(rect, height);
SAME_SIZE(rect);

SAME(metric, name);
SAME(metric, kind);
SAME(metric, help);
SAME_SIZE(metric);

SAME(host, size);
SAME(host, reserved);
SAME(host, state);
SAME(host, config);
SAME(host, name);
SAME(host, left);
SAME(host, top);
SAME(host, width);
SAME(host, height);
SAME(host, canvas_width);
SAME(host, canvas_height);
SAME(host, loop);
SAME(host, brush);
SAME(host, counts);
SAME(host, claims);
SAME(host, n_claims);
SAME(host, port);
SAME(host, udp_port);
SAME(host, background);
SAME(host, limits);
SAME(host, listen);

SAME(conn, size);
SAME(conn, reserved);
SAME(conn, state);
SAME(conn, config);
SAME(conn, host);
SAME(conn, peer);

SAME(counts, size);
SAME(counts, reserved);
SAME(counts, received_bytes);
SAME(counts, kernel_drops);
SAME(counts, connections);
SAME(counts, viewers);

SAME(hint_request, size);
SAME(hint_request, is_public);
SAME(hint_request, address);
SAME(hint_request, x);
SAME(hint_request, y);
SAME(hint_request, colour);
SAME(hint_request, system);
SAME(hint_request, width);
SAME(hint_request, height);

SAME_VALUE(MURAL_ABI, 1);
SAME_VALUE(MURAL_TILE_SHIFT, 5);
SAME_VALUE(MURAL_SIDE_MAX, 8192);
SAME_VALUE(MURAL_BATCH, 512);
SAME_VALUE(MURAL_BATCH_FULL, 128);
SAME_VALUE(MURAL_REASONS_MAX, 32);
SAME_VALUE(MURAL_REST_MAX, 1024);
SAME_VALUE(MURAL_TOKEN, 1000000);
SAME_VALUE(MURAL_OUT_OF_BOUNDS, 0);
SAME_VALUE(MURAL_MALFORMED, 1);
SAME_VALUE(MURAL_RATE_LIMITED, 2);
SAME_VALUE(MURAL_UNAUTHORIZED, 3);
SAME_VALUE(MURAL_FROZEN, 4);
SAME_VALUE(MURAL_PROTECTED, 5);
SAME_VALUE(MURAL_BANNED, 6);
SAME_VALUE(MURAL_ERROR, 0);
SAME_VALUE(MURAL_WARN, 1);
SAME_VALUE(MURAL_INFO, 2);
SAME_VALUE(MURAL_DEBUG, 3);
SAME_VALUE(MURAL_STREAM, 1);
SAME_VALUE(MURAL_DATAGRAM, 2);
SAME_VALUE(MURAL_POLLER, 4);
SAME_VALUE(MURAL_SERVICE, 8);
SAME_VALUE(MURAL_TYPE_BOOL, 1);
SAME_VALUE(MURAL_TYPE_NUMBER, 2);
SAME_VALUE(MURAL_TYPE_BYTES, 3);
SAME_VALUE(MURAL_TYPE_DURATION, 4);
SAME_VALUE(MURAL_TYPE_COLOUR, 5);
SAME_VALUE(MURAL_TYPE_CHOICE, 6);
SAME_VALUE(MURAL_TYPE_TEXT, 7);
SAME_VALUE(MURAL_TYPE_ADDRESS, 8);
SAME_VALUE(MURAL_TYPE_POINT, 9);
SAME_VALUE(MURAL_TYPE_DIMENSIONS, 10);
SAME_VALUE(MURAL_TYPE_SECRET, 11);
SAME_VALUE(MURAL_TYPE_LIST, 12);
SAME_VALUE(MURAL_TYPE_PATH, 13);
SAME_VALUE(MURAL_TYPE_ADDRESSES, 14);
SAME_VALUE(MURAL_ONE_THREAD, 1);
SAME_VALUE(MURAL_OWN_LIMITS, 2);
SAME_VALUE(MURAL_COUNTER, 1);
SAME_VALUE(MURAL_GAUGE, 2);
SAME_VALUE(MURAL_METRICS_MAX, 64);

int
main(void)
{
	return 0;
}
