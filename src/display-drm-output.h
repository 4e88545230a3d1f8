/* SPDX-License-Identifier: MIT */
/*
 * What the KMS driver holds: a card that it is master of, and a connector of it that is
 * lit, or neither.  Here is how they are had and given back; when is display-drm.c's.
 */
#ifndef DISPLAY_DRM_OUTPUT_H
#define DISPLAY_DRM_OUTPUT_H

#include <uv.h>

#include "display-drm.h"
#include "uevent.h"

struct drm_output {
	const struct config_display *config;
	struct display_thread *thread;
	uv_loop_t *loop;
	struct uevent uevent;
	uv_timer_t retry;    /* runs while dark */
	uv_timer_t watchdog; /* runs while a frame is under way */
	uv_poll_t *events;   /* of the card; freed when closed */

	struct drm_card card;
	struct drm_pipe pipe;
	bool lit;
	bool flipping; /* an event is to come */

	drmModeCrtc *saved; /* what the card showed before */
	uint32_t saved_connector;

	const struct drm_method *const *method; /* the first to try */
	unsigned silences;                      /* in a row */
	unsigned refusals;                      /* by another master, in a row */
	char said[DRM_WHY];                     /* last reason for being dark */
};

/* Why there is no picture: logged when it changes, not each time it is found again. */
void output_say(struct drm_output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The method to begin with, and whether there is another when output->method fails. */
const struct drm_method *const *output_first_method(void);
bool output_has_next_method(const struct drm_output *output);

/* Finds another card than the one that is open, if that one has no screen, and takes it.
 * Returns the milliseconds after which to look again while nothing was chosen. */
uint64_t output_find_card(struct drm_output *output, struct drm_choice *choice);

/* Gives everything back, as it was found. */
void output_drop_card(struct drm_output *output);

/* Shows the canvas on what was chosen.  On failure, which is logged, the card is dropped.
 */
int output_light(struct drm_output *output, const struct drm_choice *choice);

/* Darkens the screen; when `leaving`, puts back what it showed before. */
void output_extinguish(struct drm_output *output, bool leaving);

/* Looks what is connected once that time has passed.  In display-drm.c. */
void output_look_later(struct drm_output *output, uint64_t ms);

#endif
