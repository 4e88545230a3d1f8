/* SPDX-License-Identifier: MIT */
/* Sockets bound to the addresses of the config. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host-address.h"

/* Creates a bound, non-blocking socket; with SOCK_STREAM it listens.  `address` is
 * written as in murald.conf: HOST:PORT, [V6]:PORT ([::] takes IPv4, too), unix:PATH.  The
 * descriptor, or -errno, logged with `name`. */
int socket_bind(const char *name, const char *address, int type);

/* Whether socket_bind() could bind a TCP or UDP address now: binds it without listening,
 * and closes it.  0 or -errno, not logged. */
int socket_try_bind(const char *address, int type);

/* The IP address that a socket is bound to, as text; false when that is the wildcard
 * address, or it is a Unix socket. */
bool socket_bound_address(int fd, char text[ADDRESS_TEXT_MAX]);

/* The address for the log, with the port that the kernel chose if the config says 0.
 * Returns that port; 0 for a Unix socket. */
uint16_t socket_text(int fd, const char *address, char *text, size_t len);
