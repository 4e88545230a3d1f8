/* SPDX-License-Identifier: MIT */
/* Makes socket addresses from text, for tests of limits.  Include after <cmocka.h>. */
#pragma once

#include <arpa/inet.h>

#include "limits/connlimit.h"

static inline union peer_address
peer_of(const char *text)
{
	union peer_address peer = { .in4.sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &peer.in4.sin_addr) == 1)
		return peer;
	peer = (union peer_address){ .in6.sin6_family = AF_INET6 };
	assert_int_equal(inet_pton(AF_INET6, text, &peer.in6.sin6_addr), 1);
	return peer;
}
