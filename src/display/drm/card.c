/* SPDX-License-Identifier: MIT */
/* Finds and opens cards, by what they can do and never by number: which one is card0 may
 * differ from one boot to the next, and a card that only renders may come first. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "display/drm/drm.h"

#define FOLDER "/dev/dri"

/* ------------------------------------------------------------------ a card */

static int
check_abilities(const struct drm_card *card, char *why)
{
	drmModeRes *res = drmModeGetResources(card->fd);
	const char *missing = NULL;
	uint64_t dumb = 0;

	(void)drmGetCap(card->fd, DRM_CAP_DUMB_BUFFER, &dumb);
	if (!res)
		missing = "display";
	else if (!dumb)
		missing = "dumb buffers";
	else if (res->count_connectors == 0 || res->count_crtcs == 0)
		missing = "connectors";
	drmModeFreeResources(res);
	if (!missing)
		return 0;
	snprintf(why, DRM_REASON_MAX, "%s (%s) has no %s", card->path, card->driver,
		missing);
	return -ENOTSUP;
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

void
card_each_connector(const struct drm_card *card, bool probe,
	void (*visit)(const drmModeConnector *connector, void *arg), void *arg)
{
	drmModeConnector *(*const get)(int, uint32_t) =
		probe ? drmModeGetConnector : drmModeGetConnectorCurrent;
	drmModeRes *res = drmModeGetResources(card->fd);

	for (int i = 0; res && i < res->count_connectors; i++) {
		drmModeConnector *connector = get(card->fd, res->connectors[i]);

		if (connector &&
			connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK)
			visit(connector, arg);
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
}

/* ------------------------------------------------------------------ all cards */

static int
is_card(const struct dirent *entry)
{
	return strncmp(entry->d_name, "card", 4) == 0;
}

uint32_t
card_paths(const char *device, char paths[DRM_CARDS_MAX][DRM_PATH_MAX])
{
	struct dirent **entries = NULL;
	uint32_t n = 0;
	int count;

	if (strcmp(device, "auto") != 0) {
		snprintf(paths[0], DRM_PATH_MAX, "%s", device);
		return 1;
	}
	count = scandir(FOLDER, &entries, is_card, versionsort);
	for (int i = 0; i < count; i++) {
		if (n < DRM_CARDS_MAX)
			snprintf(paths[n++], DRM_PATH_MAX, FOLDER "/%.50s",
				entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return n;
}

static bool
is_listed(const char *const *paths, const char *path)
{
	while (*paths && strcmp(*paths, path) != 0)
		paths++;
	return *paths != NULL;
}

int
card_find(struct drm_card *card, struct drm_assignments *assignments,
	const struct config_display *config, const char *const *except, char *why)
{
	const struct drm_assignments wanted = *assignments;
	char paths[DRM_CARDS_MAX][DRM_PATH_MAX];
	const uint32_t count = card_paths(config->device, paths);

	*card = (struct drm_card){ .fd = -1 };
	snprintf(why, DRM_REASON_MAX, "no card in " FOLDER);
	for (uint32_t i = 0; i < count && !assignments_any(assignments); i++) {
		struct drm_assignments found;
		struct drm_card next;

		if (is_listed(except, paths[i]) || card_open(&next, paths[i], why) < 0)
			continue;
		found = wanted;
		if (card_assign(&next, config, true, &found) < 0 ||
			(card->fd >= 0 && !assignments_any(&found))) {
			card_close(&next);
			continue;
		}
		card_close(card);
		*card = next;
		*assignments = found;
	}
	return card->fd >= 0 ? 0 : -ENODEV;
}

/* ------------------------------------------------------------------ --list-displays */

static void
list_connector(const drmModeConnector *connector, void *arg)
{
	char name[32], mode[32];
	FILE *out = arg;

	connector_name(connector, name, sizeof(name));
	fprintf(out, "  %s: %s\n", name, connector_state(connector));
	for (int i = 0; i < connector->count_modes; i++) {
		mode_text(&connector->modes[i], mode, sizeof(mode));
		fprintf(out, "    %s%s\n", mode,
			connector->modes[i].type & DRM_MODE_TYPE_PREFERRED ? " preferred"
									   : "");
	}
}

int
card_list(const struct config_display *config, FILE *out)
{
	char paths[DRM_CARDS_MAX][DRM_PATH_MAX], why[DRM_REASON_MAX] = "";
	const uint32_t count = card_paths("auto", paths);
	struct drm_card card;

	(void)config;
	if (count == 0)
		fputs("no card in " FOLDER "\n", out);
	for (uint32_t i = 0; i < count; i++) {
		if (card_open(&card, paths[i], why) < 0) {
			fprintf(out, "%s\n", why);
			continue;
		}
		fprintf(out, "%s: %s\n", card.path, card.driver);
		card_each_connector(&card, true, list_connector, out);
		card_close(&card);
	}
	return 0;
}
