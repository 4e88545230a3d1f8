/* SPDX-License-Identifier: MIT */
/*
 * The KMS driver: decides when outputs are enabled, and what to do when the kernel
 * refuses.
 *
 * Whenever something may have changed, seat_update() compares what is connected with
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

/* Returns the milliseconds until the next try; 0: it is enabled. */
static uint64_t
enable_output(struct drm_device *device, struct drm_output *output,
	const struct drm_assignment *assignment)
{
	int ret;

	if (assignment->connector_id == 0)
		return 0;
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

/* Returns the milliseconds until the next try; 0: none needed. */
static uint64_t
device_update(struct drm_device *device, bool probe, bool config_changed)
{
	struct drm_assignments assignments;
	uint64_t retry_ms = 0;

	device_init_assignments(device, &assignments);
	if (device->card.fd >= 0 &&
		card_assign(&device->card, device->config, probe, &assignments) < 0) {
		device_drop_card(device);
		device_init_assignments(device, &assignments);
	}
	disable_outdated(device, &assignments, config_changed);
	if (device->card.fd < 0) /* nothing is assigned on a card that was dropped */
		device_init_assignments(device, &assignments);
	if (!assignments_any(&assignments) || device->card.fd < 0)
		retry_ms = device_find_card(device, &assignments);
	seat_mark_found(device->seat, &assignments);
	if (!assignments_any(&assignments)) {
		if (device != &device->seat->devices[0])
			device_drop_card(device);
		return retry_ms;
	}
	device->last_reason[0] = '\0';
	if (!device->seat->blank)
		return enable_all(device, &assignments);
	keep_all_disabled(device, &assignments);
	return 0;
}

/* Looks again later for the outputs that no card has a screen for, and while others are
 * shown says which these are. */
static void
await_missing(struct drm_seat *seat)
{
	const struct drm_card *card = &seat->devices[0].card;
	const bool any = seat_any_enabled(seat);
	char unknown[DRM_REASON_MAX];

	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const char *name = seat->config->outputs[i].connector;

		if (!*name || seat->found[i]) {
			seat->last_reasons[i][0] = '\0';
			continue;
		}
		seat_schedule_update(seat, RESCAN_MS);
		if (!any)
			continue;
		if (connectors_unknown(seat->config, unknown, sizeof(unknown)))
			drm_log_reason(
				seat->last_reasons[i], "%s; waiting for that", unknown);
		else
			drm_log_reason(seat->last_reasons[i],
				"%s (%s): no screen is connected to %s; waiting for one",
				card->path, card->driver, name);
	}
}

static void
seat_update(struct drm_seat *seat, bool probe, bool config_changed)
{
	uv_timer_stop(&seat->retry);
	if (seat->vt_inactive)
		return;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		seat->found[i] = false;
	for (uint32_t k = 0; k < SEAT_CARDS; k++) {
		const uint64_t ms =
			device_update(&seat->devices[k], probe, config_changed);

		if (ms != 0)
			seat_schedule_update(seat, ms);
	}
	if (!seat->blank)
		await_missing(seat);
}

static void
on_retry(uv_timer_t *timer)
{
	seat_update(timer->data, false, false);
}

static void
on_change(void *arg)
{
	seat_update(arg, true, false);
}

static void
seat_drop_cards(struct drm_seat *seat)
{
	for (uint32_t k = 0; k < SEAT_CARDS; k++)
		device_drop_card(&seat->devices[k]);
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
		seat_schedule_update(device->seat, 1);
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
	seat_schedule_update(device->seat, 1);
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
	seat_schedule_update(device->seat, retry_ms);
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
	struct drm_seat *seat = arg;

	seat->vt_inactive = true;
	seat_drop_cards(seat);
}

static void
on_vt_entered(void *arg)
{
	struct drm_seat *seat = arg;

	seat->vt_inactive = false;
	seat_update(seat, true, false);
}

/* ------------------------------------------------------------------ the driver */

static int
drm_open(const struct config_display *config, struct display_size *size, char *why,
	size_t len)
{
	const char *const none[] = { NULL };
	char reason[DRM_REASON_MAX] = "";
	struct drm_assignments assignments;
	struct drm_card card;
	int ret;

	assignments_init(&assignments, config);
	ret = card_find(&card, &assignments, config, none, reason);
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

static void
device_init(
	struct drm_device *device, struct drm_seat *seat, struct screen *const *screens)
{
	device->seat = seat;
	device->config = seat->config;
	device->loop = seat->loop;
	device->card.fd = -1;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &device->outputs[i];

		output->device = device;
		output->card = &device->card;
		output->config = seat->config;
		output->index = i;
		output->screen = screens[i];
		output->backend = output_first_backend();
		output->watchdog.data = output;
		uv_timer_init(seat->loop, &output->watchdog);
	}
}

static void *
drm_start(const struct config_display *config, uv_loop_t *loop,
	struct screen *const *screens)
{
	struct drm_seat *seat = calloc(1, sizeof(*seat));

	if (!seat)
		return NULL;
	seat->config = config;
	seat->loop = loop;
	seat->retry.data = seat;
	seat->on_retry = on_retry;
	snprintf(seat->device_path, sizeof(seat->device_path), "%s", config->device);
	uv_timer_init(loop, &seat->retry);
	for (uint32_t k = 0; k < SEAT_CARDS; k++)
		device_init(&seat->devices[k], seat, screens);
	(void)uevent_start(&seat->uevent, loop, "drm", on_change, seat);
	seat->vt_inactive = !vt_start(&seat->vt, loop, on_vt_left, on_vt_entered, seat);
	seat_schedule_update(seat, 1);
	return seat;
}

static void
drm_reconfigure(void *state)
{
	struct drm_seat *seat = state;

	if (strcmp(seat->device_path, seat->config->device) != 0) {
		seat_drop_cards(seat);
		snprintf(seat->device_path, sizeof(seat->device_path), "%s",
			seat->config->device);
	}
	seat_update(seat, true, true);
}

static void
drm_blank(void *state, bool blank)
{
	struct drm_seat *seat = state;

	seat->blank = blank;
	for (uint32_t k = 0; k < SEAT_CARDS && blank; k++)
		for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
			output_disable(&seat->devices[k].outputs[i], false);
	seat_update(seat, true, false);
}

static void
drm_stop(void *state)
{
	struct drm_seat *seat = state;

	seat_drop_cards(seat);
	vt_stop(&seat->vt);
	uevent_stop(&seat->uevent);
	uv_close((uv_handle_t *)&seat->retry, NULL);
	for (uint32_t k = 0; k < SEAT_CARDS; k++)
		for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
			uv_close((uv_handle_t *)&seat->devices[k].outputs[i].watchdog,
				NULL);
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
