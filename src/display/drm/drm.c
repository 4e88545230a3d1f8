/* SPDX-License-Identifier: MIT */
/*
 * The driver for KMS: when to look for screens, when to light them, and what to do when
 * the kernel says no.
 *
 * There is one question, asked again whenever something may have changed: what is
 * connected now, and is that what we show?  look() asks it and acts, for each output by
 * itself.  Uevents, a slow timer while a screen is dark, and refused frames lead there;
 * nothing else lights a screen.  While all are lit and nothing happens, nothing runs.
 */
#include "display/drm/drm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "display/drm/output.h"

#define AGAIN_MS 1000
#define DARK_MS 3000

/* ------------------------------------------------------------------ looking */

/* Whether the config and the screen still say what the output was lit for. */
static bool
is_shown(const struct drm_output *output, const struct drm_choice *choice)
{
	const struct drm_choice *asked = &output->asked;

	return output->lit && !choice->link_bad &&
	       choice->connector_id == output->pipe.connector_id &&
	       memcmp(&choice->modes[0], &asked->modes[0], sizeof(asked->modes[0])) == 0;
}

/* What each output shows, for card_look() to start from. */
static void
begin_choices(const struct drm_kms *kms, struct drm_choices *choices)
{
	choices_init(choices, kms->config);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct drm_output *output = &kms->outputs[i];
		struct drm_choice *choice = &choices->heads[i];

		choice->lit =
			output->lit && strcmp(choice->wanted, output->asked.wanted) == 0;
		if (choice->lit) {
			choice->connector_id = output->pipe.connector_id;
			choice->crtc_id = output->pipe.crtc_id;
		}
	}
}

/* Lights what is dark.  How long until the next try; 0: it is lit, or the card is gone.
 */
static uint64_t
light(struct drm_kms *kms, struct drm_output *output, const struct drm_choice *choice)
{
	int ret;

	if (choice->connector_id == 0) {
		if (kms_is_lit(kms))
			say(output->said,
				"%s (%s): no screen is connected to %s; waiting for one",
				kms->card.path, kms->card.driver, choice->wanted);
		return DARK_MS;
	}
	ret = output_light(output, choice);
	if (ret == 0)
		return 0;
	if (ret == -EACCES || ret == -ENODEV)
		kms_drop_card(kms);
	return patience_ms(&output->refusals);
}

static bool
can_stay_lit(const struct drm_output *output, const struct drm_choice *choice)
{
	return output->lit && !choice->link_bad &&
	       choice->connector_id == output->pipe.connector_id &&
	       choice->crtc_id == output->pipe.crtc_id;
}

/* Darkens what should show something else.  When only the config changed, the old
 * picture stays until the new one is there; a screen that was changed for another may
 * need to be switched off first. */
static void
settle(struct drm_kms *kms, const struct drm_choices *choices, bool config_changed)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &kms->outputs[i];
		const struct drm_choice *choice = &choices->heads[i];

		if (!output->lit)
			continue;
		if (is_shown(output, choice))
			memcpy(output->asked.wanted, choice->wanted,
				sizeof(choice->wanted));
		else if (!config_changed || !can_stay_lit(output, choice))
			output_extinguish(output,
				strcmp(choice->wanted, output->asked.wanted) != 0);
		else if (output_change_mode(output, choice) < 0)
			kms_drop_card(kms);
	}
}

/* Lights all that is dark and need not be.  How long until the next try; 0: none. */
static uint64_t
light_all(struct drm_kms *kms, const struct drm_choices *choices)
{
	uint64_t again_ms = 0;

	for (uint32_t i = 0; i < CONFIG_CONNECTORS && kms->card.fd >= 0; i++) {
		const struct drm_choice *choice = &choices->heads[i];
		uint64_t ms;

		if (kms->outputs[i].lit || !*choice->wanted)
			continue;
		ms = light(kms, &kms->outputs[i], choice);
		if (ms != 0 && (again_ms == 0 || ms < again_ms))
			again_ms = ms;
	}
	/* Where nothing could be lit at all, another card may do, or a new descriptor. */
	if (again_ms != 0 && !kms_is_lit(kms) && choices_any(choices))
		kms_drop_card(kms);
	return again_ms;
}

static void
keep_all_dark(struct drm_kms *kms, const struct drm_choices *choices)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (choices->heads[i].connector_id != 0)
			output_keep_dark(&kms->outputs[i], &choices->heads[i]);
}

static void
look(struct drm_kms *kms, bool probe, bool config_changed)
{
	struct drm_choices choices;
	uint64_t again_ms = 0;

	uv_timer_stop(&kms->retry);
	if (kms->away)
		return;
	begin_choices(kms, &choices);
	if (kms->card.fd >= 0 &&
		card_look(&kms->card, kms->config, probe, &choices) < 0) {
		choices_init(&choices, kms->config);
		kms_drop_card(kms);
	}
	settle(kms, &choices, config_changed);
	if (!choices_any(&choices) || kms->card.fd < 0)
		again_ms = kms_find_card(kms, &choices);
	if (choices_any(&choices)) {
		kms->said[0] = '\0';
		again_ms = 0;
		if (kms->blank)
			keep_all_dark(kms, &choices);
		else
			again_ms = light_all(kms, &choices);
	}
	if (again_ms != 0)
		kms_look_later(kms, again_ms);
}

static void
on_retry(uv_timer_t *timer)
{
	look(timer->data, false, false);
}

static void
on_change(void *arg)
{
	look(arg, true, false);
}

/* Never 0 ms: with libuv before 1.45 a timer that starts itself anew with 0 starves the
 * loop. */
void
kms_look_later(struct drm_kms *kms, uint64_t ms)
{
	uv_timer_start(&kms->retry, on_retry, MAX(ms, 1), 0);
}

/* ------------------------------------------------------------------ frames */

/* Whoever was stopped for a while finds the event there all the same. */
static void
on_silence(uv_timer_t *timer)
{
	struct drm_output *output = timer->data;
	struct drm_kms *kms = output->kms;
	const bool waited = output->flipping;

	if (!kms_take_events(kms))
		kms_look_later(kms, 1);
	if (!output->lit || uv_is_active((uv_handle_t *)timer) ||
		(waited && !output->flipping))
		return;
	log_warn("display: %s, %s: a frame was not shown within %d ms; lighting the "
		 "screen anew",
		kms->card.path, output->asked.connector, SILENCE_MS);
	output_extinguish(output, false);
	if (++output->silences >= SILENCES_MAX && output_has_next_method(output)) {
		output->silences = 0;
		output->method++;
	}
	kms_look_later(kms, 1);
}

/* The kernel will not take frames this way any more. */
static void
give_up_frame(struct drm_output *output, int error)
{
	struct drm_kms *kms = output->kms;
	const struct drm_card *card = &kms->card;
	uint64_t again_ms = AGAIN_MS;

	if (error == -EACCES) {
		say(kms->said, "%s (%s) was taken by another program; trying again",
			card->path, card->driver);
		kms_drop_card(kms);
	} else if (error == -ENODEV) {
		say(kms->said, "%s (%s) is gone", card->path, card->driver);
		kms_drop_card(kms);
	} else {
		say(output->said, "%s (%s), %s: frame refused: %s", card->path,
			card->driver, output->asked.connector, strerror(-error));
		output_extinguish(output, false);
		if (output_has_next_method(output)) {
			output->method++;
			again_ms = 1;
		}
	}
	kms_look_later(kms, again_ms);
}

static int
drm_present(void *state, uint32_t buffer, const struct box *box)
{
	struct drm_output *output = state;
	int ret = output->pipe.method->flip(
		&output->pipe, buffer, box, output_token(output));

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

/* ------------------------------------------------------------------ the console */

static void
on_vt_left(void *arg)
{
	struct drm_kms *kms = arg;

	kms->away = true;
	kms_drop_card(kms);
}

static void
on_vt_entered(void *arg)
{
	struct drm_kms *kms = arg;

	kms->away = false;
	look(kms, true, false);
}

/* ------------------------------------------------------------------ the driver */

static int
drm_open(const struct config_display *config, uint32_t *width, uint32_t *height,
	char *why, size_t len)
{
	char reason[DRM_WHY] = "";
	struct drm_choices choices;
	struct drm_card card;
	int ret = card_find(&card, &choices, config, NULL, reason);

	snprintf(why, len, "%s", reason);
	if (ret < 0)
		return ret;
	card_close(&card);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct drm_choice *choice = &choices.heads[i];

		if (choice->connector_id == 0)
			continue;
		*width = choice->modes[0].hdisplay;
		*height = choice->modes[0].vdisplay;
		break;
	}
	return 0;
}

static void *
drm_start(const struct config_display *config, uv_loop_t *loop,
	struct display_thread *thread)
{
	struct drm_kms *kms = calloc(1, sizeof(*kms));

	if (!kms)
		return NULL;
	kms->config = config;
	kms->loop = loop;
	kms->card.fd = -1;
	kms->retry.data = kms;
	snprintf(kms->device, sizeof(kms->device), "%s", config->device);
	uv_timer_init(loop, &kms->retry);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &kms->outputs[i];

		output->kms = kms;
		output->head = display_head(thread, i);
		output->method = output_first_method();
		output->watchdog.data = output;
		uv_timer_init(loop, &output->watchdog);
	}
	(void)uevent_start(&kms->uevent, loop, "drm", on_change, kms);
	kms->away = !vt_start(&kms->vt, loop, on_vt_left, on_vt_entered, kms);
	kms_look_later(kms, 1);
	return kms;
}

static void
drm_reconfigure(void *state)
{
	struct drm_kms *kms = state;

	if (strcmp(kms->device, kms->config->device) != 0) {
		kms_drop_card(kms);
		snprintf(kms->device, sizeof(kms->device), "%s", kms->config->device);
	}
	look(kms, true, true);
}

static void
drm_blank(void *state, bool blank)
{
	struct drm_kms *kms = state;

	kms->blank = blank;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS && blank; i++)
		output_extinguish(&kms->outputs[i], false);
	look(kms, true, false);
}

static void
drm_stop(void *state)
{
	struct drm_kms *kms = state;

	kms_drop_card(kms);
	vt_stop(&kms->vt);
	uevent_stop(&kms->uevent);
	uv_close((uv_handle_t *)&kms->retry, NULL);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		uv_close((uv_handle_t *)&kms->outputs[i].watchdog, NULL);
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
	.reconfigure = drm_reconfigure,
	.blank = drm_blank,
	.stop = drm_stop,
	.free = free,
	.present = drm_present,
	.list = drm_list,
};
