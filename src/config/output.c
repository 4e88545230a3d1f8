/* SPDX-License-Identifier: MIT */
/* What each connector shows: for every one that [display] names, what that says. */
#include <string.h>

#include "base/util.h"
#include "config/config-private.h"

void
config_fill_outputs(struct config *config)
{
	struct config_display *display = &config->display;
	struct config_output same = {
		.mode = display->wanted_mode,
		.scale = display->scale,
		.rotate = display->rotate,
		.mirror = display->mirror,
		.hud = display->hud ? HUD_YES : HUD_NO,
		.hud_size = display->hud_size > 0 ? (uint32_t)display->hud_size : 0,
		.safe_area = (uint32_t)display->safe_area,
	};

	snprintf(same.mode_text, sizeof(same.mode_text), "%s", display->mode);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct config_output *output = &display->outputs[i];

		*output = same;
		if (!config_word(display->connector, i, output->connector,
			    sizeof(output->connector)))
			break;
	}
}
