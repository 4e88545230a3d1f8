/* SPDX-License-Identifier: MIT */
/* Finds cards by what they can do, never by number: which one is card0 may differ from
 * one boot to the next, and one that only renders may come first. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "display-drm.h"
#include "util.h"

#define FOLDER "/dev/dri"

/* ------------------------------------------------------------------ one card */

static int
check_abilities(const struct drm_card *card, char *why)
{
	uint64_t dumb = 0;
	drmModeRes *res = drmModeGetResources(card->fd);
	int ret = -ENOTSUP;

	(void)drmGetCap(card->fd, DRM_CAP_DUMB_BUFFER, &dumb);
	if (!res)
		snprintf(
			why, DRM_WHY, "%s (%s) has no display", card->path, card->driver);
	else if (!dumb)
		snprintf(why, DRM_WHY, "%s (%s) has no dumb buffers", card->path,
			card->driver);
	else if (res->count_connectors == 0 || res->count_crtcs == 0)
		snprintf(why, DRM_WHY, "%s (%s) has no connectors", card->path,
			card->driver);
	else
		ret = 0;
	drmModeFreeResources(res);
	return ret;
}

int
card_open(struct drm_card *card, const char *path, char *why)
{
	drmVersion *version;
	int ret;

	*card = (struct drm_card){ .fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK) };
	snprintf(card->path, sizeof(card->path), "%s", path);
	if (card->fd < 0) {
		ret = -errno;
		snprintf(why, DRM_WHY, "%s: %s%s", path, strerror(-ret),
			ret == -EACCES ? "; be in group video" : "");
		return ret;
	}
	version = drmGetVersion(card->fd);
	snprintf(card->driver, sizeof(card->driver), "%s",
		version && version->name ? version->name : "?");
	drmFreeVersion(version);
	ret = check_abilities(card, why);
	if (ret < 0)
		card_close(card);
	return ret;
}

void
card_close(struct drm_card *card)
{
	if (card->fd >= 0)
		close(card->fd);
	card->fd = -1;
}

int
card_master(const struct drm_card *card)
{
	if (drmIsMaster(card->fd) || drmSetMaster(card->fd) == 0)
		return 0;
	return errno == EBUSY ? -EBUSY : -EACCES;
}

/* ------------------------------------------------------------------ choosing */

uint64_t
mode_frame_ns(const drmModeModeInfo *mode)
{
	uint64_t ticks = (uint64_t)mode->htotal * mode->vtotal; /* clock is in kHz */

	if (mode->flags & DRM_MODE_FLAG_INTERLACE)
		ticks /= 2;
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN)
		ticks *= 2;
	if (mode->clock == 0 || ticks == 0)
		return UINT64_C(1000000000) / MAX(mode->vrefresh, 60);
	return ticks * 1000000 / mode->clock;
}

void
mode_text(const drmModeModeInfo *mode, char *text, size_t len)
{
	snprintf(text, len, "%ux%u@%u", mode->hdisplay, mode->vdisplay, mode->vrefresh);
}

static bool
is_mode(const drmModeModeInfo *mode, const char *wanted)
{
	char text[32];

	mode_text(mode, text, sizeof(text));
	if (strcmp(text, wanted) == 0)
		return true;
	*strchr(text, '@') = '\0';
	return strcmp(text, wanted) == 0;
}

/* The configured mode, or where there is none what the screen prefers. */
static void
choose_mode(
	const drmModeConnector *connector, const char *wanted, struct drm_choice *choice)
{
	const drmModeModeInfo *preferred = &connector->modes[0];

	for (int i = connector->count_modes - 1; i >= 0; i--)
		if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED)
			preferred = &connector->modes[i];
	choice->mode = *preferred;
	choice->mode_absent = strcmp(wanted, "preferred") != 0;
	for (int i = 0; i < connector->count_modes && choice->mode_absent; i++)
		if (is_mode(&connector->modes[i], wanted)) {
			choice->mode = connector->modes[i];
			choice->mode_absent = false;
		}
}

/* The CRTC that drives the connector already, else the first that could. */
static bool
choose_crtc(int fd, const drmModeRes *res, const drmModeConnector *connector,
	struct drm_choice *choice)
{
	drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoder_id);
	uint32_t current = encoder ? encoder->crtc_id : 0, possible = 0;

	drmModeFreeEncoder(encoder);
	for (int i = 0; i < connector->count_encoders; i++) {
		encoder = drmModeGetEncoder(fd, connector->encoders[i]);
		possible |= encoder ? encoder->possible_crtcs : 0;
		drmModeFreeEncoder(encoder);
	}
	choice->crtc_id = 0;
	for (int i = 0; i < MIN(res->count_crtcs, 32); i++) {
		if (!(possible >> i & 1))
			continue;
		if (choice->crtc_id == 0 || res->crtcs[i] == current) {
			choice->crtc_id = res->crtcs[i];
			choice->crtc = i;
		}
	}
	return choice->crtc_id != 0;
}

static bool
link_is_bad(int fd, const drmModeConnector *connector)
{
	bool bad = false;

	for (int i = 0; i < connector->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, connector->props[i]);

		if (prop && strcmp(prop->name, "link-status") == 0)
			bad = connector->prop_values[i] == DRM_MODE_LINK_STATUS_BAD;
		drmModeFreeProperty(prop);
	}
	return bad;
}

static void
connector_name(const drmModeConnector *connector, char *name, size_t len)
{
	const char *type = drmModeGetConnectorTypeName(connector->connector_type);

	snprintf(name, len, "%s-%u", type ? type : "Unknown",
		connector->connector_type_id);
}

/* Connected and lightable?  Some sockets cannot tell; they count when they are asked for
 * by name. */
static bool
choose_connector(int fd, const drmModeRes *res, const drmModeConnector *connector,
	const struct config_display *config, struct drm_choice *choice)
{
	bool by_name = strcmp(config->connector, "auto") != 0;
	bool connected = connector->connection == DRM_MODE_CONNECTED ||
			 (by_name && connector->connection == DRM_MODE_UNKNOWNCONNECTION);

	connector_name(connector, choice->connector, sizeof(choice->connector));
	if (connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK || !connected ||
		connector->count_modes == 0)
		return false;
	if (by_name && strcmp(config->connector, choice->connector) != 0)
		return false;
	if (!choose_crtc(fd, res, connector, choice))
		return false;
	choice->connector_id = connector->connector_id;
	choose_mode(connector, config->mode, choice);
	choice->link_bad = link_is_bad(fd, connector);
	return true;
}

int
card_look(const struct drm_card *card, const struct config_display *config,
	struct drm_choice *choice)
{
	uint32_t preferred = choice->connector_id;
	drmModeRes *res = drmModeGetResources(card->fd);

	if (!res)
		return -errno;
	*choice = (struct drm_choice){ 0 };
	for (int i = 0; i < res->count_connectors; i++) {
		struct drm_choice found = { 0 };
		drmModeConnector *connector;

		if (choice->connector_id != 0 && res->connectors[i] != preferred)
			continue;
		connector = drmModeGetConnector(card->fd, res->connectors[i]);
		if (connector &&
			choose_connector(card->fd, res, connector, config, &found))
			*choice = found;
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
	return 0;
}

/* ------------------------------------------------------------------ all cards */

static int
is_card(const struct dirent *entry)
{
	return strncmp(entry->d_name, "card", 4) == 0;
}

int
card_find(struct drm_card *card, struct drm_choice *choice,
	const struct config_display *config, const char *except, char *why)
{
	bool by_name = strcmp(config->device, "auto") != 0;
	struct dirent **entries = NULL;
	int count = by_name ? 1 : scandir(FOLDER, &entries, is_card, versionsort);

	*card = (struct drm_card){ .fd = -1 };
	*choice = (struct drm_choice){ 0 };
	snprintf(why, DRM_WHY, "no card in " FOLDER);
	for (int i = 0; i < count && choice->connector_id == 0; i++) {
		struct drm_choice found = { 0 };
		struct drm_card next;
		char path[64];

		if (by_name)
			snprintf(path, sizeof(path), "%s", config->device);
		else
			snprintf(path, sizeof(path), FOLDER "/%.50s", entries[i]->d_name);
		if ((except && strcmp(path, except) == 0) ||
			card_open(&next, path, why) < 0)
			continue;
		if (card_look(&next, config, &found) < 0 ||
			(card->fd >= 0 && found.connector_id == 0)) {
			card_close(&next);
			continue;
		}
		card_close(card);
		*card = next;
		*choice = found;
	}
	for (int i = 0; entries && i < count; i++)
		free(entries[i]);
	free(entries);
	return card->fd >= 0 ? 0 : -ENODEV;
}

/* ------------------------------------------------------------------ --list-displays */

static void
list_connector(FILE *out, const drmModeConnector *connector)
{
	char name[32], mode[32];

	connector_name(connector, name, sizeof(name));
	fprintf(out, "  %s: %s\n", name,
		connector->connection == DRM_MODE_CONNECTED      ? "connected"
		: connector->connection == DRM_MODE_DISCONNECTED ? "not connected"
								 : "cannot tell");
	for (int i = 0; i < connector->count_modes; i++) {
		mode_text(&connector->modes[i], mode, sizeof(mode));
		fprintf(out, "    %s%s\n", mode,
			connector->modes[i].type & DRM_MODE_TYPE_PREFERRED ? " preferred"
									   : "");
	}
}

static void
list_card(FILE *out, const char *path)
{
	char why[DRM_WHY] = "";
	struct drm_card card;
	drmModeRes *res;

	if (card_open(&card, path, why) < 0) {
		fprintf(out, "%s\n", why);
		return;
	}
	fprintf(out, "%s: %s\n", path, card.driver);
	res = drmModeGetResources(card.fd);
	for (int i = 0; res && i < res->count_connectors; i++) {
		drmModeConnector *connector =
			drmModeGetConnector(card.fd, res->connectors[i]);

		if (connector &&
			connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK)
			list_connector(out, connector);
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
	card_close(&card);
}

int
cards_list(FILE *out)
{
	struct dirent **entries = NULL;
	int count = scandir(FOLDER, &entries, is_card, versionsort);

	if (count <= 0)
		fputs("no card in " FOLDER "\n", out);
	for (int i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), FOLDER "/%.50s", entries[i]->d_name);
		list_card(out, path);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
