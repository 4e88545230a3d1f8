/* SPDX-License-Identifier: MIT */
/* What each connector shows, and how: for every [output NAME] what that says, and
 * [display] where it says nothing; without such sections the same on all that [display]
 * names. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "config/config-private.h"
#include "config/option.h"
#include "lib/digits.h"

/* A section as written; what it leaves out comes from [display]. */
struct output_values {
	const char *connector, *mode, *view;
	uint32_t scale, rotate, mirror, hud;
};

const struct mural_option output_options[] = {
	MURAL_TEXT(struct output_values, connector, "",
		"the name of a connector such as HDMI-A-1"),
	MURAL_TEXT(struct output_values, mode, "preferred",
		"preferred, WxH or WxH@HZ, such as 1920x1080@60"),
	MURAL_TEXT(struct output_values, view, "",
		"the part of the canvas that is shown: WxH+X+Y; empty: all of it"),
	MURAL_CHOICE(struct output_values, scale, "fit", "fit integer fill none",
		"how that fills the screen; the rest is letterbox"),
	MURAL_CHOICE(struct output_values, rotate, "0", "0 90 180 270",
		"degrees by which the picture is turned clockwise"),
	MURAL_CHOICE(struct output_values, mirror, "no", "no x",
		"x: mirrored left to right, for rear projection"),
	MURAL_CHOICE(struct output_values, hud, "yes", "no yes call lines plain only",
		"the strip; call: only the address; lines: only commands; plain: its "
		"room is left empty; only: nothing else is shown"),
	{ 0 },
};

/* ------------------------------------------------------------------ values */

/* "960x540+960+0" */
static bool
parse_view(const char *text, struct mural_rect *view)
{
	uint64_t numbers[4];

	if (!digits_read_rect(text, MURAL_SIDE_MAX, numbers))
		return false;
	*view = (struct mural_rect){ (uint32_t)numbers[2], (uint32_t)numbers[3],
		(uint32_t)numbers[0], (uint32_t)numbers[1] };
	return view->x + view->width <= MURAL_SIDE_MAX &&
	       view->y + view->height <= MURAL_SIDE_MAX;
}

static void
check_view(struct config *config, const struct section *section,
	struct config_output *output)
{
	const struct mural_dimensions *canvas = &config->canvas.size;
	const struct setting *setting = section_find(section, "view");
	const struct mural_rect *view = &output->view;

	if (!setting || !*setting->value)
		return;
	if (!parse_view(setting->value, &output->view))
		setting_error(config, section->title, setting,
			"\"%s\" is not a part of a canvas; write WxH+X+Y, such as "
			"960x1080+960+0",
			setting->value);
	else if (canvas->width != 0 && (view->x + view->width > canvas->width ||
					       view->y + view->height > canvas->height))
		setting_error(config, section->title, setting,
			"\"%s\" reaches beyond the canvas, which is %ux%u",
			setting->value, canvas->width, canvas->height);
}

static void
check_mode(struct config *config, const struct section *section,
	struct config_output *output)
{
	const struct setting *setting = section_find(section, "mode");

	if (!setting)
		return;
	snprintf(output->mode_text, sizeof(output->mode_text), "%s", setting->value);
	if (!config_parse_mode(setting->value, &output->mode))
		setting_error(config, section->title, setting,
			"\"%s\" is not a mode; write preferred, WxH or WxH@HZ, such as "
			"1920x1080@60",
			setting->value);
}

/* The other outputs come before this one. */
static void
check_connector(struct config *config, const struct section *section,
	struct config_output *output)
{
	const struct config_output *other = config->display.outputs;
	const struct setting *setting = section_find(section, "connector");
	char name[64] = "", more[2];

	if (!setting || !config_word(setting->value, 0, name, sizeof(name))) {
		config_error(config, section->file, section->line, section->title, NULL,
			"has no connector; write connector = and a name such as HDMI-A-1 "
			"from murald --list-displays");
		return;
	}
	if (config_word(setting->value, 1, more, sizeof(more)) ||
		strlen(name) >= sizeof(output->connector))
		setting_error(config, section->title, setting,
			"\"%s\" is not one connector; write a section for each",
			setting->value);
	else if (strcmp(name, "auto") == 0 && config->outputs->next)
		setting_error(config, section->title, setting,
			"auto is for a single output; write a name such as HDMI-A-1");
	snprintf(output->connector, sizeof(output->connector), "%s", name);
	for (; other < output; other++)
		if (strcmp(other->connector, output->connector) == 0)
			setting_error(config, section->title, setting,
				"%s is the connector of [output %s] already",
				output->connector, other->name);
}

/* ------------------------------------------------------------------ sections */

/* Only the value in force is looked at.  0 or -ENOMEM. */
static int
read_settings(struct config *config, const struct section *section,
	struct output_values *values)
{
	char why[256];
	int ret = 0;

	for (const struct setting *s = section->settings; s && ret != -ENOMEM;
		s = s->next) {
		const struct mural_option *option = option_find(output_options, s->key);

		if (!option) {
			config_unknown_key(config, section, s, output_options, NULL);
			continue;
		}
		if (section_find(section, s->key) != s)
			continue;
		ret = option_set(option, values, s->value, why, sizeof(why));
		if (ret == -EINVAL)
			setting_error(
				config, section->title, s, "\"%s\" %s", s->value, why);
	}
	return ret == -ENOMEM ? ret : 0;
}

static int
read_section(struct config *config, const struct section *section,
	struct config_output *output)
{
	struct output_values values = {
		.scale = output->scale,
		.rotate = output->rotate,
		.mirror = output->mirror,
		.hud = output->hud,
	};
	const int ret = read_settings(config, section, &values);

	snprintf(output->name, sizeof(output->name), "%s", section->name);
	output->scale = values.scale;
	output->rotate = values.rotate;
	output->mirror = values.mirror;
	output->hud = values.hud;
	options_finish(output_options, &values);
	check_connector(config, section, output);
	check_mode(config, section, output);
	check_view(config, section, output);
	return ret;
}

static int
read_sections(struct config *config, const struct config_output *same)
{
	const struct setting *connector = config_setting(config, "display", "connector");
	const struct section *section = config->outputs;
	uint32_t n = 0;
	int ret = 0;

	if (connector && strcmp(connector->value, "auto") != 0)
		setting_error(config, "display", connector,
			"names a connector, and so does [output %s]; remove one of them",
			section->name);
	for (; section && n < CONFIG_CONNECTORS && ret == 0; section = section->next) {
		config->display.outputs[n] = *same;
		ret = read_section(config, section, &config->display.outputs[n++]);
	}
	if (section && ret == 0)
		config_error(config, section->file, section->line, section->title, NULL,
			"is one output too many; %u is the limit", CONFIG_CONNECTORS);
	return ret;
}

int
config_check_outputs(struct config *config)
{
	struct config_display *display = &config->display;
	struct config_output same = {
		.mode = display->wanted_mode,
		.scale = display->scale,
		.rotate = display->rotate,
		.mirror = display->mirror,
		.hud = display->hud ? HUD_YES : HUD_NO,
		.hud_place = display->hud_place,
		.hud_size = display->hud_size > 0 ? (uint32_t)display->hud_size : 0,
		.safe_area = (uint32_t)display->safe_area,
	};

	snprintf(same.mode_text, sizeof(same.mode_text), "%s", display->mode);
	if (config->outputs)
		return read_sections(config, &same);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct config_output output = same;

		if (!config_word(display->connector, i, output.connector,
			    sizeof(output.connector)))
			break;
		display->outputs[i] = output;
	}
	return 0;
}

const char *
config_output_default(const struct config *config, const struct mural_option *option)
{
	const struct setting *setting = config_setting(config, "display", option->name);

	if (!setting || strcmp(option->name, "connector") == 0)
		return option->initial;
	if (strcmp(option->name, "hud") == 0)
		return config->display.hud ? "yes" : "no";
	return setting->value;
}
