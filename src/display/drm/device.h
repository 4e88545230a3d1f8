/* SPDX-License-Identifier: MIT */
/* A card that the KMS driver is master of, its events, and the outputs on it; and the
 * seat, which has all such cards. */
#pragma once

#include <uv.h>

#include "display/drm/output.h"
#include "display/uevent.h"
#include "display/vt.h"

/* Events get lost, so while an output is disabled, connectors are polled this often. */
#define RESCAN_MS 3000

#define SEAT_CARDS 4 /* most that show something at a time */

struct drm_device {
	struct drm_seat *seat;
	const struct config_display *config; /* the seat's, as the next */
	uv_loop_t *loop;
	uv_poll_t *events; /* of the card; freed when closed */

	struct drm_card card;
	struct drm_output outputs[CONFIG_CONNECTORS];
	unsigned refusals;                /* by another master, in a row */
	char last_reason[DRM_REASON_MAX]; /* for having no card, as logged last */
};

/* The first device has a card whenever there is one, and the outputs that it finds there.
 * What it does not find the others look for on other cards. */
struct drm_seat {
	const struct config_display *config;
	uv_loop_t *loop;
	struct uevent uevent;
	struct display_vt vt;
	uv_timer_t retry; /* runs while an output is disabled that should not be */
	uv_timer_cb on_retry;
	struct drm_device devices[SEAT_CARDS];
	bool found[CONFIG_CONNECTORS]; /* by this update, or the last */
	char last_reasons[CONFIG_CONNECTORS][DRM_REASON_MAX]; /* for not being found */
	char device_path[64]; /* as configured when the card was found */
	bool blank;           /* wanted: no signal */
	bool vt_inactive;     /* another VT is active */
};

/* Unless the open card has a screen, looks for another one that has, and opens it.
 * Returns the milliseconds after which to try again if nothing was assigned. */
uint64_t device_find_card(struct drm_device *device, struct drm_assignments *assignments);

/* Disables all outputs, restores the console and closes the card. */
void device_drop_card(struct drm_device *device);

/* Dispatches the card's events to its outputs; false at the end of file or on errors. */
bool device_read_events(struct drm_device *device);

/* The state of each output, for card_assign() to start from.  What other devices show is
 * not wanted here. */
void device_init_assignments(
	const struct drm_device *device, struct drm_assignments *assignments);

bool device_any_enabled(const struct drm_device *device);

/* Calls seat->on_retry after that time, or earlier if that is scheduled already. */
void seat_schedule_update(struct drm_seat *seat, uint64_t ms);

/* What was found on a card is for no other device to look for during this update. */
void seat_mark_found(struct drm_seat *seat, const struct drm_assignments *assignments);

bool seat_any_enabled(const struct drm_seat *seat);
