/* SPDX-License-Identifier: MIT */
/* Checks what [display] says of the HUD's looks: title, colours, fonts. */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "config/config-private.h"
#include "config/option.h"
#include "lib/utf8.h"

#define LEAST_CONTRAST 7.0 /* WCAG 2.1, level AAA */

enum { TITLE_MAX = 200 };

/* ------------------------------------------------------------------ title */

static void
check_title(struct config *config, const struct setting *setting)
{
	const char *title = config->display.title;

	if (strlen(title) > TITLE_MAX)
		setting_error(config, "display", setting,
			"has %zu bytes; %d is the limit, and what fits on a screen is "
			"less",
			strlen(title), TITLE_MAX);
	else if (strchr(title, '\t'))
		setting_error(config, "display", setting, "holds a tab; write a space");
	else if (utf8_has_control(title))
		setting_error(config, "display", setting,
			"holds a control character, of a terminal, of lines or of the "
			"direction of text; remove it: the direction is found without");
}

/* ------------------------------------------------------------------ Wi-Fi */

/* As IEEE 802.11 limits them, in bytes. */
enum { SSID_MAX = 32, PASSWORD_MIN = 8, PASSWORD_MAX = 63 };

/* The value is a secret, and so not repeated. */
static void
check_wifi(struct config *config, const struct setting *setting)
{
	const char *wifi = config->display.wifi;
	const size_t name = strcspn(wifi, ":");
	const size_t password = wifi[name] ? strlen(wifi + name + 1) : 0;

	if (*wifi == '\0')
		return;
	if (wifi[name] == '\0' || name == 0 || name > SSID_MAX)
		setting_error(config, "display", setting,
			"has no SSID of 1 to %d bytes before a colon; write "
			"SSID:PASSWORD, or SSID: where there is no password",
			SSID_MAX);
	else if (password > 0 && (password < PASSWORD_MIN || password > PASSWORD_MAX))
		setting_error(config, "display", setting,
			"has a password of %zu bytes; WPA's have %d to %d", password,
			PASSWORD_MIN, PASSWORD_MAX);
	else if (config_check_text(wifi, strlen(wifi)) || utf8_has_control(wifi))
		setting_error(config, "display", setting,
			"holds what cannot be shown on the screen");
}

/* ------------------------------------------------------------------ colours */

static double
linear(uint32_t value)
{
	const double part = (value & 0xff) / 255.0;

	return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double
luminance(uint32_t colour)
{
	return 0.2126 * linear(colour >> 16) + 0.7152 * linear(colour >> 8) +
	       0.0722 * linear(colour);
}

/* As WCAG defines it: from 1 to 21. */
static double
contrast(uint32_t a, uint32_t b)
{
	const double la = luminance(a), lb = luminance(b);

	return (MAX(la, lb) + 0.05) / (MIN(la, lb) + 0.05);
}

/* 0, or -EINVAL and what is wrong in `why`. */
static int
parse_colours(const char *text, struct config_colours *colours, char *why, size_t len)
{
	static const struct mural_option option = { .type = MURAL_TYPE_COLOUR };
	static const char *const names[] = { "ground", "ink", "accent", "figures" };
	uint32_t colour[ARRAY_LEN(names)];
	char word[32], reason[256];

	for (uint32_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!config_word(text, i, word, sizeof(word)))
			return error_set(why, len,
				"has %u colours; write four: ground, ink, accent, "
				"figures, such as #10141a #ffffff #ffc857 #9fd3ff",
				i);
		if (option_set(&option, &colour[i], word, reason, sizeof(reason)) < 0)
			return error_set(why, len, "\"%s\" %s", word, reason);
		if (i > 0 && contrast(colour[0], colour[i]) < LEAST_CONTRAST)
			return error_set(why, len,
				"%s %s on ground has a contrast of %.1f:1; at least "
				"%.0f:1 is legible from the back of a room",
				names[i], word, contrast(colour[0], colour[i]),
				LEAST_CONTRAST);
	}
	if (config_word(text, ARRAY_LEN(names), word, sizeof(word)))
		return error_set(why, len, "has more than four colours");
	*colours = (struct config_colours){ colour[0], colour[1], colour[2], colour[3] };
	return 0;
}

/* ------------------------------------------------------------------ checks */

static void
check_font(struct config *config, const struct setting *setting)
{
	char path[4096];

	for (uint32_t i = 0; config_word(config->display.font, i, path, sizeof(path));
		i++)
		if (*path != '/')
			setting_error(config, "display", setting,
				"\"%s\" is not the whole path of a font; write one such "
				"as /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
				path);
}

void
config_check_look(struct config *config)
{
	const struct section *section = &config->private->core[DISPLAY];
	struct config_display *display = &config->display;
	const struct setting *setting = section_find(section, "title");
	char why[512];

	if (setting)
		check_title(config, setting);
	setting = section_find(section, "wifi");
	if (setting)
		check_wifi(config, setting);
	setting = section_find(section, "font");
	if (setting)
		check_font(config, setting);
	setting = section_find(section, "hud-colours");
	if (parse_colours(display->hud_colours, &display->colours, why, sizeof(why)) <
			0 &&
		setting)
		setting_error(config, "display", setting, "%s", why);
}
