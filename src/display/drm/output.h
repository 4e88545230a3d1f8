/* SPDX-License-Identifier: MIT */
/*
 * An output: a connector of the card that shows a screen's buffers, or none yet.  Here is
 * how an output is enabled and disabled; drm.c decides when.
 */
#pragma once

#include <uv.h>

#include "display/drm/drm.h"

struct drm_device;

struct drm_output {
	struct drm_device *device; /* not used here */
	const struct drm_card *card;
	const struct config_display *config;
	uint32_t index; /* of the output and its screen */
	struct screen *screen;
	uv_timer_t watchdog; /* runs while a page flip is pending */

	/* what it was enabled for; the mode may be another one */
	struct drm_assignment assigned;
	struct drm_pipe pipe;
	bool enabled;
	bool flip_pending; /* an event is to come */
	uint32_t modesets; /* distinguishes events from before the last one */

	drmModeCrtc *saved; /* what its CRTC showed before; NULL: not touched yet */
	uint32_t saved_connector;

	const struct drm_backend *const *backend; /* the first to try */
	unsigned flip_timeouts;                   /* in a row */
	unsigned refusals;                        /* to be enabled, in a row */
	char last_reason[DRM_REASON_MAX];         /* for being disabled, as logged last */
};

/* Logs why there is no picture, unless `last_reason` says the same already. */
void drm_log_reason(char *last_reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* 1, 2, then always 5 s. */
uint64_t drm_retry_delay_ms(unsigned *refusals);

/* The backend to begin with, and whether there is another when output->backend fails. */
const struct drm_backend *const *output_first_backend(void);
bool output_has_next_backend(const struct drm_output *output);

/* The user data of its page flip events; changes with each modeset. */
uintptr_t output_token(const struct drm_output *output);

/* Enables the assigned connector with the first mode and backend that the kernel accepts.
 * 0 or -errno, logged; after -EACCES and -ENODEV the card is unusable. */
int output_enable(struct drm_output *output, const struct drm_assignment *assignment);

/* The same for an enabled output on the same connector; a mode that is refused changes
 * nothing and is not tried again.  Returns no errors but -EACCES and -ENODEV. */
int output_change_mode(
	struct drm_output *output, const struct drm_assignment *assignment);

/* Disables the output; when `leaving`, restores what the screen showed before. */
void output_disable(struct drm_output *output, bool leaving);

/* Switches off whatever another program shows on an output that is to stay disabled. */
void output_keep_disabled(
	struct drm_output *output, const struct drm_assignment *assignment);
