/* SPDX-License-Identifier: MIT */
/*
 * Lights a connector, and undoes it.
 *
 * The environment variable MURALD_KMS = atomic, legacy or dirtyfb makes it use that
 * backend alone.  It is there for tests.
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
forced_backend(void)
{
	const char *name = getenv("MURALD_KMS");

	return name ? name : "";
}

const struct drm_backend *const *
output_first_backend(void)
{
	const struct drm_backend *const *backend = drm_backends;

	while (*backend && *forced_backend() &&
		strcmp((*backend)->name, forced_backend()) != 0)
		backend++;
	return *backend ? backend : drm_backends;
}

bool
output_has_next_backend(const struct drm_output *output)
{
	return output->backend[1] && !*forced_backend();
}

uintptr_t
output_token(const struct drm_output *output)
{
	const uint32_t index = (uint32_t)(output - output->device->outputs);

	return (uintptr_t)(output->modesets << INDEX_BITS | index);
}

struct drm_output *
output_from_token(struct drm_device *device, uintptr_t token)
{
	const uint32_t index = token & ((1 << INDEX_BITS) - 1);

	_Static_assert(CONFIG_CONNECTORS <= 1 << INDEX_BITS, "an index fits");
	if (index >= CONFIG_CONNECTORS || output_token(&device->outputs[index]) != token)
		return NULL;
	return &device->outputs[index];
}

/* ------------------------------------------------------------------ going dark */

static void
save_crtc(struct drm_output *output, const struct drm_assignment *assignment)
{
	if (output->saved)
		return;
	output->saved = drmModeGetCrtc(output->device->card.fd, assignment->crtc_id);
	output->saved_connector = assignment->connector_id;
}

static bool
restore_console(struct drm_output *output)
{
	drmModeCrtc *saved = output->saved;

	if (!saved || !saved->mode_valid || saved->buffer_id == 0)
		return false;
	if (output->enabled && saved->crtc_id != output->pipe.crtc_id)
		(void)output->pipe.backend->disable(&output->pipe);
	return drmModeSetCrtc(output->device->card.fd, saved->crtc_id, saved->buffer_id,
		       saved->x, saved->y, &output->saved_connector, 1,
		       &saved->mode) == 0;
}

/* First the screen, then its buffers: a connector that was pulled while it stayed enabled
 * makes some drivers refuse the next one. */
void
output_disable(struct drm_output *output, bool leaving)
{
	const bool enabled = output->enabled;

	if (enabled) {
		output->flip_pending = false;
		uv_timer_stop(&output->watchdog);
		screen_disabled(output->screen);
	}
	if ((!leaving || !restore_console(output)) && enabled)
		(void)output->pipe.backend->disable(&output->pipe);
	output->enabled = false;
	if (enabled)
		pipe_finish(&output->pipe);
	if (leaving) {
		drmModeFreeCrtc(output->saved);
		output->saved = NULL;
	}
}

void
output_keep_disabled(struct drm_output *output, const struct drm_assignment *assignment)
{
	save_crtc(output, assignment);
	(void)drmModeSetCrtc(
		output->device->card.fd, assignment->crtc_id, 0, 0, 0, NULL, 0, NULL);
}

/* ------------------------------------------------------------------ lighting */

static void
describe_surface(const struct drm_output *output, const struct drm_pipe *pipe,
	const struct drm_assignment *assignment, struct display_surface *surface)
{
	const struct drm_card *card = &output->device->card;
	char mode[32];

	mode_text(&pipe->mode, mode, sizeof(mode));
	*surface = (struct display_surface){
		.width = pipe->mode.hdisplay,
		.height = pipe->mode.vdisplay,
		.rgb565 = pipe->rgb565,
		.frame_ns = mode_frame_ns(&pipe->mode),
		.n_buffers = pipe->backend->n_buffers,
	};
	snprintf(surface->name, sizeof(surface->name), "%s (%s), %s, %s, %s%s",
		card->path, card->driver, assignment->connector, mode,
		pipe->backend->name, pipe->rgb565 ? ", RGB565" : "");
	for (uint32_t i = 0; i < surface->n_buffers; i++) {
		surface->buffers[i].pixels = pipe->buffers[i].pixels;
		surface->buffers[i].pitch = pipe->buffers[i].pitch;
	}
}

/* With two bytes a pixel where four are too many, or are not known. */
static int
make_pipe(const struct drm_output *output, const struct drm_assignment *assignment,
	const drmModeModeInfo *mode, const struct drm_backend *backend,
	struct drm_pipe *pipe)
{
	const struct drm_card *card = &output->device->card;
	int ret = pipe_init(pipe, card, assignment, mode, false, backend);

	if (ret == -ENOMEM || ret == -ENOENT || ret == -EINVAL) {
		pipe_finish(pipe);
		if (pipe_init(pipe, card, assignment, mode, true, backend) == 0)
			return 0;
	}
	return ret;
}

/* Lights a new pipe, with the old one, if there is one, enabled until then. */
static int
output_modeset(struct drm_output *output, const struct drm_assignment *assignment,
	const drmModeModeInfo *mode, const struct drm_backend *backend)
{
	struct display_surface surface;
	struct drm_pipe pipe;
	int ret = make_pipe(output, assignment, mode, backend, &pipe);

	if (ret == 0) {
		describe_surface(output, &pipe, assignment, &surface);
		ret = screen_prepare(output->screen, &surface, output);
	}
	if (ret == 0)
		ret = backend->modeset(&pipe);
	if (ret < 0) {
		log_debug("display: %s, %ux%u@%u, %s: %s", assignment->connector,
			mode->hdisplay, mode->vdisplay, mode->vrefresh, backend->name,
			strerror(-ret));
		pipe_finish(&pipe);
		return ret;
	}
	if (output->enabled) {
		uv_timer_stop(&output->watchdog);
		output->flip_pending = false;
		pipe_finish(&output->pipe);
	}
	output->pipe = pipe;
	output->enabled = true;
	output->modesets++;
	output->refusals = 0;
	output->assigned = *assignment;
	output->last_reason[0] = '\0';
	screen_enabled(output->screen);
	return 0;
}

static bool
is_final(int ret)
{
	return ret == 0 || ret == -EACCES || ret == -ENODEV;
}

/* The mode that is wanted most, by every backend. */
static int
modeset_by_backends(struct drm_output *output, const struct drm_assignment *assignment)
{
	for (;; output->backend++) {
		int ret = output_modeset(
			output, assignment, &assignment->modes[0], *output->backend);

		if (is_final(ret) || !output_has_next_backend(output))
			return ret;
	}
}

/* Begins with the first backend that the driver knows at all.  Memory is not the
 * question: the least mode is the last. */
static void
choose_supported_backend(
	struct drm_output *output, const struct drm_assignment *assignment)
{
	const drmModeModeInfo *least = &assignment->modes[assignment->n_modes - 1];
	struct drm_pipe pipe;
	int ret;

	for (output->backend = output_first_backend();; output->backend++) {
		ret = make_pipe(output, assignment, least, *output->backend, &pipe);
		pipe_finish(&pipe);
		if (ret == 0 || !output_has_next_backend(output))
			return;
	}
}

/* A screen that refuses the mode it is said to want may take another one of its own. */
static int
modeset_by_modes(struct drm_output *output, const struct drm_assignment *assignment)
{
	char mode[32];
	int ret = -EINVAL;

	choose_supported_backend(output, assignment);
	for (uint32_t i = 1; i < assignment->n_modes; i++) {
		ret = output_modeset(
			output, assignment, &assignment->modes[i], *output->backend);
		if (is_final(ret))
			break;
	}
	if (ret == 0) {
		mode_text(&assignment->modes[0], mode, sizeof(mode));
		log_warn("display: %s refused its mode %s, and took the one above",
			assignment->connector, mode);
	}
	return ret;
}

static void
warn_of_mode(const struct drm_output *output, const struct drm_assignment *assignment)
{
	const char *wanted = output->device->config->mode;

	if (assignment->mode_absent)
		log_warn("display: %s has no mode %s; murald --list-displays shows those "
			 "that it has",
			assignment->connector, wanted);
	else if (assignment->mode_made && output->pipe.mode.type == DRM_MODE_TYPE_USERDEF)
		log_info("display: %s does not list %s, and is forced to it",
			assignment->connector, wanted);
}

int
output_enable(struct drm_output *output, const struct drm_assignment *assignment)
{
	const struct drm_card *card = &output->device->card;
	int ret, other;

	save_crtc(output, assignment);
	ret = modeset_by_backends(output, assignment);
	if (!is_final(ret)) {
		other = modeset_by_modes(output, assignment);
		ret = is_final(other) ? other : ret;
	}
	if (ret < 0) {
		drm_log_reason(output->last_reason,
			"%s (%s): cannot light %s: %s; trying again", card->path,
			card->driver, assignment->connector, strerror(-ret));
		output->backend = output_first_backend();
		return ret;
	}
	warn_of_mode(output, assignment);
	return 0;
}

int
output_change_mode(struct drm_output *output, const struct drm_assignment *assignment)
{
	char mode[32], kept[32];
	int ret = output_modeset(
		output, assignment, &assignment->modes[0], *output->backend);

	if (ret == 0)
		warn_of_mode(output, assignment);
	if (is_final(ret))
		return ret;
	mode_text(&assignment->modes[0], mode, sizeof(mode));
	mode_text(&output->pipe.mode, kept, sizeof(kept));
	log_warn("display: %s refused the mode %s: %s; it stays at %s",
		assignment->connector, mode, strerror(-ret), kept);
	output->assigned = *assignment;
	return 0;
}
