/* SPDX-License-Identifier: MIT */
/* Decides who gets the last descriptors that clients may have.  The main thread. */
#pragma once

#include "base/ip-key.h"

struct connlimit;
struct listener;
union peer_address;

enum place {
	PLACE_FREE,
	PLACE_SOON, /* another client is being disconnected for it */
	PLACE_NONE,
};

/* Whether a client that on_client() got may keep its descriptor.  The last ones for
 * clients are only for sources that have less than half as many as the largest source,
 * which then loses some; so are those of the wall's own, which the client exchanges for
 * one of these.  Logs the shortage now and then. */
enum place listener_place(struct listener *listener, int fd,
	const union peer_address *peer, struct connlimit *clients);
