/* SPDX-License-Identifier: MIT */
/*
 * Pings decoded in the kernel by XDP, beside a capture, for the icmp and ipv6 plugins.
 *
 * The module xdp.module, if it is installed beside the plugin, takes what is certainly a
 * pixel before the network stack sees it; the capture stays open for all else, and for
 * interfaces that cannot have it.  Pixels come out here and are painted as those of the
 * capture are: the same brush, the same limits.
 *
 * One thread: that of the capture.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <mural/plugin.h>

#include "ping/capture.h"
#include "ping/xdp/module.h"

/* The option accelerate. */
enum { ACCELERATE_OFF, ACCELERATE_AUTO, ACCELERATE_XDP };

/* The places of its metrics in the plugin's table. */
enum {
	ACCELERATE_PACKETS,
	ACCELERATE_NATIVE,
	ACCELERATE_GENERIC,
};

#define ACCELERATE_OPTION(config_struct)                                                 \
	MURAL_CHOICE(config_struct, accelerate, "off", "off auto xdp",                   \
		"auto, xdp: decode pings in the kernel; auto: where that is possible")

#define ACCELERATE_METRICS                                                               \
	{ "xdp_packets", MURAL_COUNTER, "Packets that XDP took out of the network." },   \
		{ "xdp_native_interfaces", MURAL_GAUGE,                                  \
			"Interfaces whose driver runs the XDP program." },               \
		{ "xdp_generic_interfaces", MURAL_GAUGE,                                 \
			"Interfaces where the kernel runs the XDP program behind the "   \
			"driver." },

/* What an instance wants. */
struct accelerate_wish {
	uint32_t mode; /* the option */
	enum xdp_role role;
	const char *refusal;                  /* why its other options exclude it; NULL */
	const struct xdp_template *addresses; /* of XDP_ADDRESSES */
};

struct accelerated_pixel {
	uint32_t x, y; /* at most 65535, which is beyond any canvas */
	uint32_t side;
	uint32_t argb;
};

/* Of the packet only what limits ask for is set. */
typedef void accelerate_handler(
	void *user, const struct packet *packet, const struct accelerated_pixel *pixel);

/* An interface that was tried. */
struct accelerated_card {
	struct local_card card;
	enum xdp_mode mode;
};

/* All but `tap` is accelerate.c's own. */
struct accelerator {
	const struct xdp_module *module;
	struct xdp_tap *tap; /* NULL: all comes by the capture */
	enum xdp_role role;
	uint32_t mode;
	struct xdp_template addresses; /* of XDP_ADDRESSES */
	time_t next_try; /* to open the tap, which another instance has; 0: never */
	int timer;       /* rings while pixels come; -1: none */
	uint32_t generation;
	struct accelerated_card cards[XDP_PORTS_MAX];
	size_t n_cards;
	struct xdp_counts seen;
};

/* For mural_plugin.check: xdp with options that exclude it is an error. */
void accelerate_check(const struct accelerate_wish *wish, struct mural_check *check);

/* For mural_plugin.prepare: loads the program, which takes rights. */
void accelerate_prepare(const struct accelerate_wish *wish);

/* After capture_open().  0; or -errno, logged: it must be XDP and cannot, and there is
 * nothing to close. */
int accelerator_open(struct accelerator *accelerator, struct capture *capture,
	struct mural_host *host, const struct accelerate_wish *wish);

/* Hands over at most CAPTURE_BATCH pixels; before capture_drain(), which publishes what
 * was counted.  An instance with auto that found the tap taken tries again, once a second
 * while there are pings to take.  1: there may be more. */
int accelerator_drain(struct accelerator *accelerator, struct capture *capture,
	struct mural_host *host, accelerate_handler *handler, void *user);

/* Before capture_close(). */
void accelerator_close(struct accelerator *accelerator);
