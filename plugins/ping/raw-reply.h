/* SPDX-License-Identifier: MIT */
/*
 * Replies to pings, through raw sockets that receive nothing: from the address to which
 * the request went, whatever the routes would choose.
 *
 * One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ping/packet.h"

struct raw_reply {
	int v4, v6; /* -1: the host has no such protocol */
};

/* It needs CAP_NET_RAW, as the capture does. */
void raw_reply_open(struct raw_reply *raw);

/* Sends a message of ICMP or ICMPv6.  What the kernel refuses is lost, as any packet may
 * be. */
void raw_reply_send(const struct raw_reply *raw, const struct packet *packet,
	const uint8_t *reply, size_t len);

void raw_reply_close(struct raw_reply *raw);
