/* SPDX-License-Identifier: MIT */
/*
 * What the KMS driver holds: a card that it is master of (device.c), and for
 * each head an output, which is a connector of that card that is lit, or none
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
#define SILENCE_MS 1000
#define SILENCES_MAX 3

struct drm_output {
	struct drm_kms *kms;
	struct head *head;
	uv_timer_t watchdog; /* runs while a frame is under way */

	struct drm_choice asked; /* what it was lit for; it may have taken another mode */
	struct drm_pipe pipe;
	bool lit;
	bool flipping;      /* an event is to come */
	uint32_t lightings; /* so that an event of an earlier one is known as such */

	drmModeCrtc *saved; /* what its CRTC showed before; NULL: not touched yet */
	uint32_t saved_connector;

	const struct drm_method *const *method; /* the first to try */
	unsigned silences;                      /* in a row */
	unsigned refusals;                      /* to be lit, in a row */
	char said[DRM_WHY];                     /* last reason for being dark */
};

struct drm_kms {
	const struct config_display *config;
	uv_loop_t *loop;
	struct uevent uevent;
	struct display_vt vt;
	uv_timer_t retry;  /* runs while an output is dark that need not be */
	uv_poll_t *events; /* of the card; freed when closed */

	struct drm_card card;
	struct drm_output outputs[CONFIG_CONNECTORS];
	unsigned refusals;  /* by another master, in a row */
	char said[DRM_WHY]; /* last reason for having no card */
	char device[64];    /* as configured when the card was found */
	bool blank;         /* wanted: no signal */
	bool away;          /* another VT is in front */
};

/* Why there is no picture: logged when it changes, not each time it is found again. */
void say(char *said, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 1, 2, then 5 s: what refuses may come round soon, or never. */
uint64_t patience_ms(unsigned *refusals);

/* ------------------------------------------------------------------ the card */

/* Finds another card than the one that is open, if that one has no screen, and takes it.
 * Returns the milliseconds after which to look again while nothing was chosen. */
uint64_t kms_find_card(struct drm_kms *kms, struct drm_choices *choices);

/* Gives everything back, as it was found. */
void kms_drop_card(struct drm_kms *kms);

/* Hands the card's events to their outputs; false when it has no more to say. */
bool kms_take_events(struct drm_kms *kms);

/* Looks what is connected once that time has passed.  In drm.c. */
void kms_look_later(struct drm_kms *kms, uint64_t ms);

bool kms_is_lit(const struct drm_kms *kms);

/* ------------------------------------------------------------------ outputs */

/* The method to begin with, and whether there is another when output->method fails. */
const struct drm_method *const *output_first_method(void);
bool output_has_next_method(const struct drm_output *output);

/* What comes back with the event of a frame, and the output that it is for, or NULL when
 * it is from before that was lit. */
uintptr_t output_token(const struct drm_output *output);
struct drm_output *output_of_token(struct drm_kms *kms, uintptr_t token);

/* Shows the canvas on what was chosen, with whatever of its modes and of our methods the
 * kernel takes.  0 or -errno, logged; after -EACCES and -ENODEV the card is of no use. */
int output_light(struct drm_output *output, const struct drm_choice *choice);

/* The same for an output that is lit, on the same connector; what is refused leaves all
 * as it was, and is asked for no more.  Only -EACCES and -ENODEV are returned. */
int output_change_mode(struct drm_output *output, const struct drm_choice *choice);

/* Darkens the screen; when `leaving`, puts back what it showed before. */
void output_extinguish(struct drm_output *output, bool leaving);

/* Sees to it that a screen which is not to be lit has no signal from others either. */
void output_keep_dark(struct drm_output *output, const struct drm_choice *choice);

#endif
