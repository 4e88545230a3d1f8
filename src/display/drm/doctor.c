/* SPDX-License-Identifier: MIT */
/*
 * --doctor's checks of the cards.  Nothing is enabled.  When another program is master,
 * the kernel is only asked for what it knows already; when none is, opening a card makes
 * us master, so screens may be probed, and closing it gives that up.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/procs.h"
#include "base/util.h"
#include "display/display.h"
#include "display/drm/drm.h"
#include "display/layout.h"

/* What was found on all cards. */
struct survey {
	struct report *report;
	const struct config_display *config;
	const struct mural_dimensions *canvas;
	struct drm_assignments wanted;
	bool screen;      /* one is connected that the config names */
	bool can_display; /* some card could */
};

/* ------------------------------------------------------------------ screens */

/* NULL: nothing is to be shown on it. */
static const struct config_output *
find_output(const struct survey *survey, const drmModeConnector *connector)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (connector_matches(connector, &survey->wanted.outputs[i]))
			return &survey->config->outputs[i];
	return NULL;
}

/* A mode that a screen does not list is forced, which not every screen accepts. */
static void
examine_mode(struct survey *survey, const drmModeConnector *connector,
	const struct config_output *output, const char *name)
{
	const struct config_mode *wanted = &output->mode;
	struct drm_assignment assignment = { 0 };

	if (wanted->width == 0)
		return;
	mode_select(connector, wanted, &assignment);
	if (assignment.mode_made)
		report_note(survey->report, "%s: does not list the mode %s; it is forced",
			name, output->mode_text);
	if (!assignment.mode_absent)
		return;
	report_problem(survey->report, "%s: has no mode %s", name, output->mode_text);
	report_advice(survey->report, "murald --list-displays shows those that it has; "
				      "WxH@Hz forces one");
}

/* Whole factors do not make a canvas smaller: one that is larger than its place on the
 * screen loses pixels. */
static void
examine_room(const struct survey *survey, const drmModeConnector *connector,
	const struct config_output *config, const char *name)
{
	const struct mural_dimensions *canvas = survey->canvas;
	struct scale_screen screen = { .quarter_turns = config->rotate };
	struct drm_assignment assignment = { 0 };
	struct hud_room hud_room;
	struct box strip, room;
	uint32_t width, height;

	mode_select(connector, &config->mode, &assignment);
	if (canvas->width == 0 || assignment.n_modes == 0 || config->hud == HUD_ONLY ||
		config->scale != SCALE_INTEGER)
		return;
	screen.width = assignment.modes[0].hdisplay;
	screen.height = assignment.modes[0].vdisplay;
	scale_upright_size(&screen, &width, &height);
	hud_room = layout_room(config, width, height);
	hud_place(&hud_room, canvas->width, canvas->height, &strip, &room);
	width = room.right - room.left;
	height = room.bottom - room.top;
	if (canvas->width <= width && canvas->height <= height)
		return;
	report_problem(survey->report,
		"%s: has room for %ux%u pixels; of a canvas of %ux%u some are not shown",
		name, width, height, canvas->width, canvas->height);
	report_advice(survey->report,
		"set display.scale = fit, canvas.size = auto or at most %ux%u%s", width,
		height, config->hud ? ", or display.hud = no" : "");
}

static void
examine_connector(const drmModeConnector *connector, void *arg)
{
	struct survey *survey = arg;
	const drmModeModeInfo *preferred = mode_preferred(connector);
	const bool connected = connector->connection == DRM_MODE_CONNECTED;
	const struct config_output *wanted = find_output(survey, connector);
	char name[32], mode[32];

	connector_name(connector, name, sizeof(name));
	if (!connected || !preferred) {
		report_note(survey->report, "%s: %s%s", name, connector_state(connector),
			connected ? ", but without a mode: its EDID cannot be read" : "");
		return;
	}
	mode_text(preferred, mode, sizeof(mode));
	report_ok(survey->report, "%s: connected, %d modes, %s first%s", name,
		connector->count_modes, mode, wanted ? "" : "; the config names others");
	if (!wanted)
		return;
	survey->screen = true;
	examine_mode(survey, connector, wanted, name);
	examine_room(survey, connector, wanted, name);
}

/* ------------------------------------------------------------------ planes */

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
		xrgb |= primary && plane_has_format(plane, DRM_FORMAT_XRGB8888);
		rgb565 |= primary && plane_has_format(plane, DRM_FORMAT_RGB565);
		filter |= primary && plane_property(card->fd, id, "SCALING_FILTER",
					     UINT64_MAX) != UINT64_MAX;
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	if (n == 0) {
		report_note(survey->report, "the driver reports no planes");
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

/* A running murald is no problem: the card is meant for it. */
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
		"stop it and keep it from starting again: systemctl disable --now "
		"its unit (display-manager, plymouth, kmscon, weston)");
}

static void
report_unusable(struct survey *survey, const char *path, int error, const char *why)
{
	struct stat st;
	const struct group *group = NULL;
	const char *name;

	if (error != -EACCES) {
		report_note(survey->report, "%s", why);
		return;
	}
	if (stat(path, &st) == 0)
		group = getgrgid(st.st_gid);
	name = group ? group->gr_name : "video";
	report_problem(survey->report, "%s may not be opened by this user", path);
	report_advice(survey->report,
		"add murald's user to the group %s: usermod -aG %s USER, or "
		"SupplementaryGroups=%s in its unit",
		name, name, name);
}

static void
examine_card(struct survey *survey, const char *path)
{
	struct drm_card card;
	char why[DRM_REASON_MAX] = "";
	int ret = card_open(&card, path, why);

	if (ret < 0) {
		report_unusable(survey, path, ret, why);
		return;
	}
	survey->can_display = true;
	report_ok(survey->report, "%s: driver %s, dumb buffers, %s", path, card.driver,
		drmSetClientCap(card.fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0
			? "atomic"
			: "no atomic commits");
	(void)drmSetClientCap(card.fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	card_each_connector(&card, drmIsMaster(card.fd), examine_connector, survey);
	examine_planes(survey, &card);
	examine_master(survey, &card);
	card_close(&card);
}

void
display_examine(const struct config_display *config,
	const struct mural_dimensions *canvas, struct report *report)
{
	struct survey survey = { .report = report, .config = config, .canvas = canvas };
	char paths[DRM_CARDS_MAX][DRM_PATH_MAX];
	char unknown[DRM_REASON_MAX];
	uint32_t cards;

	if (config->output == OUTPUT_HEADLESS) {
		report_note(report, "display.output = headless: nothing is shown");
		return;
	}
	assignments_init(&survey.wanted, config);
	cards = card_paths(config->device, paths);
	for (uint32_t i = 0; i < cards; i++)
		examine_card(&survey, paths[i]);
	if (!survey.can_display && config->output == OUTPUT_AUTO && cards == 0) {
		report_note(report, "no card in /dev/dri: murald runs headless");
	} else if (!survey.can_display) {
		report_problem(report, "no card that could display");
		report_advice(report,
			"check that the kernel has a driver for it: dmesg | grep drm; "
			"on a Raspberry Pi dtoverlay=vc4-kms-v3d in config.txt");
	} else if (connectors_unknown(config, unknown, sizeof(unknown))) {
		report_problem(report, "%s: %s",
			*config->outputs[0].name ? "connector" : "display.connector",
			unknown);
		report_advice(report, "write one of these, or auto");
	} else if (!survey.screen) {
		report_problem(report, "no screen is connected%s",
			connectors_named(config, unknown, sizeof(unknown))
				? " to what the config names"
				: "");
		report_advice(report,
			"check its cable, power and input; if it is connected but not "
			"detected, add video=HDMI-A-1:1920x1080@60D to the kernel's "
			"arguments, or drm.edid_firmware=HDMI-A-1:edid/NAME.bin, or on a "
			"Raspberry Pi vc4.force_hotplug=1");
	}
}
