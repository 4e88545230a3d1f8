/* SPDX-License-Identifier: MIT */
/*
 * The driver for KMS: when to look for a screen, when to light it, and what to do when
 * the kernel says no.
 *
 * There is one question, asked again whenever something may have changed: what is
 * connected now, and is that what we show?  look() asks it and acts.  Uevents, a slow
 * timer while the screen is dark, and refused frames lead there; nothing else lights a
 * screen.  While the screen is lit and nothing happens, nothing runs.
 */
#include "display-drm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "display-drm-output.h"
#include "log.h"
#include "util.h"

#define AGAIN_MS 1000
/* A frame that is not seen after this long never will be. */
#define SILENCE_MS 1000
#define SILENCES_MAX 3

/* ------------------------------------------------------------------ looking */

static bool
is_shown(const struct drm_output *output, const struct drm_choice *choice)
{
	const struct drm_choice *shown = &output->pipe.choice;

	return output->lit && !choice->link_bad &&
	       choice->connector_id == shown->connector_id &&
	       memcmp(&choice->mode, &shown->mode, sizeof(shown->mode)) == 0;
}

static void
look(struct drm_output *output)
{
	struct drm_choice choice = {
		.connector_id = output->lit ? output->pipe.choice.connector_id : 0,
	};
	uint64_t again_ms = AGAIN_MS;

	if (output->card.fd >= 0 &&
		card_look(&output->card, output->config, &choice) < 0) {
		choice.connector_id = 0;
		output_drop_card(output);
	}
	if (is_shown(output, &choice))
		return;
	output_extinguish(output, false);
	if (choice.connector_id == 0)
		again_ms = output_find_card(output, &choice);
	if (choice.connector_id == 0 || output_light(output, &choice) < 0)
		output_look_later(output, again_ms);
	else
		uv_timer_stop(&output->retry);
}

static void
on_retry(uv_timer_t *timer)
{
	look(timer->data);
}

static void
on_change(void *arg)
{
	look(arg);
}

/* Never 0 ms: with libuv before 1.45 a timer that starts itself anew with 0 starves the
 * loop. */
void
output_look_later(struct drm_output *output, uint64_t ms)
{
	uv_timer_start(&output->retry, on_retry, MAX(ms, 1), 0);
}

/* ------------------------------------------------------------------ frames */

static void
on_silence(uv_timer_t *timer)
{
	struct drm_output *output = timer->data;

	log_warn("display: %s: a frame was not shown within %d ms; lighting the screen "
		 "anew",
		output->card.path, SILENCE_MS);
	output_extinguish(output, false);
	if (++output->silences >= SILENCES_MAX && output_has_next_method(output)) {
		output->silences = 0;
		output->method++;
	}
	output_look_later(output, 1);
}

/* The kernel will not take frames this way any more. */
static void
give_up_frame(struct drm_output *output, int error)
{
	uint64_t again_ms = AGAIN_MS;

	if (error == -EACCES) {
		output_say(output, "%s (%s) was taken by another program; trying again",
			output->card.path, output->card.driver);
		output_drop_card(output);
	} else if (error == -ENODEV) {
		output_say(output, "%s (%s) is gone", output->card.path,
			output->card.driver);
		output_drop_card(output);
	} else {
		output_say(output, "%s (%s): frame refused: %s", output->card.path,
			output->card.driver, strerror(-error));
		output_extinguish(output, false);
		if (output_has_next_method(output)) {
			output->method++;
			again_ms = 1;
		}
	}
	output_look_later(output, again_ms);
}

static int
drm_present(void *state, uint32_t buffer, const struct scale_box *box)
{
	struct drm_output *output = state;
	int ret = output->pipe.method->flip(&output->pipe, buffer, box, output);

	if (ret == DISPLAY_AT_ONCE) {
		uv_timer_stop(&output->watchdog);
		return ret;
	}
	if (ret < 0 && ret != -EBUSY) {
		give_up_frame(output, ret);
		return ret;
	}
	output->flipping = ret == DISPLAY_UNDER_WAY;
	if (!uv_is_active((uv_handle_t *)&output->watchdog))
		uv_timer_start(&output->watchdog, on_silence, SILENCE_MS, 0);
	return ret;
}

/* ------------------------------------------------------------------ the driver */

static int
drm_open(const struct config_display *config, uint32_t *width, uint32_t *height,
	char *why, size_t len)
{
	char reason[DRM_WHY] = "";
	struct drm_choice choice;
	struct drm_card card;
	int ret = card_find(&card, &choice, config, NULL, reason);

	snprintf(why, len, "%s", reason);
	if (ret < 0)
		return ret;
	card_close(&card);
	*width = DISPLAY_DEFAULT_WIDTH;
	*height = DISPLAY_DEFAULT_HEIGHT;
	if (choice.connector_id != 0) {
		*width = choice.mode.hdisplay;
		*height = choice.mode.vdisplay;
	}
	return 0;
}

static void *
drm_start(const struct config_display *config, uv_loop_t *loop,
	struct display_thread *thread)
{
	struct drm_output *output = calloc(1, sizeof(*output));

	if (!output)
		return NULL;
	*output = (struct drm_output){
		.config = config,
		.thread = thread,
		.loop = loop,
		.card.fd = -1,
		.method = output_first_method(),
		.retry.data = output,
		.watchdog.data = output,
	};
	uv_timer_init(loop, &output->retry);
	uv_timer_init(loop, &output->watchdog);
	(void)uevent_start(&output->uevent, loop, "drm", on_change, output);
	output_look_later(output, 1);
	return output;
}

static void
drm_stop(void *state)
{
	struct drm_output *output = state;

	output_drop_card(output);
	uevent_stop(&output->uevent);
	uv_close((uv_handle_t *)&output->retry, NULL);
	uv_close((uv_handle_t *)&output->watchdog, NULL);
}

static int
drm_list(const struct config_display *config, FILE *out)
{
	(void)config;
	return cards_list(out);
}

const struct display_driver display_drm = {
	.name = "kms",
	.open = drm_open,
	.start = drm_start,
	.stop = drm_stop,
	.free = free,
	.present = drm_present,
	.list = drm_list,
};
