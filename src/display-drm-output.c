/* SPDX-License-Identifier: MIT */
/*
 * Takes cards and lights their screens, and undoes both.
 *
 * The environment variable MURALD_KMS = atomic, legacy or dirtyfb makes it use that
 * method alone.  It is there for tests.
 */
#include "display-drm-output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* Events get lost, so a dark screen is also looked at this often. */
#define DARK_MS 3000

/* ------------------------------------------------------------------ small things */

void
output_say(struct drm_output *output, const char *format, ...)
{
	char text[DRM_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, output->said) == 0)
		return;
	snprintf(output->said, sizeof(output->said), "%s", text);
	log_warn("display: %s", text);
}

static void
say_unconnected(struct drm_output *output, const struct drm_card *card)
{
	const char *name = output->config->connector;
	bool by_name = strcmp(name, "auto") != 0;

	output_say(output, "%s (%s): no screen is connected%s%s; waiting for one",
		card->path, card->driver, by_name ? " to " : "", by_name ? name : "");
}

static const char *
wanted_method(void)
{
	const char *name = getenv("MURALD_KMS");

	return name ? name : "";
}

const struct drm_method *const *
output_first_method(void)
{
	const struct drm_method *const *method = drm_methods;

	while (*method && *wanted_method() &&
		strcmp((*method)->name, wanted_method()) != 0)
		method++;
	return *method ? method : drm_methods;
}

bool
output_has_next_method(const struct drm_output *output)
{
	return output->method[1] && !*wanted_method();
}

/* ------------------------------------------------------------------ going dark */

static bool
restore_console(struct drm_output *output)
{
	drmModeCrtc *saved = output->saved;

	if (!saved || !saved->mode_valid || saved->buffer_id == 0 ||
		saved->crtc_id != output->pipe.choice.crtc_id)
		return false;
	return drmModeSetCrtc(output->card.fd, saved->crtc_id, saved->buffer_id, saved->x,
		       saved->y, &output->saved_connector, 1, &saved->mode) == 0;
}

static void
on_flip_done(int fd, unsigned sequence, unsigned sec, unsigned usec, void *user)
{
	struct drm_output *output = user;

	(void)fd;
	(void)sequence;
	(void)sec;
	(void)usec;
	if (!output->flipping)
		return;
	output->flipping = false;
	output->silences = 0;
	uv_timer_stop(&output->watchdog);
	display_shown(output->thread);
}

static int
take_events(struct drm_output *output)
{
	drmEventContext context = { .version = 2, .page_flip_handler = on_flip_done };

	return drmHandleEvent(output->card.fd, &context);
}

/* First the screen, then its buffers: a connector that was pulled while it stayed lit
 * makes some drivers refuse the next one.  The event of a frame that was under way has
 * come by then, and must not be taken for a later frame's. */
void
output_extinguish(struct drm_output *output, bool leaving)
{
	if (!output->lit)
		return;
	output->lit = output->flipping = false;
	uv_timer_stop(&output->watchdog);
	display_dark(output->thread);
	if (!leaving || !restore_console(output))
		(void)output->pipe.method->disable(&output->pipe);
	(void)take_events(output);
	pipe_finish(&output->pipe);
}

static void
on_events_closed(uv_handle_t *handle)
{
	free(handle);
}

void
output_drop_card(struct drm_output *output)
{
	output_extinguish(output, true);
	if (output->events)
		uv_close((uv_handle_t *)output->events, on_events_closed);
	output->events = NULL;
	drmModeFreeCrtc(output->saved);
	output->saved = NULL;
	card_close(&output->card);
	output->method = output_first_method();
}

/* ------------------------------------------------------------------ having a card */

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct drm_output *output = poll->data;

	(void)events;
	if (status == 0 && (take_events(output) == 0 || errno == EAGAIN))
		return;
	if (output->events)
		uv_poll_stop(output->events);
	output_look_later(output, 1);
}

static int
take_card(struct drm_output *output, const struct drm_card *card)
{
	uv_poll_t *events = calloc(1, sizeof(*events));
	int ret;

	if (!events)
		return -ENOMEM;
	output_drop_card(output);
	ret = uv_poll_init(output->loop, events, card->fd);
	if (ret < 0) {
		free(events);
		return ret;
	}
	events->data = output;
	output->card = *card;
	output->events = events;
	return uv_poll_start(events, UV_READABLE, on_events);
}

/* 1, 2, then 5 s: whoever has the card may be a boot splash, or here to stay. */
static uint64_t
master_delay(struct drm_output *output)
{
	static const uint64_t delays_ms[] = { 1000, 2000, 5000 };

	return delays_ms[MIN(output->refusals++, ARRAY_LEN(delays_ms) - 1)];
}

/* Finds another card than the one that is open, if that one has no screen.  Returns when
 * to look again while there is none. */
uint64_t
output_find_card(struct drm_output *output, struct drm_choice *choice)
{
	bool have = output->card.fd >= 0;
	char why[DRM_WHY] = "";
	struct drm_card card;

	if (card_find(&card, choice, output->config, have ? output->card.path : NULL,
		    why) < 0 ||
		(have && choice->connector_id == 0)) {
		if (have)
			say_unconnected(output, &output->card);
		else
			output_say(output, "%s; waiting for a screen", why);
		card_close(&card);
		return DARK_MS;
	}
	if (card_master(&card) < 0) {
		output_say(output,
			"%s (%s) is in the hands of another program, such as a boot "
			"splash, a compositor or kmscon; trying again",
			card.path, card.driver);
		card_close(&card);
		choice->connector_id = 0;
		return master_delay(output);
	}
	output->refusals = 0;
	if (take_card(output, &card) < 0) {
		card_close(&card);
		output->card.fd = -1;
		choice->connector_id = 0;
	} else if (choice->connector_id == 0) {
		say_unconnected(output, &card);
	}
	return DARK_MS;
}

/* ------------------------------------------------------------------ lighting */

static void
describe(const struct drm_output *output, struct display_screen *screen)
{
	const struct drm_pipe *pipe = &output->pipe;
	char mode[32];

	mode_text(&pipe->choice.mode, mode, sizeof(mode));
	*screen = (struct display_screen){
		.width = pipe->choice.mode.hdisplay,
		.height = pipe->choice.mode.vdisplay,
		.frame_ns = mode_frame_ns(&pipe->choice.mode),
		.n_buffers = pipe->method->n_buffers,
	};
	snprintf(screen->name, sizeof(screen->name), "%s (%s), %s, %s, %s",
		output->card.path, output->card.driver, pipe->choice.connector, mode,
		pipe->method->name);
	for (uint32_t i = 0; i < screen->n_buffers; i++) {
		screen->buffers[i].pixels = pipe->buffers[i].pixels;
		screen->buffers[i].pitch = pipe->buffers[i].pitch;
	}
}

static int
light_with(struct drm_output *output, const struct drm_choice *choice,
	const struct drm_method *method)
{
	struct display_screen screen;
	int ret = pipe_init(&output->pipe, &output->card, choice, method);

	if (ret == 0) {
		describe(output, &screen);
		ret = display_prepare(output->thread, &screen);
	}
	if (ret == 0)
		ret = method->modeset(&output->pipe);
	if (ret < 0) {
		log_debug("display: %s, %s: %s", choice->connector, method->name,
			strerror(-ret));
		pipe_finish(&output->pipe);
		return ret;
	}
	return 0;
}

int
output_light(struct drm_output *output, const struct drm_choice *choice)
{
	int ret = -ENODEV;

	if (!output->saved) {
		output->saved = drmModeGetCrtc(output->card.fd, choice->crtc_id);
		output->saved_connector = choice->connector_id;
	}
	for (; *output->method; output->method++) {
		ret = light_with(output, choice, *output->method);
		if (ret == 0 || ret == -EACCES || ret == -ENODEV ||
			!output_has_next_method(output))
			break;
	}
	if (ret < 0) {
		output_say(output, "%s (%s): cannot light %s: %s; trying again",
			output->card.path, output->card.driver, choice->connector,
			strerror(-ret));
		output_drop_card(output);
		return ret;
	}
	if (choice->mode_absent)
		log_warn("display: %s has no mode %s; murald --list-displays shows those "
			 "that it has",
			choice->connector, output->config->mode);
	output->lit = true;
	output->said[0] = '\0';
	display_lit(output->thread);
	return 0;
}
