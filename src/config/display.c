/* SPDX-License-Identifier: MIT */
/* The section [display]: its options, and the parsing and checks that their types alone
 * do not cover. */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config-private.h"
#include "config/option.h"
#include "lib/digits.h"

const struct mural_option display_options[] = {
	MURAL_CHOICE(struct config_display, output, "auto", "auto kms headless",
		"auto: kms if there is a usable card, else headless"),
	MURAL_TEXT(struct config_display, device, "auto", "auto or /dev/dri/cardN"),
	MURAL_TEXT(struct config_display, connector, "auto",
		"auto, or names of connectors such as HDMI-A-1, separated by spaces"),
	MURAL_TEXT(struct config_display, mode, "preferred",
		"preferred, WxH or WxH@HZ, such as 1920x1080@60"),
	MURAL_CHOICE(struct config_display, scale, "fit", "fit integer fill none",
		"how the canvas fills the screen; the rest is letterbox"),
	MURAL_CHOICE(struct config_display, rotate, "0", "0 90 180 270",
		"degrees by which the picture is turned clockwise"),
	MURAL_CHOICE(struct config_display, mirror, "no", "no x",
		"x: mirrored left to right, for rear projection"),
	MURAL_TEXT(struct config_display, blank, "",
		"when the screen is blanked: HH:MM-HH:MM, idle DURATION, or both"),
	MURAL_CHOICE(struct config_display, blank_mode, "off", "off black",
		"off: no signal; black: a black picture"),
	MURAL_BOOL(struct config_display, hud, "on",
		"the strip that shows people how to paint"),
	MURAL_CHOICE(struct config_display, hud_place, "strip",
		"strip overlay corner idle",
		"strip: beside the picture; overlay, corner: on it; idle: on it while "
		"nobody paints"),
	MURAL_DURATION(struct config_display, attract, "2min",
		"after so long without paint an invitation is in the middle; 0: never"),
	MURAL_CHOICE(struct config_display, language, "auto", "auto en de",
		"what the HUD says it in: English or German; auto: as the system's "
		"locale"),
	MURAL_TEXT(struct config_display, title, "", "name of the event, on the strip"),
	MURAL_PATH(struct config_display, logo, "", "PNG file of a logo, on the strip"),
	MURAL_SECRET(struct config_display, wifi,
		"SSID:PASSWORD of a Wi-Fi for the guests, or SSID:, as a QR code"),
	MURAL_NUMBER(struct config_display, hud_size, "auto", "auto", 8, 40,
		"height of the strip in percent of the screen's; auto: 1/6, portrait "
		"1/4"),
	MURAL_TEXT(struct config_display, hud_colours, "#10141a #ffffff #ffc857 #9fd3ff",
		"of the strip: ground, ink, accent, figures"),
	MURAL_TEXT(struct config_display, font, "",
		"font files to prefer, separated by spaces"),
	MURAL_NUMBER(struct config_display, safe_area, "0", NULL, 0, 20,
		"percent of the screen that stays black at each edge"),
	{ 0 },
};

/* ------------------------------------------------------------------ parts of values */

/* "1920x1080" or "1920x1080@60" */
static bool
parse_size_and_rate(const char *text, struct config_mode *mode)
{
	static const struct mural_option size = { .type = MURAL_TYPE_DIMENSIONS };
	static const struct mural_option rate = {
		.type = MURAL_TYPE_NUMBER,
		.least = 1,
		.most = 1000,
	};
	struct mural_dimensions dimensions;
	char part[32], why[256];
	size_t len = strcspn(text, "@");
	int64_t hz = 0;

	if (len >= sizeof(part))
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	if (option_set(&size, &dimensions, part, why, sizeof(why)) < 0)
		return false;
	if (text[len] == '@' &&
		option_set(&rate, &hz, text + len + 1, why, sizeof(why)) < 0)
		return false;
	*mode = (struct config_mode){ dimensions.width, dimensions.height, hz };
	return true;
}

bool
config_parse_mode(const char *text, struct config_mode *mode)
{
	*mode = (struct config_mode){ 0 };
	return strcmp(text, "preferred") == 0 || parse_size_and_rate(text, mode);
}

bool
config_word(const char *text, uint32_t index, char *word, size_t len)
{
	const char *p = text + strspn(text, " \t");
	size_t n;

	for (; index > 0; index--) {
		p += strcspn(p, " \t");
		p += strspn(p, " \t");
	}
	n = strcspn(p, " \t");
	snprintf(word, len, "%.*s", (int)MIN(n, len - 1), p);
	return n > 0;
}

/* "22:30" at the start of `p`, in minutes. */
static bool
parse_time(const char *p, uint32_t *minutes)
{
	uint64_t hour, minute;

	if (digits_read(p, 23, &hour) != p + 2 || p[2] != ':' ||
		digits_read(p + 3, 59, &minute) != p + 5)
		return false;
	*minutes = (uint32_t)(60 * hour + minute);
	return true;
}

/* "22:00-08:00" */
static bool
parse_hours(const char *word, struct config_blank *blank)
{
	if (strlen(word) != strlen("22:00-08:00") || word[5] != '-' ||
		!parse_time(word, &blank->from) || !parse_time(word + 6, &blank->to))
		return false;
	blank->scheduled = true;
	return true;
}

/* 0, or -EINVAL and what is wrong in `why`. */
static int
parse_blank(const char *text, struct config_blank *blank, char *why, size_t len)
{
	static const struct mural_option duration = {
		.type = MURAL_TYPE_DURATION,
		.least = 1000,
		.most = INT64_C(1000) * 60 * 60 * 24 * 7,
	};
	char word[32], reason[256];

	*blank = (struct config_blank){ 0 };
	for (uint32_t i = 0; config_word(text, i, word, sizeof(word)); i++) {
		if (strcmp(word, "idle") == 0 && blank->idle == 0) {
			if (!config_word(text, ++i, word, sizeof(word)))
				return error_set(why, len,
					"idle needs a duration, such as idle 30min");
			if (option_set(&duration, &blank->idle, word, reason,
				    sizeof(reason)) < 0)
				return error_set(why, len, "\"%s\" %s", word, reason);
		} else if (blank->scheduled || !parse_hours(word, blank)) {
			return error_set(why, len,
				"\"%s\" is not understood; write HH:MM-HH:MM, idle "
				"DURATION, or both, such as 22:00-08:00 idle 30min",
				word);
		}
	}
	if (blank->scheduled && blank->from == blank->to)
		return error_set(why, len,
			"begins and ends at the same time; write two different times");
	return 0;
}

/* ------------------------------------------------------------------ checks */

static void
check_connectors(struct config *config, const struct setting *setting)
{
	const char *text = config->display.connector;
	char name[64], other[64];
	uint32_t n = 0;
	bool is_auto = false;

	for (; config_word(text, n, name, sizeof(name)); n++) {
		is_auto = is_auto || strcmp(name, "auto") == 0;
		for (uint32_t i = 0; i < n; i++)
			if (config_word(text, i, other, sizeof(other)) &&
				strcmp(name, other) == 0)
				setting_error(config, "display", setting,
					"names %s twice", name);
	}
	if (n == 0)
		setting_error(config, "display", setting,
			"is empty; write auto or a name such as HDMI-A-1");
	if (is_auto && n > 1)
		setting_error(config, "display", setting,
			"auto cannot be combined; write auto alone, or names such as "
			"HDMI-A-1 HDMI-A-2");
	if (n > CONFIG_CONNECTORS)
		setting_error(config, "display", setting,
			"names %u connectors; %u is the limit", n, CONFIG_CONNECTORS);
}

void
config_check_display(struct config *config)
{
	const struct section *section = &config->private->core[DISPLAY];
	struct config_display *display = &config->display;
	const struct setting *setting = section_find(section, "mode");
	char why[512];

	if (!config_parse_mode(display->mode, &display->wanted_mode) && setting)
		setting_error(config, "display", setting,
			"\"%s\" is not a mode; write preferred, WxH or WxH@HZ, such as "
			"1920x1080@60",
			display->mode);
	setting = section_find(section, "device");
	if (setting && strcmp(display->device, "auto") != 0 && display->device[0] != '/')
		setting_error(config, "display", setting,
			"\"%s\" is not a device; write auto or a path such as "
			"/dev/dri/card0",
			display->device);
	setting = section_find(section, "connector");
	if (setting)
		check_connectors(config, setting);
	setting = section_find(section, "blank");
	if (parse_blank(display->blank, &display->blanking, why, sizeof(why)) < 0 &&
		setting)
		setting_error(config, "display", setting, "%s", why);
	config_check_look(config);
}

/* ------------------------------------------------------------------ copies */

int
config_display_copy(struct config_display *copy, const struct config_display *display)
{
	int ret = 0;

	*copy = *display;
	for (const struct mural_option *o = display_options; o->name; o++) {
		char **text = (void *)((char *)copy + o->offset);

		if (o->type != MURAL_TYPE_TEXT && o->type != MURAL_TYPE_PATH &&
			o->type != MURAL_TYPE_SECRET)
			continue;
		*text = strdup(*text);
		if (!*text)
			ret = -ENOMEM;
	}
	if (ret < 0)
		config_display_finish(copy);
	return ret;
}

void
config_display_finish(struct config_display *copy)
{
	options_finish(display_options, copy);
}
