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
		layout->version = hud_draw(hud, layout->hud,
			layout->strip.right - layout->strip.left,
			layout->strip.bottom - layout->strip.top);
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

/* Divides the screen, all of which is `area` before. */
static void
place_hud(struct layout *layout, const struct config_output *config,
	const struct mural_view *view, struct box *area)
{
	const bool all = config->view.width == 0;

	if (config->hud == HUD_ONLY) {
		layout->strip = *area;
		*area = (struct box){ 0 };
	} else {
		hud_place(area->right, area->bottom,
			all ? view->width : config->view.width,
			all ? view->height : config->view.height, &layout->strip, area);
	}
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
	uint32_t width, height;
	int ret = 0;

	*layout = (struct layout){
		.surface = *surface,
		.plain = config->hud == HUD_PLAIN,
	};
	scale_upright_size(&shape, &width, &height);
	shape.area = (struct box){ 0, 0, width, height };
	if (config->hud != HUD_NO && hud) {
		place_hud(layout, config, view, &shape.area);
		ret = make_strip(layout, hud);
	}
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
