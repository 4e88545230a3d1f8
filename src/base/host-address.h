/* SPDX-License-Identifier: MIT */
/* This machine's own addresses, as other machines reach it. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <uv.h>

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* The address, AF_INET or AF_INET6, at which others reach this machine: the source
 * address of its default route; without a route, that of the first interface that is up,
 * the loopback's or a temporary one only if there is no other; never link-local.  0, or
 * -ENOENT. */
int host_address_get(int family, char text[ADDRESS_TEXT_MAX]);

/* Whether it is a temporary IPv6 address, which the kernel soon changes. */
bool host_address_is_temporary(const char *text);

bool host_address_is_loopback(const char *text);

/* Calls on_change() soon after addresses or routes changed, at most a few times a second.
 * The loop's thread. */
struct host_address_watch {
	uv_poll_t poll;
	uv_timer_t debounce;
	int fd; /* a netlink socket */
	void (*on_change)(struct host_address_watch *watch);
};

/* 0 or -errno, logged. */
int host_address_watch_start(struct host_address_watch *watch, uv_loop_t *loop,
	void (*on_change)(struct host_address_watch *watch));

/* The handles are closed by the next turn of the loop.  Not after a failed start. */
void host_address_watch_stop(struct host_address_watch *watch);
