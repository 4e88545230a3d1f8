/* SPDX-License-Identifier: MIT */
/* Finds a card, becomes its master, reads its events, and lets it go. */
#include <drm.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "display/drm/output.h"

/* Events get lost, so a dark screen is also looked at this often. */
#define DARK_MS 3000

/* ------------------------------------------------------------------ small things */

void
say(char *said, const char *format, ...)
{
	char text[DRM_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, said) == 0)
		return;
	memcpy(said, text, sizeof(text));
	log_warn("display: %s", text);
}

uint64_t
patience_ms(unsigned *refusals)
{
	static const uint64_t delays_ms[] = { 1000, 2000, 5000 };
	unsigned before = (*refusals)++;

	return delays_ms[MIN(before, ARRAY_LEN(delays_ms) - 1)];
}

bool
kms_is_lit(const struct drm_kms *kms)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (kms->outputs[i].lit)
			return true;
	return false;
}

static void
say_unconnected(struct drm_kms *kms, const struct drm_card *card)
{
	const char *names = kms->config->connector;
	bool by_name = strcmp(names, "auto") != 0;

	say(kms->said, "%s (%s): no screen is connected%s%s; waiting for one", card->path,
		card->driver, by_name ? " to " : "", by_name ? names : "");
}

/* ------------------------------------------------------------------ events */

/* The event of a frame that was under way when its output went dark finds nobody. */
static void
take_event(struct drm_kms *kms, const struct drm_event *event)
{
	struct drm_event_vblank flip;
	struct drm_output *output;

	if (event->type != DRM_EVENT_FLIP_COMPLETE || event->length < sizeof(flip))
		return;
	memcpy(&flip, event, sizeof(flip));
	output = output_of_token(kms, (uintptr_t)flip.user_data);
	if (!output || !output->flipping)
		return;
	output->flipping = false;
	output->silences = 0;
	uv_timer_stop(&output->watchdog);
	head_shown(output->head);
}

/* libdrm's own reader of events does not tell which frame of ours one is about when two
 * heads have some under way and one of them was lit anew meanwhile. */
bool
kms_take_events(struct drm_kms *kms)
{
	_Alignas(struct drm_event_vblank) char buffer[1024];
	const ssize_t len = read(kms->card.fd, buffer, sizeof(buffer));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t at = 0; at + (ssize_t)sizeof(struct drm_event) <= len;) {
		struct drm_event event;

		memcpy(&event, buffer + at, sizeof(event));
		if (event.length < sizeof(event) || event.length > (size_t)(len - at))
			break;
		take_event(kms, (const struct drm_event *)(buffer + at));
		at += event.length;
	}
	return len > 0;
}

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct drm_kms *kms = poll->data;

	(void)events;
	if (status == 0 && kms_take_events(kms))
		return;
	if (kms->events)
		uv_poll_stop(kms->events);
	kms_look_later(kms, 1);
}

static void
on_events_closed(uv_handle_t *handle)
{
	free(handle);
}

/* ------------------------------------------------------------------ the card */

void
kms_drop_card(struct drm_kms *kms)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		output_extinguish(&kms->outputs[i], true);
		kms->outputs[i].method = output_first_method();
	}
	if (kms->events)
		uv_close((uv_handle_t *)kms->events, on_events_closed);
	kms->events = NULL;
	card_close(&kms->card);
}

static int
take_card(struct drm_kms *kms, const struct drm_card *card)
{
	uv_poll_t *events = calloc(1, sizeof(*events));
	int ret;

	if (!events)
		return -ENOMEM;
	kms_drop_card(kms);
	ret = uv_poll_init(kms->loop, events, card->fd);
	if (ret < 0) {
		free(events);
		return ret;
	}
	events->data = kms;
	kms->card = *card;
	kms->events = events;
	return uv_poll_start(events, UV_READABLE, on_events);
}

uint64_t
kms_find_card(struct drm_kms *kms, struct drm_choices *choices)
{
	bool have = kms->card.fd >= 0;
	char why[DRM_WHY] = "";
	struct drm_card card;

	if (card_find(&card, choices, kms->config, have ? kms->card.path : NULL, why) <
			0 ||
		(have && !choices_any(choices))) {
		if (have)
			say_unconnected(kms, &kms->card);
		else
			say(kms->said, "%s; waiting for a screen", why);
		card_close(&card);
		return DARK_MS;
	}
	if (card_master(&card) < 0) {
		say(kms->said,
			"%s (%s) is in the hands of another program, such as a boot "
			"splash, a compositor or kmscon; trying again",
			card.path, card.driver);
		card_close(&card);
		choices_init(choices, kms->config);
		return patience_ms(&kms->refusals);
	}
	kms->refusals = 0;
	if (take_card(kms, &card) < 0) {
		card_close(&card);
		kms->card.fd = -1;
		choices_init(choices, kms->config);
	} else if (!choices_any(choices)) {
		say_unconnected(kms, &card);
	}
	return DARK_MS;
}
