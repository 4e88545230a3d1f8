/* SPDX-License-Identifier: MIT */
/*
 * The KMS driver: decides when outputs are enabled, and what to do when the kernel
 * refuses.
 *
 * Whenever something may have changed, device_update() compares what is connected with
 * what is shown, and enables or disables each output by itself.  Uevents, a slow timer
 * while an output is disabled, and refused flips lead there; nothing else enables an
 * output.  While all are enabled and nothing happens, no timer runs.
 */
#include "display/drm/drm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "display/drm/device.h"

#define RETRY_MS 1000
/* A page flip whose event has not come by then never will. */
#define FLIP_TIMEOUT_MS 1000
#define FLIP_TIMEOUTS_MAX 3

/* ------------------------------------------------------------------ updating */

/* The state of each output, for card_assign() to start from. */
static void
init_assignments(const struct drm_device *device, struct drm_assignments *assignments)
{
	assignments_init(assignments, device->config);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct drm_output *output = &device->outputs[i];
		struct drm_assignment *assignment = &assignments->outputs[i];

		assignment->enabled =
			output->enabled &&
			strcmp(assignment->wanted, output->assigned.wanted) == 0;
		if (assignment->enabled) {
			assignment->connector_id = output->pipe.connector_id;
			assignment->crtc_id = output->pipe.crtc_id;
		}
	}
}

/* Returns the milliseconds until the next try; 0: it is enabled. */
static uint64_t
enable_output(struct drm_device *device, struct drm_output *output,
	const struct drm_assignment *assignment)
{
	char unknown[DRM_REASON_MAX];
	int ret;

	if (assignment->connector_id == 0) {
		if (!device_any_enabled(device))
			return RESCAN_MS;
		if (connectors_unknown(device->config, unknown, sizeof(unknown)))
			drm_log_reason(
				output->last_reason, "%s; waiting for that", unknown);
		else
			drm_log_reason(output->last_reason,
				"%s (%s): no screen is connected to %s; waiting for one",
				device->card.path, device->card.driver,
				assignment->wanted);
		return RESCAN_MS;
	}
	ret = output_enable(output, assignment);
	if (ret == 0)
		return 0;
	if (ret == -EACCES || ret == -ENODEV)
		device_drop_card(device);
	return drm_retry_delay_ms(&output->refusals);
}

/* Disables outputs that should show something else.  When only the config changed, the
 * old picture stays until the new one is there; after another change the connector may
 * need to be disabled first. */
static void
disable_outdated(struct drm_device *device, const struct drm_assignments *assignments,
	bool config_changed)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &device->outputs[i];
		const struct drm_assignment *assignment = &assignments->outputs[i];
		const bool same_connector =
			!assignment->link_bad &&
			assignment->connector_id == output->pipe.connector_id;

		if (!output->enabled)
			continue;
		if (same_connector &&
			memcmp(&assignment->modes[0], &output->assigned.modes[0],
				sizeof(assignment->modes[0])) == 0)
			memcpy(output->assigned.wanted, assignment->wanted,
				sizeof(assignment->wanted));
		else if (!config_changed || !same_connector ||
			 assignment->crtc_id != output->pipe.crtc_id)
			output_disable(output,
				strcmp(assignment->wanted, output->assigned.wanted) != 0);
		else if (output_change_mode(output, assignment) < 0)
			device_drop_card(device);
	}
}

/* Enables all outputs.  Returns the milliseconds until the next try; 0: none needed. */
static uint64_t
enable_all(struct drm_device *device, const struct drm_assignments *assignments)
{
	uint64_t retry_ms = 0;

	for (uint32_t i = 0; i < CONFIG_CONNECTORS && device->card.fd >= 0; i++) {
		const struct drm_assignment *assignment = &assignments->outputs[i];
		uint64_t ms;

		if (device->outputs[i].enabled || !*assignment->wanted)
			continue;
		ms = enable_output(device, &device->outputs[i], assignment);
		if (ms != 0 && (retry_ms == 0 || ms < retry_ms))
			retry_ms = ms;
	}
	/* When nothing could be enabled, another card may work, or a new descriptor. */
	if (retry_ms != 0 && !device_any_enabled(device) && assignments_any(assignments))
		device_drop_card(device);
	return retry_ms;
}

static void
keep_all_disabled(struct drm_device *device, const struct drm_assignments *assignments)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (assignments->outputs[i].connector_id != 0)
			output_keep_disabled(
				&device->outputs[i], &assignments->outputs[i]);
}

static void
device_update(struct drm_device *device, bool probe, bool config_changed)
{
	struct drm_assignments assignments;
	uint64_t retry_ms = 0;

	uv_timer_stop(&device->retry);
	if (device->vt_inactive)
		return;
	init_assignments(device, &assignments);
	if (device->card.fd >= 0 &&
		card_assign(&device->card, device->config, probe, &assignments) < 0) {
		assignments_init(&assignments, device->config);
		device_drop_card(device);
	}
	disable_outdated(device, &assignments, config_changed);
	if (!assignments_any(&assignments) || device->card.fd < 0)
		retry_ms = device_find_card(device, &assignments);
	if (assignments_any(&assignments)) {
		device->last_reason[0] = '\0';
		retry_ms = 0;
		if (device->blank)
			keep_all_disabled(device, &assignments);
		else
			retry_ms = enable_all(device, &assignments);
	}
	if (retry_ms != 0)
		device_schedule_update(device, retry_ms);
}

static void
on_retry(uv_timer_t *timer)
{
	device_update(timer->data, false, false);
}

static void
on_change(void *arg)
{
	device_update(arg, true, false);
}

/* ------------------------------------------------------------------ page flips */

/* A process that was stopped for a while finds the event waiting. */
static void
on_flip_timeout(uv_timer_t *timer)
{
	struct drm_output *output = timer->data;
	struct drm_device *device = output->device;
	const bool waited = output->flip_pending;

	if (!device_read_events(device))
		device_schedule_update(device, 1);
	if (!output->enabled || uv_is_active((uv_handle_t *)timer) ||
		(waited && !output->flip_pending))
		return;
	log_warn("display: %s, %s: no frame was shown for %d ms; enabling the screen "
		 "again",
		device->card.path, output->assigned.connector, FLIP_TIMEOUT_MS);
	output_disable(output, false);
	if (++output->flip_timeouts >= FLIP_TIMEOUTS_MAX &&
		output_has_next_backend(output)) {
		output->flip_timeouts = 0;
		output->backend++;
	}
	device_schedule_update(device, 1);
}

static void
handle_flip_error(struct drm_output *output, int error)
{
	struct drm_device *device = output->device;
	const struct drm_card *card = &device->card;
	uint64_t retry_ms = RETRY_MS;

	if (error == -EACCES) {
		drm_log_reason(device->last_reason,
			"%s (%s) was taken by another program; retrying", card->path,
			card->driver);
		device_drop_card(device);
	} else if (error == -ENODEV) {
		drm_log_reason(device->last_reason, "%s (%s) was removed", card->path,
			card->driver);
		device_drop_card(device);
	} else {
		drm_log_reason(output->last_reason, "%s (%s), %s: page flip refused: %s",
			card->path, card->driver, output->assigned.connector,
			strerror(-error));
		output_disable(output, false);
		if (output_has_next_backend(output)) {
			output->backend++;
			retry_ms = 1;
		}
	}
	device_schedule_update(device, retry_ms);
}

static int
drm_present(void *state, uint32_t buffer, const struct box *box)
{
	struct drm_output *output = state;
	int ret = output->pipe.backend->flip(
		&output->pipe, buffer, box, output_token(output));

	if (ret == DISPLAY_FLIP_DONE) {
		uv_timer_stop(&output->watchdog);
		return ret;
	}
	if (ret < 0 && ret != -EBUSY) {
		handle_flip_error(output, ret);
		return ret;
	}
	output->flip_pending = ret == DISPLAY_FLIP_PENDING;
	if (!uv_is_active((uv_handle_t *)&output->watchdog))
		uv_timer_start(&output->watchdog, on_flip_timeout, FLIP_TIMEOUT_MS, 0);
	return ret;
}

/* ------------------------------------------------------------------ the console */

static void
on_vt_left(void *arg)
{
	struct drm_device *device = arg;

	device->vt_inactive = true;
	device_drop_card(device);
}

static void
on_vt_entered(void *arg)
{
	struct drm_device *device = arg;

	device->vt_inactive = false;
	device_update(device, true, false);
}

/* ------------------------------------------------------------------ the driver */

static int
drm_open(const struct config_display *config, struct display_size *size, char *why,
	size_t len)
{
	char reason[DRM_REASON_MAX] = "";
	struct drm_assignments assignments;
	struct drm_card card;
	int ret = card_find(&card, &assignments, config, NULL, reason);

	snprintf(why, len, "%s", reason);
	if (ret < 0)
		return ret;
	card_close(&card);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS && size->width == 0; i++) {
		const struct drm_assignment *assignment = &assignments.outputs[i];

		if (assignment->connector_id != 0 && config->outputs[i].hud != HUD_ONLY)
			*size = (struct display_size){ i, assignment->modes[0].hdisplay,
				assignment->modes[0].vdisplay };
	}
	return 0;
}

static void *
drm_start(const struct config_display *config, uv_loop_t *loop,
	struct screen *const *screens)
{
	struct drm_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->config = config;
	device->loop = loop;
	device->card.fd = -1;
	device->retry.data = device;
	device->on_retry = on_retry;
	snprintf(device->device_path, sizeof(device->device_path), "%s", config->device);
	uv_timer_init(loop, &device->retry);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &device->outputs[i];

		output->device = device;
		output->card = &device->card;
		output->config = config;
		output->index = i;
		output->screen = screens[i];
		output->backend = output_first_backend();
		output->watchdog.data = output;
		uv_timer_init(loop, &output->watchdog);
	}
	(void)uevent_start(&device->uevent, loop, "drm", on_change, device);
	device->vt_inactive =
		!vt_start(&device->vt, loop, on_vt_left, on_vt_entered, device);
	device_schedule_update(device, 1);
	return device;
}

static void
drm_reconfigure(void *state)
{
	struct drm_device *device = state;

	if (strcmp(device->device_path, device->config->device) != 0) {
		device_drop_card(device);
		snprintf(device->device_path, sizeof(device->device_path), "%s",
			device->config->device);
	}
	device_update(device, true, true);
}

static void
drm_blank(void *state, bool blank)
{
	struct drm_device *device = state;

	device->blank = blank;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS && blank; i++)
		output_disable(&device->outputs[i], false);
	device_update(device, true, false);
}

static void
drm_stop(void *state)
{
	struct drm_device *device = state;

	device_drop_card(device);
	vt_stop(&device->vt);
	uevent_stop(&device->uevent);
	uv_close((uv_handle_t *)&device->retry, NULL);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		uv_close((uv_handle_t *)&device->outputs[i].watchdog, NULL);
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
	.list = card_list,
};
