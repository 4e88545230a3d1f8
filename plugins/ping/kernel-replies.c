/* SPDX-License-Identifier: MIT */
/* Suppresses the kernel's own echo replies through its sysctls. */
#include "ping/kernel-replies.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const sysctls[KERNEL_REPLIES_FAMILIES] = {
	"/proc/sys/net/ipv4/icmp_echo_ignore_all",
	"/proc/sys/net/ipv6/icmp/echo_ignore_all",
};

bool
kernel_replies_can_be_written(void)
{
	for (int i = 0; i < KERNEL_REPLIES_FAMILIES; i++) {
		int fd = open(sysctls[i], O_WRONLY | O_CLOEXEC);

		if (fd >= 0) {
			close(fd);
			return true;
		}
	}
	return false;
}

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
