/* SPDX-License-Identifier: MIT */
/*
 * The driver for KMS: when to look for a screen, when to light it, and what to do when
 * the kernel says no.
 *
 * There is one question, asked again whenever something may have changed: what is
 * connected now, and is that what we show?  look() asks it and acts.  Uevents, a slow
 * timer while the screen is dark, and refused frames lead there; nothing else lights a
 * screen.  While the screen is lit and nothing happens, nothing runs.
 *
 * The environment variable MURALD_KMS = atomic, legacy or dirtyfb makes it use that
 * method alone.  It is there for tests.
 */
#include "display-drm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "uevent.h"
#include "util.h"

/* Events get lost, so a dark screen is also looked at this often. */
#define DARK_MS 3000
#define AGAIN_MS 1000
/* A frame that is not seen after this long never will be. */
#define SILENCE_MS 1000
#define SILENCES_MAX 3

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

static void look_later(struct drm_output *output, uint64_t ms);

/* ------------------------------------------------------------------ small things */

/* Why there is no picture: said when it changes, not each time it is found again. */
__attribute__((format(printf, 2, 3))) static void
say(struct drm_output *output, const char *format, ...)
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

	say(output, "%s (%s): no screen is connected%s%s; waiting for one", card->path,
		card->driver, by_name ? " to " : "", by_name ? name : "");
}

static const char *
wanted_method(void)
{
	const char *name = getenv("MURALD_KMS");

	return name ? name : "";
}

static const struct drm_method *const *
first_method(void)
{
	const struct drm_method *const *method = drm_methods;

	while (*method && *wanted_method() &&
		strcmp((*method)->name, wanted_method()) != 0)
		method++;
	return *method ? method : drm_methods;
}

static bool
has_next_method(const struct drm_output *output)
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
static void
extinguish(struct drm_output *output, bool leaving)
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

static void
drop_card(struct drm_output *output)
{
	extinguish(output, true);
	if (output->events)
		uv_close((uv_handle_t *)output->events, on_events_closed);
	output->events = NULL;
	drmModeFreeCrtc(output->saved);
	output->saved = NULL;
	card_close(&output->card);
	output->method = first_method();
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
	look_later(output, 1);
}

static int
take_card(struct drm_output *output, const struct drm_card *card)
{
	uv_poll_t *events = calloc(1, sizeof(*events));
	int ret;

	if (!events)
		return -ENOMEM;
	drop_card(output);
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
static uint64_t
find_card(struct drm_output *output, struct drm_choice *choice)
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
			say(output, "%s", why);
		card_close(&card);
		return DARK_MS;
	}
	if (card_master(&card) < 0) {
		say(output,
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

static int
light(struct drm_output *output, const struct drm_choice *choice)
{
	int ret = -ENODEV;

	if (!output->saved) {
		output->saved = drmModeGetCrtc(output->card.fd, choice->crtc_id);
		output->saved_connector = choice->connector_id;
	}
	for (; *output->method; output->method++) {
		ret = light_with(output, choice, *output->method);
		if (ret == 0 || ret == -EACCES || ret == -ENODEV ||
			!has_next_method(output))
			break;
	}
	if (ret < 0) {
		say(output, "%s (%s): cannot light %s: %s; trying again",
			output->card.path, output->card.driver, choice->connector,
			strerror(-ret));
		drop_card(output);
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
		drop_card(output);
	}
	if (is_shown(output, &choice))
		return;
	extinguish(output, false);
	if (choice.connector_id == 0)
		again_ms = find_card(output, &choice);
	if (choice.connector_id == 0 || light(output, &choice) < 0)
		look_later(output, again_ms);
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
static void
look_later(struct drm_output *output, uint64_t ms)
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
	extinguish(output, false);
	if (++output->silences >= SILENCES_MAX && has_next_method(output)) {
		output->silences = 0;
		output->method++;
	}
	look_later(output, 1);
}

/* The kernel will not take frames this way any more. */
static void
give_up_frame(struct drm_output *output, int error)
{
	uint64_t again_ms = AGAIN_MS;

	if (error == -EACCES) {
		say(output, "%s (%s) was taken by another program; trying again",
			output->card.path, output->card.driver);
		drop_card(output);
	} else if (error == -ENODEV) {
		say(output, "%s (%s) is gone", output->card.path, output->card.driver);
		drop_card(output);
	} else {
		say(output, "%s (%s): frame refused: %s", output->card.path,
			output->card.driver, strerror(-error));
		extinguish(output, false);
		if (has_next_method(output)) {
			output->method++;
			again_ms = 1;
		}
	}
	look_later(output, again_ms);
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
		.method = first_method(),
		.retry.data = output,
		.watchdog.data = output,
	};
	uv_timer_init(loop, &output->retry);
	uv_timer_init(loop, &output->watchdog);
	(void)uevent_start(&output->uevent, loop, "drm", on_change, output);
	look_later(output, 1);
	return output;
}

static void
drm_stop(void *state)
{
	struct drm_output *output = state;

	drop_card(output);
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
