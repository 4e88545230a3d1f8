/* SPDX-License-Identifier: MIT */
/*
 * Enables and disables an output, trying modes and backends until one works.
 *
 * For tests, the environment variable MURALD_KMS = atomic, legacy or dirtyfb selects the
 * only backend to be used.
 */
#include "display/drm/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"

#define INDEX_BITS 4

/* ------------------------------------------------------------------ small things */

void
drm_log_reason(char *last_reason, const char *format, ...)
{
	char text[DRM_REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, last_reason) == 0)
		return;
	memcpy(last_reason, text, sizeof(text));
	log_warn("display: %s", text);
}

uint64_t
drm_retry_delay_ms(unsigned *refusals)
{
	static const uint64_t delays_ms[] = { 1000, 2000, 5000 };
	unsigned before = (*refusals)++;

	return delays_ms[MIN(before, ARRAY_LEN(delays_ms) - 1)];
}

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
	_Static_assert(CONFIG_CONNECTORS <= 1 << INDEX_BITS, "an index fits");
	return (uintptr_t)(output->modesets << INDEX_BITS | output->index);
}

/* ------------------------------------------------------------------ disabling */

static void
save_crtc(struct drm_output *output, const struct drm_assignment *assignment)
{
	if (output->saved)
		return;
	output->saved = drmModeGetCrtc(output->card->fd, assignment->crtc_id);
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
	return drmModeSetCrtc(output->card->fd, saved->crtc_id, saved->buffer_id,
		       saved->x, saved->y, &output->saved_connector, 1,
		       &saved->mode) == 0;
}

/* Disables the connector even if it was unplugged: some drivers refuse the next modeset
 * otherwise. */
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
		output->card->fd, assignment->crtc_id, 0, 0, 0, NULL, 0, NULL);
}

/* ------------------------------------------------------------------ enabling */

static void
describe_surface(const struct drm_output *output, const struct drm_pipe *pipe,
	const struct drm_assignment *assignment, struct display_surface *surface)
{
	const struct drm_card *card = output->card;
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

/* Falls back to RGB565 when memory is short or XRGB8888 is not supported. */
static int
make_pipe(const struct drm_output *output, const struct drm_assignment *assignment,
	const drmModeModeInfo *mode, const struct drm_backend *backend,
	struct drm_pipe *pipe)
{
	const struct drm_card *card = output->card;
	int ret = pipe_init(pipe, card, assignment, mode, false, backend);

	if (ret == -ENOMEM || ret == -ENOENT || ret == -EINVAL) {
		pipe_finish(pipe);
		if (pipe_init(pipe, card, assignment, mode, true, backend) == 0)
			return 0;
	}
	return ret;
}

/* Enables a new pipe; the old one, if any, stays enabled until then. */
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

/* Tries the first mode with every backend. */
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

/* Selects the first backend that the driver supports at all, judged by the smallest mode,
 * so that memory is not the reason. */
static void
choose_supported_backend(
	struct drm_output *output, const struct drm_assignment *assignment)
{
	const drmModeModeInfo *smallest = &assignment->modes[assignment->n_modes - 1];
	struct drm_pipe pipe;
	int ret;

	for (output->backend = output_first_backend();; output->backend++) {
		ret = make_pipe(output, assignment, smallest, *output->backend, &pipe);
		pipe_finish(&pipe);
		if (ret == 0 || !output_has_next_backend(output))
			return;
	}
}

/* A screen that refuses the mode it prefers may accept another one that it lists. */
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
		log_warn("display: %s refused its mode %s and accepted the one above",
			assignment->connector, mode);
	}
	return ret;
}

static void
warn_of_mode(const struct drm_output *output, const struct drm_assignment *assignment)
{
	const char *wanted = output->config->outputs[output->index].mode_text;

	if (assignment->mode_absent)
		log_warn("display: %s has no mode %s; murald --list-displays shows those "
			 "that it has",
			assignment->connector, wanted);
	else if (assignment->mode_made && output->pipe.mode.type == DRM_MODE_TYPE_USERDEF)
		log_info("display: %s does not list the mode %s; it is forced",
			assignment->connector, wanted);
}

int
output_enable(struct drm_output *output, const struct drm_assignment *assignment)
{
	const struct drm_card *card = output->card;
	int ret, other;

	save_crtc(output, assignment);
	ret = modeset_by_backends(output, assignment);
	if (!is_final(ret)) {
		other = modeset_by_modes(output, assignment);
		ret = is_final(other) ? other : ret;
	}
	if (ret < 0) {
		drm_log_reason(output->last_reason,
			"%s (%s): cannot enable %s: %s; retrying", card->path,
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
