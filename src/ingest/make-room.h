/* SPDX-License-Identifier: MIT */
/* Who gets the last descriptors that clients may have.  The main thread. */
#pragma once

#include "base/ip-key.h"

struct connlimit;
struct listener;
union peer_address;

enum place {
	PLACE_FREE,
	PLACE_SOON, /* somebody gives way for it */
	PLACE_NONE,
};

/* Whether there is a descriptor for a client that on_client() got: one of the last for
 * clients, and one of the wall's own in exchange for such, are only for sources that have
 * less than half as many as the one that has most, which loses some then.  The lack is
 * logged now and then. */
enum place listener_place(struct listener *listener, int fd,
	const union peer_address *peer, struct connlimit *clients);
