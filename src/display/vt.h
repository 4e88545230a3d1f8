/* SPDX-License-Identifier: MIT */
/*
 * Cooperates with console switching when standard input is a virtual terminal (systemd's
 * TTYPath=): the screens belong to whichever console is active.  Without a terminal,
 * murald keeps the screens throughout.
 *
 * The display's thread.  See ioctl_vt(2), VT_SETMODE.
 */
#pragma once

#include <stdbool.h>
#include <termios.h>
#include <uv.h>

struct display_vt {
	int fd; /* -1: none */
	unsigned number;
	bool own_console, keys_taken; /* nobody else's session is on it */
	struct termios keys;          /* as they were found */
	void (*on_leave)(void *arg);
	void (*on_enter)(void *arg);
	void *arg;
	uv_signal_t leave, enter;
};

/* Takes our terminal, if there is one, and brings it to the front unless somebody uses
 * the console that is there.  On one of our own no key is a signal until vt_stop(). Calls
 * on_leave(arg), which must release the screens, before another console becomes active,
 * and on_enter(arg) when ours is active again.  False when it is not active yet;
 * on_enter() follows. */
bool vt_start(struct display_vt *vt, uv_loop_t *loop, void (*on_leave)(void *arg),
	void (*on_enter)(void *arg), void *arg);

/* Leaves switching to the kernel again.  The struct must live until the loop has closed
 * its handles. */
void vt_stop(struct display_vt *vt);
