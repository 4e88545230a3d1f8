/* SPDX-License-Identifier: MIT */
/* Multicast groups that a UDP socket listens to: 239.1.2.3, 239.1.2.3%eth0, ff05::1%eth0.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool multicast_is_group(const struct sockaddr *address);

/* Prepares a socket for a group before it is bound: others may listen to the same, and
 * `address` becomes what to bind it to. */
void multicast_prepare(int fd, struct sockaddr *address, const char *interface);

/* Joins the group on an interface, or with NULL on all that are up and can.  0; -ENODEV:
 * there is none; or -errno. */
int multicast_join(int fd, const struct sockaddr *group, const char *interface);
