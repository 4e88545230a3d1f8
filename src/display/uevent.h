/* SPDX-License-Identifier: MIT */
/*
 * Uevents: the kernel's notifications that a device was added, changed or removed.
 *
 * They are hints only: they come in bursts, get lost, and say little that can be trusted,
 * so the callback must look for itself.  It is called once for a burst, at most
 * UEVENT_DEBOUNCE_MS after the first event.  The loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#define UEVENT_DEBOUNCE_MS 80

struct uevent {
	const char *subsystem; /* "drm" */
	void (*on_change)(void *arg);
	void *arg;
	uv_poll_t socket;
	uv_timer_t debounce;
	int fd; /* -1: not open */
};

/* Calls on_change(arg) for events of the subsystem.  0 or -errno, logged; uevent_stop()
 * in any case. */
int uevent_start(struct uevent *uevent, uv_loop_t *loop, const char *subsystem,
	void (*on_change)(void *arg), void *arg);

/* The struct must live until the loop has closed its handles. */
void uevent_stop(struct uevent *uevent);

/* Whether a message from the kernel is about a subsystem. */
bool uevent_matches(const char *message, size_t len, const char *subsystem);
