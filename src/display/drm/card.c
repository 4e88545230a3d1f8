/* SPDX-License-Identifier: MIT */
/* Finds cards by what they can do, never by number: which one is card0 may differ from
 * one boot to the next, and one that only renders may come first. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "display/drm/drm.h"

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
		snprintf(why, DRM_REASON_MAX, "%s (%s) has no display", card->path,
			card->driver);
	else if (!dumb)
		snprintf(why, DRM_REASON_MAX, "%s (%s) has no dumb buffers", card->path,
			card->driver);
	else if (res->count_connectors == 0 || res->count_crtcs == 0)
		snprintf(why, DRM_REASON_MAX, "%s (%s) has no connectors", card->path,
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
		snprintf(why, DRM_REASON_MAX, "%s: %s%s", path, strerror(-ret),
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
card_set_master(const struct drm_card *card)
{
	if (drmIsMaster(card->fd) || drmSetMaster(card->fd) == 0)
		return 0;
	return errno == EBUSY ? -EBUSY : -EACCES;
}

/* ------------------------------------------------------------------ all cards */

static int
is_card(const struct dirent *entry)
{
	return strncmp(entry->d_name, "card", 4) == 0;
}

int
card_find(struct drm_card *card, struct drm_assignments *assignments,
	const struct config_display *config, const char *except, char *why)
{
	bool by_name = strcmp(config->device, "auto") != 0;
	struct dirent **entries = NULL;
	int count = by_name ? 1 : scandir(FOLDER, &entries, is_card, versionsort);

	*card = (struct drm_card){ .fd = -1 };
	assignments_init(assignments, config);
	snprintf(why, DRM_REASON_MAX, "no card in " FOLDER);
	for (int i = 0; i < count && !assignments_any(assignments); i++) {
		struct drm_assignments found;
		struct drm_card next;
		char path[64];

		if (by_name)
			snprintf(path, sizeof(path), "%s", config->device);
		else
			snprintf(path, sizeof(path), FOLDER "/%.50s", entries[i]->d_name);
		if ((except && strcmp(path, except) == 0) ||
			card_open(&next, path, why) < 0)
			continue;
		assignments_init(&found, config);
		if (card_assign(&next, config, true, &found) < 0 ||
			(card->fd >= 0 && !assignments_any(&found))) {
			card_close(&next);
			continue;
		}
		card_close(card);
		*card = next;
		*assignments = found;
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
	char why[DRM_REASON_MAX] = "";
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
card_list(FILE *out)
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
