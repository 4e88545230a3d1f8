/* SPDX-License-Identifier: MIT */
/*
 * Reports murald's state to systemd by the protocol of sd_notify(3): datagrams of
 * assignments to the socket $NOTIFY_SOCKET.  Without that variable nothing happens.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct sd_notify {
	uv_timer_t watchdog;
	uv_loop_t *loop; /* NULL: no watchdog */
	bool (*is_alive)(void *arg);
	void *arg;
};

/* "READY=1", and with $WATCHDOG_USEC a keep-alive from the loop, twice as often as
 * required, while is_alive(arg) says so. */
void sd_notify_ready(struct sd_notify *notify, uv_loop_t *loop,
	bool (*is_alive)(void *arg), void *arg);

/* "RELOADING=1" with the time, and "READY=1" when done. */
void sd_notify_reloading(void);
void sd_notify_reloaded(void);

/* "STOPPING=1"; the timer is closed once the loop has run.  Accepts a zeroed struct. */
void sd_notify_stopping(struct sd_notify *notify);
