/* SPDX-License-Identifier: MIT */
/*
 * Chooses the modes to try on a screen, and computes timings for a mode that it does not
 * list.
 *
 * The timings come from CTA-861-G, tables 1 and 2, for the sizes of television, which
 * every projector supports; and for all others from VESA's Coordinated Video Timings
 * standard, version 1.1 (2003), section 5, with reduced blanking, which needs the least
 * bandwidth.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "display/drm/drm.h"

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

/* ------------------------------------------------------------------ computing */

/* Polarities of the sync pulses. */
#define NEG (DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_NVSYNC)
#define POS (DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC)
#define RB_SYNC (DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC)

/* In kHz, then for each axis: the pixels shown, where sync begins and ends, and all. */
#define TIMING(clock, h, h_start, h_end, h_total, v, v_start, v_end, v_total, hz, flags) \
	{                                                                                \
		clock, h, h_start, h_end, h_total, 0, v, v_start, v_end, v_total, 0, hz, \
			flags, DRM_MODE_TYPE_USERDEF, ""                                 \
	}

static const drmModeModeInfo cta_modes[] = {
	TIMING(25175, 640, 656, 752, 800, 480, 490, 492, 525, 60, NEG),     /* VIC 1 */
	TIMING(27000, 720, 736, 798, 858, 480, 489, 495, 525, 60, NEG),     /* 3 */
	TIMING(27000, 720, 732, 796, 864, 576, 581, 586, 625, 50, NEG),     /* 18 */
	TIMING(74250, 1280, 1390, 1430, 1650, 720, 725, 730, 750, 60, POS), /* 4 */
	TIMING(74250, 1280, 1720, 1760, 1980, 720, 725, 730, 750, 50, POS), /* 19 */
	TIMING(148500, 1920, 2008, 2052, 2200, 1080, 1084, 1089, 1125, 60, POS), /* 16 */
	TIMING(148500, 1920, 2448, 2492, 2640, 1080, 1084, 1089, 1125, 50, POS), /* 31 */
	TIMING(74250, 1920, 2008, 2052, 2200, 1080, 1084, 1089, 1125, 30, POS),  /* 34 */
	TIMING(74250, 1920, 2448, 2492, 2640, 1080, 1084, 1089, 1125, 25, POS),  /* 33 */
	TIMING(74250, 1920, 2558, 2602, 2750, 1080, 1084, 1089, 1125, 24, POS),  /* 32 */
};

/* Lines of the vertical sync pulse, which encode the aspect ratio. */
static uint32_t
cvt_sync_lines(uint32_t width, uint32_t height)
{
	static const struct {
		uint32_t across, down, lines;
	} shapes[] = { { 4, 3, 4 }, { 16, 9, 5 }, { 16, 10, 6 }, { 5, 4, 7 },
		{ 15, 9, 7 } };

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (width * shapes[i].down == height * shapes[i].across)
			return shapes[i].lines;
	return 10;
}

/* The names are the standard's.  Times in nanoseconds. */
static bool
cvt_reduced(const struct config_mode *wanted, drmModeModeInfo *mode)
{
	enum {
		RB_MIN_V_BLANK = 460000,
		RB_V_FPORCH = 3,
		RB_MIN_V_BPORCH = 6,
		RB_H_BLANK = 160,
		RB_H_FPORCH = 48,
		RB_H_SYNC = 32,
		CLOCK_STEP = 250, /* kHz */
	};
	const uint64_t frame = UINT64_C(1000000000) / wanted->hz;
	const uint32_t sync = cvt_sync_lines(wanted->width, wanted->height);
	uint64_t blank, lines, pixels, clock;

	if (frame <= RB_MIN_V_BLANK)
		return false;
	blank = (uint64_t)RB_MIN_V_BLANK * wanted->height / (frame - RB_MIN_V_BLANK) + 1;
	blank = MAX(blank, RB_V_FPORCH + sync + RB_MIN_V_BPORCH);
	lines = wanted->height + blank;
	pixels = wanted->width + RB_H_BLANK;
	clock = wanted->hz * lines * pixels / 1000 / CLOCK_STEP * CLOCK_STEP;
	if (lines > UINT16_MAX || pixels > UINT16_MAX || clock == 0 || clock > UINT32_MAX)
		return false;
	*mode = (drmModeModeInfo)TIMING(clock, wanted->width, wanted->width + RB_H_FPORCH,
		wanted->width + RB_H_FPORCH + RB_H_SYNC, pixels, wanted->height,
		wanted->height + RB_V_FPORCH, wanted->height + RB_V_FPORCH + sync, lines,
		wanted->hz, RB_SYNC);
	return true;
}

static bool
matches_mode(const drmModeModeInfo *mode, const struct config_mode *wanted)
{
	return mode->hdisplay == wanted->width && mode->vdisplay == wanted->height &&
	       (wanted->hz == 0 || mode->vrefresh == wanted->hz);
}

int
mode_make(const struct config_mode *wanted, drmModeModeInfo *mode)
{
	size_t i = 0;

	while (i < ARRAY_LEN(cta_modes) && !matches_mode(&cta_modes[i], wanted))
		i++;
	if (i < ARRAY_LEN(cta_modes))
		*mode = cta_modes[i];
	else if (!cvt_reduced(wanted, mode))
		return -ERANGE;
	mode_text(mode, mode->name, sizeof(mode->name));
	return 0;
}

/* ------------------------------------------------------------------ choosing */

/* The configured mode among those that the screen lists; progressive ones preferred. */
static const drmModeModeInfo *
find_match(const drmModeConnector *connector, const struct config_mode *wanted)
{
	const drmModeModeInfo *found = NULL;

	for (int i = connector->count_modes - 1; i >= 0; i--) {
		const drmModeModeInfo *mode = &connector->modes[i];

		if (!matches_mode(mode, wanted))
			continue;
		if (!found || !(mode->flags & DRM_MODE_FLAG_INTERLACE) ||
			found->flags & DRM_MODE_FLAG_INTERLACE)
			found = mode;
	}
	return found;
}

static void
add_mode(struct drm_assignment *assignment, const drmModeModeInfo *mode)
{
	if (assignment->n_modes < DRM_MODES_MAX)
		assignment->modes[assignment->n_modes++] = *mode;
}

static bool
has_size(const struct drm_assignment *assignment, const drmModeModeInfo *mode)
{
	for (uint32_t i = 0; i < assignment->n_modes; i++)
		if (assignment->modes[i].hdisplay == mode->hdisplay &&
			assignment->modes[i].vdisplay == mode->vdisplay)
			return true;
	return false;
}

/* One mode of each size, the largest first as screens list them, but none larger than the
 * preferred one: screens list such modes without being good at them. */
static void
add_others(const drmModeConnector *connector, const drmModeModeInfo *preferred,
	struct drm_assignment *assignment)
{
	const uint32_t most = (uint32_t)preferred->hdisplay * preferred->vdisplay;

	for (int i = 0; i < connector->count_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];

		if ((uint32_t)mode->hdisplay * mode->vdisplay <= most &&
			!has_size(assignment, mode))
			add_mode(assignment, mode);
	}
}

const drmModeModeInfo *
mode_preferred(const drmModeConnector *connector)
{
	for (int i = 0; i < connector->count_modes; i++)
		if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED)
			return &connector->modes[i];
	return connector->count_modes > 0 ? &connector->modes[0] : NULL;
}

void
mode_select(const drmModeConnector *connector, const struct config_mode *wanted,
	struct drm_assignment *assignment)
{
	const drmModeModeInfo *match = NULL, *preferred = mode_preferred(connector);
	drmModeModeInfo made;

	assignment->n_modes = 0;
	assignment->mode_made = false;
	if (wanted->width != 0)
		match = find_match(connector, wanted);
	assignment->mode_absent = wanted->width != 0 && !match;
	if (match) {
		add_mode(assignment, match);
	} else if (wanted->hz != 0 && mode_make(wanted, &made) == 0) {
		assignment->mode_made = true;
		assignment->mode_absent = false;
		add_mode(assignment, &made);
	}
	if (!preferred)
		return;
	if (preferred != match)
		add_mode(assignment, preferred);
	add_others(connector, preferred, assignment);
}
