/* SPDX-License-Identifier: MIT */
/* Divides a surface between the picture and the HUD. */
#include "display/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void
layout_draw_hud(struct layout *layout, struct hud *hud)
{
	if (layout->plain)
		layout->version = 1;
	else
		layout->version =
			hud_draw(hud, layout->hud, &layout->room, &layout->strip);
}

struct hud_room
layout_room(const struct config_output *config, uint32_t width, uint32_t height)
{
	return (struct hud_room){
		.width = width,
		.height = height,
		.strip = config->hud != HUD_NO,
		.only = config->hud == HUD_ONLY,
		.size = config->hud_size,
		.safe = config->safe_area,
	};
}

static int
make_strip(struct layout *layout, struct hud *hud)
{
	const struct box *strip = &layout->strip;
	const size_t width = strip->right - strip->left;
	const size_t height = strip->bottom - strip->top;

	if (width == 0 || height == 0)
		return 0;
	layout->hud = calloc(width * height, sizeof(uint32_t));
	if (!layout->hud)
		return -ENOMEM;
	layout_draw_hud(layout, hud);
	return 0;
}

int
layout_init(struct layout *layout, const struct display_surface *surface,
	const struct config_output *config, struct hud *hud,
	const struct mural_view *view)
{
	struct scale_screen shape = {
		.width = surface->width,
		.height = surface->height,
		.quarter_turns = config->rotate,
		.mirrored = config->mirror == MIRROR_X,
		.rgb565 = surface->rgb565,
		.part = config->view,
	};
	const bool all = config->view.width == 0;
	uint32_t width, height;
	int ret;

	*layout = (struct layout){
		.surface = *surface,
		.plain = config->hud == HUD_PLAIN,
	};
	scale_upright_size(&shape, &width, &height);
	layout->room = layout_room(config, width, height);
	layout->room.strip = layout->room.strip && hud;
	hud_place(&layout->room, all ? view->width : config->view.width,
		all ? view->height : config->view.height, &layout->strip, &shape.area);
	ret = make_strip(layout, hud);
	if (ret == 0)
		ret = scale_init(&layout->scale, config->scale, view, &shape);
	if (ret < 0) {
		layout_finish(layout);
		log_error("display: %s: %s", surface->name, strerror(-ret));
	}
	return ret;
}

void
layout_finish(struct layout *layout)
{
	scale_finish(&layout->scale);
	free(layout->hud);
	*layout = (struct layout){ 0 };
}

struct box
layout_paste_hud(const struct layout *layout, uint32_t buffer)
{
	return scale_paste(&layout->scale, layout->hud, &layout->strip,
		layout->surface.buffers[buffer].pixels,
		layout->surface.buffers[buffer].pitch);
}

struct box
layout_all(const struct layout *layout)
{
	return (struct box){ 0, 0, layout->surface.width, layout->surface.height };
}
