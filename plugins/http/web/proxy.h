/* SPDX-License-Identifier: MIT */
/*
 * Proxies before the web server, which name the clients that they speak for:
 * X-Forwarded-For.
 *
 * A list of them is written as addresses separated by spaces; `unix` is whatever connects
 * to a Unix socket.
 */
#pragma once

#include <stdbool.h>

#include <microhttpd.h>

#include "lib/peer-address.h"

/* Whether the text is such a list; "" is one. */
bool proxies_are_valid(const char *proxies);

bool proxies_contain(const char *proxies, const struct sockaddr *peer);

/* Whom the proxy that sent this request speaks for: the last address of the last
 * X-Forwarded-For that is no proxy itself, since everything before it may be the client's
 * own invention.  False: it does not say. */
bool proxy_find_client(const char *proxies, struct MHD_Connection *connection,
	union peer_address *client);
