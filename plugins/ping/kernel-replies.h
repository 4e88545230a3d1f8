/* SPDX-License-Identifier: MIT */
/*
 * Kernel replies: the echo replies that the kernel sends of its own accord.  They cost as
 * much as everything else that a ping costs, and nobody who paints wants them.
 *
 * Switched by net.ipv4.icmp_echo_ignore_all and net.ipv6.icmp.echo_ignore_all of the
 * network namespace; captures see the requests all the same.  Root may write them, or
 * CAP_NET_ADMIN, as long as /proc/sys is not mounted read-only.
 */
#ifndef PING_KERNEL_REPLIES_H
#define PING_KERNEL_REPLIES_H

#include <stdbool.h>

#include <mural/plugin.h>

#define KERNEL_REPLIES_FAMILIES 2

struct kernel_replies {
	bool held[KERNEL_REPLIES_FAMILIES]; /* by this instance: IPv4, IPv6 */
};

/* Switches them off, together with whatever other instance does.  What cannot be written
 * is warned about and stays: everything works, only slower, and pings have an extra
 * answer. */
void kernel_replies_suppress(struct kernel_replies *replies, struct mural_host *host);

/* The last instance to do so puts back what was there.  Accepts a zeroed struct. */
void kernel_replies_restore(struct kernel_replies *replies, struct mural_host *host);

#endif
