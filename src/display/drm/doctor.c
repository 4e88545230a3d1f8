/* SPDX-License-Identifier: MIT */
/*
 * --doctor's look at the cards.  Nothing is enabled.  Where somebody is master, the
 * kernel is only asked for what it knows already; where nobody is, opening a card makes
 * us that, so screens may be probed, and closing it gives it back.
 */
#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/procs.h"
#include "base/util.h"
#include "display/display.h"
#include "display/drm/drm.h"

#define FOLDER "/dev/dri"

/* What was seen of all cards. */
struct survey {
	struct report *report;
	const struct config_display *config;
	bool screen;      /* one is connected, and it is one that the config wants */
	bool can_display; /* some card could */
};

/* ------------------------------------------------------------------ screens */

static const char *
state_of(const drmModeConnector *connector)
{
	switch (connector->connection) {
	case DRM_MODE_CONNECTED:
		return "connected";
	case DRM_MODE_DISCONNECTED:
		return "not connected";
	default:
		return "cannot tell whether anything is connected";
	}
}

static bool
is_wanted(const struct config_display *config, const char *name)
{
	char word[32];

	for (uint32_t i = 0; config_word(config->connector, i, word, sizeof(word)); i++)
		if (strcmp(word, "auto") == 0 || strcmp(word, name) == 0)
			return true;
	return false;
}

/* A mode that a screen does not list is forced on it, which not every screen takes. */
static void
examine_mode(struct survey *survey, const drmModeConnector *connector, const char *name)
{
	const struct config_mode *wanted = &survey->config->wanted_mode;
	struct drm_assignment assignment = { 0 };

	if (wanted->width == 0)
		return;
	mode_select(connector, wanted, &assignment);
	if (assignment.mode_made)
		report_note(survey->report,
			"%s: does not list display.mode = %s; it is forced", name,
			survey->config->mode);
	if (!assignment.mode_absent)
		return;
	report_problem(survey->report, "%s: has no mode %s", name, survey->config->mode);
	report_advice(survey->report, "murald --list-displays shows those that it has; "
				      "WxH@Hz forces one");
}

static void
examine_connector(struct survey *survey, const drmModeConnector *connector)
{
	const drmModeModeInfo *preferred = connector->modes;
	bool connected = connector->connection == DRM_MODE_CONNECTED;
	char name[32], mode[32];

	connector_name(connector, name, sizeof(name));
	if (!connected || connector->count_modes == 0) {
		report_note(survey->report, "%s: %s%s", name, state_of(connector),
			connected ? ", but without a mode: its EDID cannot be read" : "");
		return;
	}
	for (int i = 0; i < connector->count_modes; i++)
		if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED) {
			preferred = &connector->modes[i];
			break;
		}
	mode_text(preferred, mode, sizeof(mode));
	report_ok(survey->report, "%s: connected, %d modes, %s first%s", name,
		connector->count_modes, mode,
		is_wanted(survey->config, name) ? ""
						: "; display.connector names others");
	if (!is_wanted(survey->config, name))
		return;
	survey->screen = true;
	examine_mode(survey, connector, name);
}

static void
examine_connectors(struct survey *survey, const struct drm_card *card)
{
	bool may_probe = drmIsMaster(card->fd);
	drmModeRes *res = drmModeGetResources(card->fd);

	for (int i = 0; res && i < res->count_connectors; i++) {
		drmModeConnector *connector =
			may_probe ? drmModeGetConnector(card->fd, res->connectors[i])
				  : drmModeGetConnectorCurrent(
					    card->fd, res->connectors[i]);

		if (connector &&
			connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK)
			examine_connector(survey, connector);
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
}

/* ------------------------------------------------------------------ planes */

static bool
has_format(const drmModePlane *plane, uint32_t format)
{
	for (uint32_t i = 0; i < plane->count_formats; i++)
		if (plane->formats[i] == format)
			return true;
	return false;
}

/* A property of the plane: its value, or `otherwise` where there is none. */
static uint64_t
plane_property(int fd, uint32_t plane, const char *name, uint64_t otherwise)
{
	drmModeObjectProperties *all =
		drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);

	for (uint32_t i = 0; all && i < all->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, all->props[i]);

		if (property && strcmp(property->name, name) == 0)
			otherwise = all->prop_values[i];
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(all);
	return otherwise;
}

static void
examine_planes(struct survey *survey, const struct drm_card *card)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(card->fd);
	bool xrgb = false, rgb565 = false, filter = false;
	unsigned n = 0;

	for (uint32_t i = 0; planes && i < planes->count_planes; i++) {
		uint32_t id = planes->planes[i];
		drmModePlane *plane = drmModeGetPlane(card->fd, id);
		bool primary = plane && plane_property(card->fd, id, "type", 0) ==
						DRM_PLANE_TYPE_PRIMARY;

		n += primary;
		xrgb |= primary && has_format(plane, DRM_FORMAT_XRGB8888);
		rgb565 |= primary && has_format(plane, DRM_FORMAT_RGB565);
		filter |= primary && plane_property(card->fd, id, "SCALING_FILTER",
					     UINT64_MAX) != UINT64_MAX;
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	if (n == 0) {
		report_note(survey->report, "the driver tells of no planes");
	} else if (xrgb || rgb565) {
		report_ok(survey->report, "primary planes: %u, %s%s%s%s", n,
			xrgb ? "XRGB8888" : "", xrgb && rgb565 ? ", " : "",
			rgb565 ? "RGB565" : "", filter ? ", SCALING_FILTER" : "");
	} else {
		report_problem(
			survey->report, "no primary plane takes XRGB8888 or RGB565");
		report_advice(
			survey->report, "murald cannot draw on this card; use another");
	}
}

/* ------------------------------------------------------------------ cards */

/* A wall that runs is no fault: it is what this was meant for. */
static void
examine_master(struct survey *survey, const struct drm_card *card)
{
	struct procs procs;

	if (drmIsMaster(card->fd)) {
		(void)drmDropMaster(card->fd);
		report_ok(survey->report, "%s: nobody holds the display", card->path);
		return;
	}
	procs_with_open(card->path, &procs);
	if (procs.any_murald) {
		report_note(survey->report, "%s is held by %s", card->path, procs.text);
		return;
	}
	report_problem(survey->report, "another program holds the display: %s",
		*procs.text ? procs.text : "only root may see which");
	report_advice(survey->report,
		"stop it, and see that it is not started again: systemctl disable --now "
		"its unit (display-manager, plymouth, kmscon, weston)");
}

static void
refuse_card(struct survey *survey, const char *path, int error, const char *why)
{
	struct stat st;
	const struct group *group = NULL;

	if (error != -EACCES) {
		report_note(survey->report, "%s", why);
		return;
	}
	if (stat(path, &st) == 0)
		group = getgrgid(st.st_gid);
	report_problem(survey->report, "%s may not be opened by this user", path);
	report_advice(survey->report,
		"let murald be in the group %s: usermod -aG %s USER, or "
		"SupplementaryGroups=%s in its unit",
		group ? group->gr_name : "video", group ? group->gr_name : "video",
		group ? group->gr_name : "video");
}

static void
examine_card(struct survey *survey, const char *path)
{
	struct drm_card card;
	char why[DRM_REASON_MAX] = "";
	int ret = card_open(&card, path, why);

	if (ret < 0) {
		refuse_card(survey, path, ret, why);
		return;
	}
	survey->can_display = true;
	report_ok(survey->report, "%s: driver %s, dumb buffers, %s", path, card.driver,
		drmSetClientCap(card.fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0
			? "atomic"
			: "no atomic commits");
	(void)drmSetClientCap(card.fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	examine_connectors(survey, &card);
	examine_planes(survey, &card);
	examine_master(survey, &card);
	card_close(&card);
}

static int
is_card(const struct dirent *entry)
{
	return strncmp(entry->d_name, "card", 4) == 0;
}

/* How many there are. */
static int
examine_cards(struct survey *survey)
{
	struct dirent **entries = NULL;
	int count;

	if (strcmp(survey->config->device, "auto") != 0) {
		examine_card(survey, survey->config->device);
		return 1;
	}
	count = scandir(FOLDER, &entries, is_card, versionsort);
	for (int i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), FOLDER "/%.50s", entries[i]->d_name);
		examine_card(survey, path);
		free(entries[i]);
	}
	free(entries);
	return MAX(count, 0);
}

void
display_examine(const struct config_display *config, struct report *report)
{
	struct survey survey = { .report = report, .config = config };
	int cards;

	if (config->output == OUTPUT_HEADLESS) {
		report_note(report, "display.output = headless: nothing is shown");
		return;
	}
	cards = examine_cards(&survey);
	if (!survey.can_display && config->output == OUTPUT_AUTO && cards == 0) {
		report_note(report, "no card in " FOLDER ": murald runs headless");
	} else if (!survey.can_display) {
		report_problem(report, "no card that could display");
		report_advice(report,
			"see that the kernel's driver for it is there: dmesg | grep drm; "
			"on a Raspberry Pi dtoverlay=vc4-kms-v3d in config.txt");
	} else if (!survey.screen) {
		report_problem(report, "no screen is connected%s",
			strcmp(config->connector, "auto") == 0
				? ""
				: " to what display.connector names");
		report_advice(report,
			"check its cable, power and input; if it is there, but does not "
			"say so, add video=HDMI-A-1:1920x1080@60D to the kernel's "
			"arguments, or drm.edid_firmware=HDMI-A-1:edid/NAME.bin, or on a "
			"Raspberry Pi vc4.force_hotplug=1");
	}
}
