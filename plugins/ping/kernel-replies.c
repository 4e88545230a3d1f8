/* SPDX-License-Identifier: MIT */
/* Suppresses the kernel's own echo replies through its sysctls. */
#include "ping/kernel-replies.h"

#include <errno.h>
#include <string.h>

static const char *const sysctls[KERNEL_REPLIES_FAMILIES] = {
	"/proc/sys/net/ipv4/icmp_echo_ignore_all",
	"/proc/sys/net/ipv6/icmp/echo_ignore_all",
};

void
kernel_replies_suppress(struct kernel_replies *replies, struct mural_host *host)
{
	for (int i = 0; i < KERNEL_REPLIES_FAMILIES; i++) {
		int ret = mural_sysctl_acquire(host, sysctls[i], '1');

		replies->held[i] = ret == 0;
		if (ret < 0 && ret != -ENOENT) /* no IPv6 */
			mural_log(host, MURAL_WARN,
				"cannot write %s: %s; the kernel still answers pings; "
				"set it by hand, or give murald CAP_NET_ADMIN and a "
				"writable /proc/sys",
				sysctls[i], strerror(-ret));
	}
}

void
kernel_replies_restore(struct kernel_replies *replies, struct mural_host *host)
{
	for (int i = 0; i < KERNEL_REPLIES_FAMILIES; i++) {
		if (replies->held[i])
			mural_sysctl_release(host, sysctls[i]);
		replies->held[i] = false;
	}
}
