/* SPDX-License-Identifier: MIT */
/*
 * Suppresses the kernel's own echo replies, which cost as much as all the rest of a ping,
 * and which no painter needs.
 *
 * The switches are net.ipv4.icmp_echo_ignore_all and net.ipv6.icmp.echo_ignore_all of the
 * network namespace; captures see the requests all the same.  Root may write them, or
 * CAP_NET_ADMIN, unless /proc/sys is mounted read-only.
 */
#pragma once

#include <stdbool.h>

#include <mural/plugin.h>

/* The option kernel_replies. */
enum { REPLIES_KEEP, REPLIES_SUPPRESS };

#define KERNEL_REPLIES_FAMILIES 2

struct kernel_replies {
	bool held[KERNEL_REPLIES_FAMILIES]; /* by this instance, for IPv4 and IPv6 */
};

/* Whether one of them can be written now: else CAP_NET_ADMIN is of no use for it. */
bool kernel_replies_can_be_written(void);

/* Switches them off, together with other instances that do.  A switch that cannot be
 * written is warned about: everything works, only slower, and pings get a second reply.
 */
void kernel_replies_suppress(struct kernel_replies *replies, struct mural_host *host);

/* The last instance to call it restores what was there.  Accepts a zeroed struct. */
void kernel_replies_restore(struct kernel_replies *replies, struct mural_host *host);
