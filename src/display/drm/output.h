/* SPDX-License-Identifier: MIT */
/*
 * What the KMS driver holds: a card that it is master of (device.c), and for
 * each screen an output, which is a connector of that card that is enabled, or none
 * (output.c).  Here is how they are had and given back; when is
 * drm.c's.
 */
#ifndef DISPLAY_DRM_OUTPUT_H
#define DISPLAY_DRM_OUTPUT_H

#include <uv.h>

#include "display/drm/drm.h"
#include "display/uevent.h"
#include "display/vt.h"

/* A frame that is not seen after this long never will be. */
#define FLIP_TIMEOUT_MS 1000
#define FLIP_TIMEOUTS_MAX 3

struct drm_output {
	struct drm_device *device;
	struct screen *screen;
	uv_timer_t watchdog; /* runs while a frame is under way */

	struct drm_assignment
		assigned; /* what it was enabled for; it may have taken another mode */
	struct drm_pipe pipe;
	bool enabled;
	bool flip_pending; /* an event is to come */
	uint32_t modesets; /* so that an event of an earlier one is known as such */

	drmModeCrtc *saved; /* what its CRTC showed before; NULL: not touched yet */
	uint32_t saved_connector;

	const struct drm_backend *const *backend; /* the first to try */
	unsigned flip_timeouts;                   /* in a row */
	unsigned refusals;                        /* to be enabled, in a row */
	char last_reason[DRM_REASON_MAX];         /* last reason for being dark */
};

struct drm_device {
	const struct config_display *config;
	uv_loop_t *loop;
	struct uevent uevent;
	struct display_vt vt;
	uv_timer_t retry;  /* runs while an output is dark that need not be */
	uv_poll_t *events; /* of the card; freed when closed */

	struct drm_card card;
	struct drm_output outputs[CONFIG_CONNECTORS];
	unsigned refusals;                /* by another master, in a row */
	char last_reason[DRM_REASON_MAX]; /* last reason for having no card */
	char device_path[64];             /* as configured when the card was found */
	bool blank;                       /* wanted: no signal */
	bool vt_inactive;                 /* another VT is in front */
};

/* Why there is no picture: logged when it changes, not each time it is found again. */
void drm_log_reason(char *last_reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* 1, 2, then 5 s: what refuses may come round soon, or never. */
uint64_t drm_retry_delay_ms(unsigned *refusals);

/* ------------------------------------------------------------------ the card */

/* Finds another card than the one that is open, if that one has no screen, and takes it.
 * Returns the milliseconds after which to look again while nothing was chosen. */
uint64_t device_find_card(struct drm_device *device, struct drm_assignments *assignments);

/* Gives everything back, as it was found. */
void device_drop_card(struct drm_device *device);

/* Hands the card's events to their outputs; false when it has no more to say. */
bool device_read_events(struct drm_device *device);

/* Looks what is connected once that time has passed.  In drm.c. */
void device_schedule_update(struct drm_device *device, uint64_t ms);

bool device_any_enabled(const struct drm_device *device);

/* ------------------------------------------------------------------ outputs */

/* The backend to begin with, and whether there is another when output->backend fails. */
const struct drm_backend *const *output_first_backend(void);
bool output_has_next_backend(const struct drm_output *output);

/* What comes back with the event of a frame, and the output that it is for, or NULL when
 * it is from before that was enabled. */
uintptr_t output_token(const struct drm_output *output);
struct drm_output *output_from_token(struct drm_device *device, uintptr_t token);

/* Shows the canvas on what was chosen, with whatever of its modes and of our backends the
 * kernel takes.  0 or -errno, logged; after -EACCES and -ENODEV the card is of no use. */
int output_enable(struct drm_output *output, const struct drm_assignment *assignment);

/* The same for an output that is enabled, on the same connector; what is refused leaves
 * all as it was, and is asked for no more.  Only -EACCES and -ENODEV are returned. */
int output_change_mode(
	struct drm_output *output, const struct drm_assignment *assignment);

/* Darkens the screen; when `leaving`, puts back what it showed before. */
void output_disable(struct drm_output *output, bool leaving);

/* Sees to it that a screen which is not to be enabled has no signal from others either.
 */
void output_keep_disabled(
	struct drm_output *output, const struct drm_assignment *assignment);

#endif
