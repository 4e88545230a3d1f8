/* SPDX-License-Identifier: MIT */
/*
 * The virtual terminal: when murald was given one as standard input (systemd's TTYPath=),
 * people may switch to another console and back, and the screens are whose console is in
 * front.  Without one nothing of this happens: the screens are murald's throughout.
 *
 * The display's thread.  Source: ioctl_vt(2), VT_SETMODE.
 */
#ifndef DISPLAY_VT_H
#define DISPLAY_VT_H

#include <stdbool.h>
#include <uv.h>

struct display_vt {
	int fd; /* -1: none */
	void (*on_leave)(void *arg);
	void (*on_enter)(void *arg);
	void *arg;
	uv_signal_t leave, enter;
};

/* Brings our terminal to the front, if there is one.  Calls on_leave(arg), which has to
 * let the screens go, before another console comes to the front, and on_enter(arg) when
 * ours has come back.  False when it is not in front now; on_enter() follows. */
bool vt_start(struct display_vt *vt, uv_loop_t *loop, void (*on_leave)(void *arg),
	void (*on_enter)(void *arg), void *arg);

/* From then on switching is the kernel's alone.  The struct must live until the loop has
 * closed its handles. */
void vt_stop(struct display_vt *vt);

#endif
