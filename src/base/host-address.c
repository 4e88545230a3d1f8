/* SPDX-License-Identifier: MIT */
/* Finds this machine's own addresses and watches them change. */
#include "base/host-address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/hex.h"

/* Changes come in bursts: a new address brings routes with it. */
#define DEBOUNCE_MS 200

/* ------------------------------------------------------------------ the address */

/* Documentation addresses (RFC 5737, 3849): routed by default, and nothing is sent there.
 */
#define PROBE_ADDRESS_4 "203.0.113.1"
#define PROBE_ADDRESS_6 "2001:db8:ffff:ffff::1"

static socklen_t
probe_address(int family, struct sockaddr_storage *address)
{
	if (family == AF_INET) {
		uv_ip4_addr(PROBE_ADDRESS_4, 9, (struct sockaddr_in *)address);
		return sizeof(struct sockaddr_in);
	}
	uv_ip6_addr(PROBE_ADDRESS_6, 9, (struct sockaddr_in6 *)address);
	return sizeof(struct sockaddr_in6);
}

/* The source address that the kernel chooses for the default route; of several IPv6
 * addresses a public one, not a temporary one.  Connecting a UDP socket sends nothing. */
static int
route_address(int family, char text[ADDRESS_TEXT_MAX])
{
	const int prefer = IPV6_PREFER_SRC_PUBLIC;
	struct sockaddr_storage address = { 0 };
	socklen_t len = probe_address(family, &address);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = -ENOENT;

	if (fd < 0)
		return -ENOENT;
	if (family == AF_INET6)
		(void)setsockopt(
			fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, &prefer, sizeof(prefer));
	if (connect(fd, (struct sockaddr *)&address, len) == 0 &&
		getsockname(fd, (struct sockaddr *)&address, &len) == 0)
		ret = uv_ip_name((struct sockaddr *)&address, text, ADDRESS_TEXT_MAX);
	close(fd);
	return ret;
}

static bool
is_link_local(const uv_interface_address_t *one)
{
	return one->address.address4.sin_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&one->address.address6.sin6_addr);
}

/* " 02 40 00 80     eth0": interface, prefix, scope, flags; all hexadecimal. */
static unsigned
read_flags(const char *columns)
{
	static const char digits[] = "0123456789abcdef";
	unsigned flags = 0;

	for (int column = 0; column < 4; column++) {
		columns += strspn(columns, " ");
		for (flags = 0; *columns && strchr(digits, *columns); columns++)
			flags = flags << 4 |
				(unsigned)(strchr(digits, *columns) - digits);
	}
	return flags;
}

/* The kernel's flags of an IPv6 address of this machine; 0: none, or it is not there. */
static unsigned
ipv6_flags(const struct in6_addr *address)
{
	FILE *file = fopen("/proc/net/if_inet6", "re");
	char wanted[33], line[128];
	unsigned flags = 0;

	hex_write(wanted, address->s6_addr, sizeof(address->s6_addr));
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, wanted, 32) == 0)
			flags = read_flags(line + 32);
	if (file)
		fclose(file);
	return flags;
}

/* Of another machine's point of view: not the loopback's, and one that stays. */
static int
address_rank(const uv_interface_address_t *one)
{
	bool passing = one->address.address4.sin_family == AF_INET6 &&
		       ipv6_flags(&one->address.address6.sin6_addr) &
			       (IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE);

	return 2 * !one->is_internal + !passing;
}

static int
interface_address(int family, char text[ADDRESS_TEXT_MAX])
{
	uv_interface_address_t *all, *best = NULL;
	int n, ret = -ENOENT;

	if (uv_interface_addresses(&all, &n) < 0)
		return -ENOENT;
	for (int i = 0; i < n; i++) {
		if (all[i].address.address4.sin_family != family ||
			is_link_local(&all[i]))
			continue;
		if (!best || address_rank(&all[i]) > address_rank(best))
			best = &all[i];
	}
	if (best)
		ret = uv_ip_name(
			(const struct sockaddr *)&best->address, text, ADDRESS_TEXT_MAX);
	uv_free_interface_addresses(all, n);
	return ret;
}

bool
host_address_is_temporary(const char *text)
{
	struct in6_addr six;

	return inet_pton(AF_INET6, text, &six) == 1 && ipv6_flags(&six) & IFA_F_TEMPORARY;
}

int
host_address_get(int family, char text[ADDRESS_TEXT_MAX])
{
	char found[ADDRESS_TEXT_MAX] = "";
	struct in6_addr six;
	bool usable = route_address(family, found) == 0;

	if (usable && inet_pton(AF_INET6, found, &six) == 1)
		usable = !IN6_IS_ADDR_LINKLOCAL(&six);
	if (!usable)
		return interface_address(family, text);
	strcpy(text, found);
	return 0;
}

bool
host_address_is_loopback(const char *text)
{
	return strncmp(text, "127.", 4) == 0 || strcmp(text, "::1") == 0;
}

/* ------------------------------------------------------------------ changes */

static void on_event(uv_poll_t *poll, int status, int events);

/* Discards the messages, and the error ENOBUFS, by which the kernel says that some were
 * lost.  Only a bounded number, so that a flapping interface cannot hold the loop up. */
static void
on_debounced(uv_timer_t *timer)
{
	struct host_address_watch *watch = timer->data;
	char event;

	for (int i = 0; i < 1000; i++)
		if (recv(watch->fd, &event, sizeof(event), MSG_TRUNC) < 0 &&
			errno != ENOBUFS)
			break;
	uv_poll_start(&watch->poll, UV_READABLE, on_event);
	watch->on_change(watch);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct host_address_watch *watch = poll->data;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	uv_timer_start(&watch->debounce, on_debounced, DEBOUNCE_MS, 0);
}

int
host_address_watch_start(struct host_address_watch *watch, uv_loop_t *loop,
	void (*on_change)(struct host_address_watch *watch))
{
	const struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int ret = 0;

	*watch = (struct host_address_watch){ .on_change = on_change };
	watch->fd = socket(
		AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (watch->fd < 0 ||
		bind(watch->fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		ret = -errno;
	if (ret == 0)
		ret = uv_poll_init(loop, &watch->poll, watch->fd);
	if (ret < 0) {
		log_error("addresses: cannot monitor changes: %s; restart murald when "
			  "this machine's address changes",
			strerror(-ret));
		if (watch->fd >= 0)
			close(watch->fd);
		return ret;
	}
	uv_timer_init(loop, &watch->debounce);
	watch->poll.data = watch->debounce.data = watch;
	uv_poll_start(&watch->poll, UV_READABLE, on_event);
	return 0;
}

void
host_address_watch_stop(struct host_address_watch *watch)
{
	uv_close((uv_handle_t *)&watch->poll, NULL);
	uv_close((uv_handle_t *)&watch->debounce, NULL);
	close(watch->fd);
}
