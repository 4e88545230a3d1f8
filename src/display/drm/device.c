/* SPDX-License-Identifier: MIT */
/* Opens a card as DRM master, dispatches its events, and closes it. */
#include "display/drm/device.h"

#include <drm.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"

bool
device_any_enabled(const struct drm_device *device)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (device->outputs[i].enabled)
			return true;
	return false;
}

bool
seat_any_enabled(const struct drm_seat *seat)
{
	for (uint32_t i = 0; i < SEAT_CARDS; i++)
		if (device_any_enabled(&seat->devices[i]))
			return true;
	return false;
}

/* Not 0 ms: before libuv 1.45, a timer that restarts itself with 0 starves the loop. */
void
seat_schedule_update(struct drm_seat *seat, uint64_t ms)
{
	const bool active = uv_is_active((uv_handle_t *)&seat->retry);

	if (!active || uv_timer_get_due_in(&seat->retry) > ms)
		uv_timer_start(&seat->retry, seat->on_retry, MAX(ms, 1), 0);
}

void
seat_mark_found(struct drm_seat *seat, const struct drm_assignments *assignments)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (assignments->outputs[i].connector_id != 0)
			seat->found[i] = true;
}

static bool
is_elsewhere(const struct drm_device *device, uint32_t output)
{
	if (device->seat->found[output] && !device->outputs[output].enabled)
		return true;
	for (uint32_t i = 0; i < SEAT_CARDS; i++) {
		const struct drm_device *other = &device->seat->devices[i];

		if (other != device && other->outputs[output].enabled)
			return true;
	}
	return false;
}

void
device_init_assignments(
	const struct drm_device *device, struct drm_assignments *assignments)
{
	assignments_init(assignments, device->config);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct drm_output *output = &device->outputs[i];
		struct drm_assignment *assignment = &assignments->outputs[i];

		if (is_elsewhere(device, i))
			assignment->wanted[0] = '\0';
		assignment->enabled =
			output->enabled &&
			strcmp(assignment->wanted, output->assigned.wanted) == 0;
		if (assignment->enabled) {
			assignment->connector_id = output->pipe.connector_id;
			assignment->crtc_id = output->pipe.crtc_id;
		}
	}
}

static void
log_unconnected(struct drm_device *device, const struct drm_card *card)
{
	char unknown[DRM_REASON_MAX], names[DRM_REASON_MAX];
	const bool by_name = connectors_named(device->config, names, sizeof(names));

	if (connectors_unknown(device->config, unknown, sizeof(unknown))) {
		drm_log_reason(device->last_reason, "%s; waiting for that", unknown);
		return;
	}
	drm_log_reason(device->last_reason,
		"%s (%s): no screen is connected%s%s; waiting for one", card->path,
		card->driver, by_name ? " to " : "", by_name ? names : "");
}

/* ------------------------------------------------------------------ events */

/* Events of flips from before an output's last modeset match no token. */
static void
handle_event(struct drm_device *device, const struct drm_event *event)
{
	struct drm_event_vblank flip;

	if (event->type != DRM_EVENT_FLIP_COMPLETE || event->length < sizeof(flip))
		return;
	memcpy(&flip, event, sizeof(flip));
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_output *output = &device->outputs[i];

		if (!output->flip_pending || output_token(output) != flip.user_data)
			continue;
		output->flip_pending = false;
		output->flip_timeouts = 0;
		uv_timer_stop(&output->watchdog);
		screen_presented(output->screen);
		return;
	}
}

/* Not drmHandleEvent(), which would pass on the token, but not the device. */
bool
device_read_events(struct drm_device *device)
{
	_Alignas(struct drm_event_vblank) char buffer[1024];
	const ssize_t len = read(device->card.fd, buffer, sizeof(buffer));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t at = 0; at + (ssize_t)sizeof(struct drm_event) <= len;) {
		struct drm_event event;

		memcpy(&event, buffer + at, sizeof(event));
		if (event.length < sizeof(event) || event.length > (size_t)(len - at))
			break;
		handle_event(device, (const struct drm_event *)(buffer + at));
		at += event.length;
	}
	return len > 0;
}

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct drm_device *device = poll->data;

	(void)events;
	if (status == 0 && device_read_events(device))
		return;
	if (device->events)
		uv_poll_stop(device->events);
	seat_schedule_update(device->seat, 1);
}

static void
on_events_closed(uv_handle_t *handle)
{
	free(handle);
}

/* ------------------------------------------------------------------ the card */

void
device_drop_card(struct drm_device *device)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		output_disable(&device->outputs[i], true);
		device->outputs[i].backend = output_first_backend();
	}
	if (device->events)
		uv_close((uv_handle_t *)device->events, on_events_closed);
	device->events = NULL;
	card_close(&device->card);
}

/* In place of the one before, and also when it fails the device's to drop. */
static int
adopt_card(struct drm_device *device, const struct drm_card *card)
{
	uv_poll_t *events;
	int ret;

	device_drop_card(device);
	device->card = *card;
	events = calloc(1, sizeof(*events));
	ret = events ? uv_poll_init(device->loop, events, card->fd) : -ENOMEM;
	if (ret < 0) {
		free(events);
		return ret;
	}
	events->data = device;
	device->events = events;
	return uv_poll_start(events, UV_READABLE, on_events);
}

/* Why the first device has no other card than the one that is open, if any is. */
static void
log_not_found(struct drm_device *device, const char *why)
{
	if (device->card.fd < 0)
		drm_log_reason(device->last_reason, "%s; waiting for a screen", why);
	else if (!seat_any_enabled(device->seat))
		log_unconnected(device, &device->card);
}

static bool
is_first(const struct drm_device *device)
{
	return device == &device->seat->devices[0];
}

/* The cards that are open already. */
static void
list_open(const struct drm_seat *seat, const char *paths[SEAT_CARDS + 1])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SEAT_CARDS; i++)
		if (seat->devices[i].card.fd >= 0)
			paths[n++] = seat->devices[i].card.path;
	paths[n] = NULL;
}

uint64_t
device_find_card(struct drm_device *device, struct drm_assignments *assignments)
{
	const bool must_have = device->card.fd >= 0 || !is_first(device);
	const char *open[SEAT_CARDS + 1];
	char why[DRM_REASON_MAX] = "";
	struct drm_card card;

	if (!assignments_wanted(assignments))
		return 0;
	list_open(device->seat, open);
	if (card_find(&card, assignments, device->config, open, why) < 0 ||
		(must_have && !assignments_any(assignments))) {
		if (is_first(device))
			log_not_found(device, why);
		card_close(&card);
		return is_first(device) ? RESCAN_MS : 0;
	}
	if (card_set_master(&card) < 0) {
		drm_log_reason(device->last_reason,
			"%s (%s) is held by another program, such as a boot splash, a "
			"compositor or kmscon; retrying",
			card.path, card.driver);
		card_close(&card);
		seat_mark_found(device->seat, assignments);
		device_init_assignments(device, assignments);
		return drm_retry_delay_ms(&device->refusals);
	}
	device->refusals = 0;
	if (adopt_card(device, &card) < 0) {
		device_drop_card(device);
		device_init_assignments(device, assignments);
	} else if (!assignments_any(assignments)) {
		log_unconnected(device, &card);
	}
	return RESCAN_MS;
}
