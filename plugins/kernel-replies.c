/* SPDX-License-Identifier: MIT */
/* Switches the kernel's echo replies off and on. */
#include "kernel-replies.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const switches[KERNEL_REPLIES_FAMILIES] = {
	"/proc/sys/net/ipv4/icmp_echo_ignore_all",
	"/proc/sys/net/ipv6/icmp/echo_ignore_all",
};

/* The character at the head of the file, or -errno. */
static int
read_switch(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	char value;

	if (fd < 0)
		return -errno;
	ret = read(fd, &value, 1) == 1 ? (unsigned char)value : -EIO;
	close(fd);
	return ret;
}

static int
write_switch(const char *path, char value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, &value, 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

void
kernel_replies_suppress(struct kernel_replies *replies, const struct mural_host *host)
{
	for (int i = 0; i < KERNEL_REPLIES_FAMILIES; i++) {
		int ret = read_switch(switches[i]);

		if (ret == -ENOENT || ret == '1') /* no IPv6, or already off */
			continue;
		if (ret >= 0)
			ret = write_switch(switches[i], '1');
		if (ret < 0)
			mural_log(host, MURAL_WARN,
				"cannot write %s: %s; the kernel goes on answering "
				"pings; set it by hand, or give murald CAP_NET_ADMIN and "
				"a writable /proc/sys",
				switches[i], strerror(-ret));
		replies->switched_off[i] = ret >= 0;
	}
}

void
kernel_replies_restore(struct kernel_replies *replies, const struct mural_host *host)
{
	for (int i = 0; i < KERNEL_REPLIES_FAMILIES; i++) {
		int ret = replies->switched_off[i] ? write_switch(switches[i], '0') : 0;

		replies->switched_off[i] = false;
		if (ret < 0)
			mural_log(host, MURAL_WARN,
				"cannot put %s back to 0: %s; do it by hand", switches[i],
				strerror(-ret));
	}
}
