/* SPDX-License-Identifier: MIT */
/*
 * Lights a connector, and undoes it.
 *
 * The environment variable MURALD_KMS = atomic, legacy or dirtyfb makes it use that
 * method alone.  It is there for tests.
 */
#include "display/drm/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"

#define INDEX_BITS 4

/* ------------------------------------------------------------------ small things */

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

uintptr_t
output_token(const struct drm_output *output)
{
	const uint32_t index = (uint32_t)(output - output->kms->outputs);

	return (uintptr_t)(output->lightings << INDEX_BITS | index);
}

struct drm_output *
output_of_token(struct drm_kms *kms, uintptr_t token)
{
	const uint32_t index = token & ((1 << INDEX_BITS) - 1);

	_Static_assert(CONFIG_CONNECTORS <= 1 << INDEX_BITS, "an index fits");
	if (index >= CONFIG_CONNECTORS || output_token(&kms->outputs[index]) != token)
		return NULL;
	return &kms->outputs[index];
}

/* ------------------------------------------------------------------ going dark */

static void
save_crtc(struct drm_output *output, const struct drm_choice *choice)
{
	if (output->saved)
		return;
	output->saved = drmModeGetCrtc(output->kms->card.fd, choice->crtc_id);
	output->saved_connector = choice->connector_id;
}

static bool
restore_console(struct drm_output *output)
{
	drmModeCrtc *saved = output->saved;

	if (!saved || !saved->mode_valid || saved->buffer_id == 0)
		return false;
	if (output->lit && saved->crtc_id != output->pipe.crtc_id)
		(void)output->pipe.method->disable(&output->pipe);
	return drmModeSetCrtc(output->kms->card.fd, saved->crtc_id, saved->buffer_id,
		       saved->x, saved->y, &output->saved_connector, 1,
		       &saved->mode) == 0;
}

/* First the screen, then its buffers: a connector that was pulled while it stayed lit
 * makes some drivers refuse the next one. */
void
output_extinguish(struct drm_output *output, bool leaving)
{
	const bool lit = output->lit;

	if (lit) {
		output->flipping = false;
		uv_timer_stop(&output->watchdog);
		head_dark(output->head);
	}
	if ((!leaving || !restore_console(output)) && lit)
		(void)output->pipe.method->disable(&output->pipe);
	output->lit = false;
	if (lit)
		pipe_finish(&output->pipe);
	if (leaving) {
		drmModeFreeCrtc(output->saved);
		output->saved = NULL;
	}
}

void
output_keep_dark(struct drm_output *output, const struct drm_choice *choice)
{
	save_crtc(output, choice);
	(void)drmModeSetCrtc(
		output->kms->card.fd, choice->crtc_id, 0, 0, 0, NULL, 0, NULL);
}

/* ------------------------------------------------------------------ lighting */

static void
describe(const struct drm_output *output, const struct drm_pipe *pipe,
	const struct drm_choice *choice, struct display_screen *screen)
{
	const struct drm_card *card = &output->kms->card;
	char mode[32];

	mode_text(&pipe->mode, mode, sizeof(mode));
	*screen = (struct display_screen){
		.width = pipe->mode.hdisplay,
		.height = pipe->mode.vdisplay,
		.rgb565 = pipe->rgb565,
		.frame_ns = mode_frame_ns(&pipe->mode),
		.n_buffers = pipe->method->n_buffers,
	};
	snprintf(screen->name, sizeof(screen->name), "%s (%s), %s, %s, %s%s", card->path,
		card->driver, choice->connector, mode, pipe->method->name,
		pipe->rgb565 ? ", RGB565" : "");
	for (uint32_t i = 0; i < screen->n_buffers; i++) {
		screen->buffers[i].pixels = pipe->buffers[i].pixels;
		screen->buffers[i].pitch = pipe->buffers[i].pitch;
	}
}

/* With two bytes a pixel where four are too many, or are not known. */
static int
make_pipe(const struct drm_output *output, const struct drm_choice *choice,
	const drmModeModeInfo *mode, const struct drm_method *method,
	struct drm_pipe *pipe)
{
	const struct drm_card *card = &output->kms->card;
	int ret = pipe_init(pipe, card, choice, mode, false, method);

	if (ret == -ENOMEM || ret == -ENOENT || ret == -EINVAL) {
		pipe_finish(pipe);
		if (pipe_init(pipe, card, choice, mode, true, method) == 0)
			return 0;
	}
	return ret;
}

/* Lights a new pipe, with the old one, if there is one, lit until then. */
static int
light_with(struct drm_output *output, const struct drm_choice *choice,
	const drmModeModeInfo *mode, const struct drm_method *method)
{
	struct display_screen screen;
	struct drm_pipe pipe;
	int ret = make_pipe(output, choice, mode, method, &pipe);

	if (ret == 0) {
		describe(output, &pipe, choice, &screen);
		ret = head_prepare(output->head, &screen, output);
	}
	if (ret == 0)
		ret = method->modeset(&pipe);
	if (ret < 0) {
		log_debug("display: %s, %ux%u@%u, %s: %s", choice->connector,
			mode->hdisplay, mode->vdisplay, mode->vrefresh, method->name,
			strerror(-ret));
		pipe_finish(&pipe);
		return ret;
	}
	if (output->lit) {
		uv_timer_stop(&output->watchdog);
		output->flipping = false;
		pipe_finish(&output->pipe);
	}
	output->pipe = pipe;
	output->lit = true;
	output->lightings++;
	output->refusals = 0;
	output->asked = *choice;
	output->said[0] = '\0';
	head_lit(output->head);
	return 0;
}

static bool
is_final(int ret)
{
	return ret == 0 || ret == -EACCES || ret == -ENODEV;
}

/* The mode that is wanted most, by every method. */
static int
light_by_methods(struct drm_output *output, const struct drm_choice *choice)
{
	for (;; output->method++) {
		int ret = light_with(output, choice, &choice->modes[0], *output->method);

		if (is_final(ret) || !output_has_next_method(output))
			return ret;
	}
}

/* Begins with the first method that the driver knows at all.  Memory is not the question:
 * the least mode is the last. */
static void
choose_known_method(struct drm_output *output, const struct drm_choice *choice)
{
	const drmModeModeInfo *least = &choice->modes[choice->n_modes - 1];
	struct drm_pipe pipe;
	int ret;

	for (output->method = output_first_method();; output->method++) {
		ret = make_pipe(output, choice, least, *output->method, &pipe);
		pipe_finish(&pipe);
		if (ret == 0 || !output_has_next_method(output))
			return;
	}
}

/* A screen that refuses the mode it is said to want may take another one of its own. */
static int
light_by_modes(struct drm_output *output, const struct drm_choice *choice)
{
	char mode[32];
	int ret = -EINVAL;

	choose_known_method(output, choice);
	for (uint32_t i = 1; i < choice->n_modes; i++) {
		ret = light_with(output, choice, &choice->modes[i], *output->method);
		if (is_final(ret))
			break;
	}
	if (ret == 0) {
		mode_text(&choice->modes[0], mode, sizeof(mode));
		log_warn("display: %s refused its mode %s, and took the one above",
			choice->connector, mode);
	}
	return ret;
}

static void
warn_of_mode(const struct drm_output *output, const struct drm_choice *choice)
{
	const char *wanted = output->kms->config->mode;

	if (choice->mode_absent)
		log_warn("display: %s has no mode %s; murald --list-displays shows those "
			 "that it has",
			choice->connector, wanted);
	else if (choice->mode_made && output->pipe.mode.type == DRM_MODE_TYPE_USERDEF)
		log_info("display: %s does not list %s, and is forced to it",
			choice->connector, wanted);
}

int
output_light(struct drm_output *output, const struct drm_choice *choice)
{
	const struct drm_card *card = &output->kms->card;
	int ret, other;

	save_crtc(output, choice);
	ret = light_by_methods(output, choice);
	if (!is_final(ret)) {
		other = light_by_modes(output, choice);
		ret = is_final(other) ? other : ret;
	}
	if (ret < 0) {
		say(output->said, "%s (%s): cannot light %s: %s; trying again",
			card->path, card->driver, choice->connector, strerror(-ret));
		output->method = output_first_method();
		return ret;
	}
	warn_of_mode(output, choice);
	return 0;
}

int
output_change_mode(struct drm_output *output, const struct drm_choice *choice)
{
	char mode[32], kept[32];
	int ret = light_with(output, choice, &choice->modes[0], *output->method);

	if (ret == 0)
		warn_of_mode(output, choice);
	if (is_final(ret))
		return ret;
	mode_text(&choice->modes[0], mode, sizeof(mode));
	mode_text(&output->pipe.mode, kept, sizeof(kept));
	log_warn("display: %s refused the mode %s: %s; it stays at %s", choice->connector,
		mode, strerror(-ret), kept);
	output->asked = *choice;
	return 0;
}
