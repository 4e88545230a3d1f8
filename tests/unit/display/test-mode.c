/* SPDX-License-Identifier: MIT */
/* Which modes are chosen and computed.  The expected timings are those of CTA-861 and of
 * VESA's Display Monitor Timings.  cvt -r differs by 0.25 MHz for some, because it rounds
 * where the standard does not. */

#include <stdio.h>

#include "base/util.h"
#include "display/drm/drm.h"
#include "display/drm/output.h"
#include "support/unit.h"

static const char *
modeline(const char *wanted)
{
	static char text[128];
	struct config_mode mode = { 0 };
	drmModeModeInfo made;

	assert_int_equal(
		sscanf(wanted, "%ux%u@%u", &mode.width, &mode.height, &mode.hz), 3);
	if (mode_make(&mode, &made) < 0)
		return "none";
	assert_int_equal(made.vrefresh, mode.hz);
	assert_string_equal(made.name, wanted);
	snprintf(text, sizeof(text), "%.2f  %u %u %u %u  %u %u %u %u %chsync %cvsync",
		made.clock / 1000.0, made.hdisplay, made.hsync_start, made.hsync_end,
		made.htotal, made.vdisplay, made.vsync_start, made.vsync_end, made.vtotal,
		made.flags & DRM_MODE_FLAG_PHSYNC ? '+' : '-',
		made.flags & DRM_MODE_FLAG_PVSYNC ? '+' : '-');
	return text;
}

TEST(makes_modes_by_the_standards)
{
	static const char *const lines[][2] = {
		{ "1920x1200@60", "154.00  1920 1968 2000 2080  1200 1203 1209 1235 "
				  "+hsync -vsync" },
		{ "1280x800@60",
			"71.00  1280 1328 1360 1440  800 803 809 823 +hsync -vsync" },
		{ "2560x1440@60", "241.50  2560 2608 2640 2720  1440 1443 1448 1481 "
				  "+hsync -vsync" },
		{ "1024x768@60",
			"56.00  1024 1072 1104 1184  768 771 775 790 +hsync -vsync" },
		{ "800x600@60", "35.50  800 848 880 960  600 603 607 618 +hsync -vsync" },
		{ "1280x1024@60",
			"91.00  1280 1328 1360 1440  1024 1027 1034 1054 +hsync -vsync" },
		{ "3840x2160@60", "533.25  3840 3888 3920 4000  2160 2163 2168 2222 "
				  "+hsync -vsync" },
		{ "1280x768@60",
			"68.25  1280 1328 1360 1440  768 771 778 790 +hsync -vsync" },
		{ "1680x1050@60", "119.00  1680 1728 1760 1840  1050 1053 1059 1080 "
				  "+hsync -vsync" },
		{ "1920x1080@120", "285.50  1920 1968 2000 2080  1080 1083 1088 1144 "
				   "+hsync -vsync" },
		{ "1920x1080@60", "148.50  1920 2008 2052 2200  1080 1084 1089 1125 "
				  "+hsync +vsync" },
		{ "1280x720@50",
			"74.25  1280 1720 1760 1980  720 725 730 750 +hsync +vsync" },
		{ "640x480@60", "25.18  640 656 752 800  480 490 492 525 -hsync -vsync" },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_string_equal(modeline(lines[i][0]), lines[i][1]);
}

/* The extremes that the config allows give a consistent mode, or none. */
TEST(makes_no_nonsense)
{
	static const uint32_t sides[] = { 1, 7, 480, 8192 };
	static const uint32_t rates[] = { 1, 24, 60, 500, 1000 };

	for (size_t w = 0; w < ARRAY_LEN(sides); w++)
		for (size_t h = 0; h < ARRAY_LEN(sides); h++)
			for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
				const struct config_mode wanted = { sides[w], sides[h],
					rates[r] };
				drmModeModeInfo mode;
				uint64_t hz;

				if (mode_make(&wanted, &mode) < 0)
					continue;
				assert_int_equal(mode.hdisplay, wanted.width);
				assert_int_equal(mode.vdisplay, wanted.height);
				assert_true(mode.hdisplay < mode.hsync_start &&
					    mode.hsync_start < mode.hsync_end &&
					    mode.hsync_end < mode.htotal);
				assert_true(mode.vdisplay < mode.vsync_start &&
					    mode.vsync_start < mode.vsync_end &&
					    mode.vsync_end < mode.vtotal);
				/* the clock goes in steps of 250 kHz, downwards */
				hz = UINT64_C(1000) * mode.clock /
				     ((uint64_t)mode.htotal * mode.vtotal);
				assert_true(hz <= wanted.hz);
			}
	assert_string_equal(
		modeline("1x1@1000"), "3.00  1 49 81 161  1 4 14 20 +hsync -vsync");
}

/* ------------------------------------------------------------------ choosing */

static drmModeModeInfo listed[] = {
	{ .hdisplay = 5120, .vdisplay = 2160, .vrefresh = 50 },
	{ .hdisplay = 1920,
		.vdisplay = 1080,
		.vrefresh = 60,
		.flags = DRM_MODE_FLAG_INTERLACE },
	{ .hdisplay = 1280,
		.vdisplay = 800,
		.vrefresh = 75,
		.type = DRM_MODE_TYPE_PREFERRED },
	{ .hdisplay = 1280,
		.vdisplay = 720,
		.vrefresh = 60,
		.flags = DRM_MODE_FLAG_INTERLACE },
	{ .hdisplay = 1280, .vdisplay = 720, .vrefresh = 60 },
	{ .hdisplay = 1280, .vdisplay = 720, .vrefresh = 50 },
	{ .hdisplay = 640, .vdisplay = 480, .vrefresh = 60 },
};

/* The chosen modes in the order in which they are tried. */
static const char *
chosen(uint32_t width, uint32_t height, uint32_t hz, int n_listed, int first)
{
	static char text[512];
	const struct config_mode wanted = { width, height, hz };
	drmModeConnector connector = {
		.count_modes = n_listed,
		.modes = listed + first,
	};
	struct drm_assignment assignment = { 0 };
	size_t used = 0;

	mode_select(&connector, &wanted, &assignment);
	text[0] = '\0';
	for (uint32_t i = 0; i < assignment.n_modes; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%ux%u@%u%s ",
			assignment.modes[i].hdisplay, assignment.modes[i].vdisplay,
			assignment.modes[i].vrefresh,
			assignment.modes[i].flags & DRM_MODE_FLAG_INTERLACE ? "i" : "");
	snprintf(text + used, sizeof(text) - used, "%s%s",
		assignment.mode_absent ? "absent" : "",
		assignment.mode_made ? "made" : "");
	return text;
}

TEST(chooses_what_is_wanted_and_then_what_there_is)
{
	const int all = ARRAY_LEN(listed);

	assert_string_equal(
		chosen(0, 0, 0, all, 0), "1280x800@75 1280x720@60i 640x480@60 ");
	assert_string_equal(
		chosen(640, 480, 0, all, 0), "640x480@60 1280x800@75 1280x720@60i ");
	assert_string_equal(
		chosen(1280, 720, 0, all, 0), "1280x720@60 1280x800@75 640x480@60 ");
	assert_string_equal(
		chosen(1280, 720, 50, all, 0), "1280x720@50 1280x800@75 640x480@60 ");
	assert_string_equal(chosen(1920, 1080, 60, all, 0),
		"1920x1080@60i 1280x800@75 1280x720@60i 640x480@60 ");
	assert_string_equal(chosen(1000, 600, 0, all, 0),
		"1280x800@75 1280x720@60i 640x480@60 absent");
	assert_string_equal(chosen(1000, 600, 60, all, 0),
		"1000x600@60 1280x800@75 1280x720@60i 640x480@60 made");
	/* a screen without a preferred mode, and one without modes */
	assert_string_equal(chosen(0, 0, 0, 2, 4), "1280x720@60 ");
	assert_string_equal(chosen(0, 0, 0, 0, 0), "");
	assert_string_equal(chosen(1280, 720, 0, 0, 0), "absent");
	assert_string_equal(chosen(1280, 720, 60, 0, 0), "1280x720@60 made");
}

TEST(waits_longer_with_each_refusal)
{
	static const uint64_t wanted_ms[] = { 1000, 2000, 5000, 5000, 5000 };
	unsigned refusals = 0;

	for (size_t i = 0; i < ARRAY_LEN(wanted_ms); i++) {
		assert_int_equal(drm_retry_delay_ms(&refusals), wanted_ms[i]);
		assert_int_equal(refusals, i + 1);
	}
}

UNIT_TESTS(NULL, NULL)
