/* SPDX-License-Identifier: MIT */
/* Who gets the last descriptors that clients may have.  The main thread. */
#pragma once

#include "base/ip-key.h"

struct connlimit;
struct listener;
union peer_address;

/* Whether a client that on_client() got must be refused: it took one of the descriptors
 * that belong to the wall itself, or one of the last for clients, and its source has half
 * as many as the one that has most.  Logged now and then.  Others get one of the last,
 * the very last if they have none yet, and then the source that has most loses some. */
bool listener_is_full(struct listener *listener, int fd, const union peer_address *peer,
	struct connlimit *clients);
