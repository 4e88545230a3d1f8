/* SPDX-License-Identifier: MIT */
/* What the kernel's packet filter does with new connections from other machines, read
 * from what `nft list ruleset` prints. */
#pragma once

#include <stddef.h>

enum filter_verdict {
	FILTER_PASSES,
	FILTER_UNSURE, /* it depends on what is not known here */
	FILTER_DROPS,
};

/* `protocol` is "tcp", "udp" or "icmp" (an echo request, without a port), over IPv4; the
 * chain that drops it is written as "inet filter input".  Rules whose meaning is not
 * known may accept anything. */
enum filter_verdict filter_judge(const char *ruleset, const char *protocol, unsigned port,
	char *chain, size_t len);
