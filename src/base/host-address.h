/* SPDX-License-Identifier: MIT */
/* This machine's own addresses, as people outside would use them. */
#ifndef BASE_HOST_ADDRESS_H
#define BASE_HOST_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <uv.h>

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* The address that a neighbour would reach this machine by, AF_INET or AF_INET6: the one
 * that it uses itself for the way out of its default route; where there is none, the
 * first of an interface that is up, the loopback only when there is no other; never
 * link-local.  0, or -ENOENT. */
int host_address_get(int family, char text[ADDRESS_TEXT_MAX]);

/* Whether only this machine itself can use it. */
bool host_address_is_loopback(const char *text);

/* Tells when addresses or routes changed, soon after and never more than a few times a
 * second; costs nothing while they do not.  The loop's thread. */
struct host_address_watch {
	uv_poll_t poll;
	uv_timer_t debounce;
	int fd; /* a netlink socket */
	void (*on_change)(struct host_address_watch *watch);
};

/* 0 or -errno, logged. */
int host_address_watch_start(struct host_address_watch *watch, uv_loop_t *loop,
	void (*on_change)(struct host_address_watch *watch));

/* Its handles are closed once the loop has turned.  Not after a start that failed. */
void host_address_watch_stop(struct host_address_watch *watch);

#endif
