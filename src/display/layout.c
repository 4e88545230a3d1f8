/* SPDX-License-Identifier: MIT */
/* Divides a surface between the picture and the HUD. */
#include "display/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "display/cover.h"

void
layout_draw_hud(struct layout *layout, struct hud *hud)
{
	if (layout->plain)
		layout->version = 1;
	else
		layout->version =
			hud_draw(hud, layout->hud, &layout->room, &layout->strip);
}

/* Where the picture begins on an axis, and how much of it is seen. */
static int64_t
place_picture(const struct scale_axis *axis, uint32_t from, uint32_t to, uint32_t *low,
	uint32_t *high)
{
	const int64_t spare = (int64_t)(to - from) - axis->picture;

	*low = from + (uint32_t)MAX(spare / 2, 0);
	*high = *low + axis->length;
	return from + spare / 2;
}

struct hud_picture
layout_picture(const struct layout *layout)
{
	const struct scale_axis *x = &layout->scale.x, *y = &layout->scale.y;
	const struct box *area = &layout->scale.screen.area;
	struct hud_picture picture = {
		.canvas = { x->offset, y->offset, x->offset + x->canvas,
			y->offset + y->canvas },
		.width = x->picture,
		.height = y->picture,
	};

	picture.left = place_picture(
		x, area->left, area->right, &picture.seen.left, &picture.seen.right);
	picture.top = place_picture(
		y, area->top, area->bottom, &picture.seen.top, &picture.seen.bottom);
	return picture;
}

static bool
layout_has_card(const struct layout *layout)
{
	return layout->hud && layout->room.form != HUD_STRIP;
}

static void
update_cover(struct layout *layout)
{
	layout->cover = (struct box){ 0 };
	if (layout_has_card(layout) && !layout->hidden)
		layout->cover = scale_memory(&layout->scale, &layout->strip);
	for (uint32_t i = 0; i < layout->cards.n; i++)
		layout->cover = box_around(layout->cover,
			scale_memory(&layout->scale, &layout->cards.cards[i].place));
	layout->covers++;
}

bool
layout_draw_on_picture(struct layout *layout, struct hud *hud)
{
	const struct hud_picture picture = layout_picture(layout);
	const bool was_hidden = layout->hidden, had_cards = layout->cards.n > 0;
	bool is_new;

	layout->hidden = hud_is_hidden(hud, &layout->room);
	is_new = hud_draw_cards(
		hud, &layout->room, layout->on_picture ? &picture : NULL, &layout->cards);
	/* there were none, and there are none: nothing to draw */
	if (layout->hidden == was_hidden &&
		!(is_new && (had_cards || layout->cards.n > 0)))
		return false;
	layout->scale.dims = layout->cards.invites;
	(void)layout_draw_film(layout, hud);
	update_cover(layout);
	return true;
}

bool
layout_draw_film(struct layout *layout, struct hud *hud)
{
	const bool is_new = hud_draw_film(hud, &layout->cards);

	layout->film += is_new;
	return is_new;
}

struct hud_room
layout_room(const struct config_output *config, uint32_t width, uint32_t height)
{
	static const enum hud_form forms[] = { HUD_STRIP, HUD_CARD, HUD_CORNER,
		HUD_CARD };
	const bool is_whole = config->hud == HUD_YES;

	return (struct hud_room){
		.width = width,
		.height = height,
		.form = is_whole ? forms[config->hud_place] : HUD_STRIP,
		.share = config->hud == HUD_CALL    ? HUD_CALL_HALF
			 : config->hud == HUD_LINES ? HUD_LINES_HALF
						    : HUD_ALL,
		.hides = is_whole && config->hud_place == PLACE_IDLE,
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
		.on_picture = config->hud == HUD_YES || config->hud == HUD_CALL ||
			      config->hud == HUD_LINES,
		.covers = 1,
	};
	scale_upright_size(&shape, &width, &height);
	layout->room = layout_room(config, width, height);
	layout->room.strip = layout->room.strip && hud;
	hud_place(&layout->room, all ? view->width : config->view.width,
		all ? view->height : config->view.height, &layout->strip, &shape.area);
	ret = make_strip(layout, hud);
	if (ret == 0)
		ret = scale_init(&layout->scale, config->scale, view, &shape);
	if (ret == 0 && hud)
		(void)layout_draw_on_picture(layout, hud);
	if (ret < 0) {
		layout_finish(layout);
		log_error("display: %s: %s", surface->name, strerror(-ret));
	}
	return ret;
}

void
layout_log(const struct layout *layout, const struct config_output *config)
{
	static const char *const words[] = { "fit", "integer", "fill", "none" };
	static const char *const turns[] = { "", ", turned 90", ", turned 180",
		", turned 270" };
	const struct scale *scale = &layout->scale;
	char name[64] = "", part[64] = "";

	if (*config->name)
		snprintf(name, sizeof(name), "%s: ", config->name);
	if (config->view.width != 0)
		snprintf(part, sizeof(part), ", of which %ux%u+%u+%u", scale->x.canvas,
			scale->y.canvas, scale->x.offset, scale->y.offset);
	log_info("display: %s%s; canvas %ux%u%s as %ux%u (%s%s%s)", name,
		layout->surface.name, scale->view.width, scale->view.height, part,
		scale->x.picture, scale->y.picture, words[config->scale],
		turns[config->rotate], config->mirror == MIRROR_X ? ", mirrored" : "");
	if (scale->x.canvas == 0 && config->hud != HUD_ONLY)
		log_warn("display: %s%s: its view lies outside the canvas of %ux%u, so "
			 "it stays black; change view",
			name, layout->surface.name, scale->view.width,
			scale->view.height);
}

void
layout_finish(struct layout *layout)
{
	scale_finish(&layout->scale);
	free(layout->hud);
	hud_cards_finish(&layout->cards);
	*layout = (struct layout){ 0 };
}

void
layout_skip_tiles(const struct layout *layout, uint64_t *tiles)
{
	struct box card;

	if (!layout_has_card(layout) || layout->hidden)
		return;
	card = scale_memory(&layout->scale, &layout->strip);
	cover_remove_tiles(&layout->scale, &card, tiles);
}

bool
layout_wants_hud(const struct layout *layout, const struct box *drawn)
{
	const struct box card = scale_memory(&layout->scale, &layout->strip);

	return layout_has_card(layout) && !box_is_empty(box_common(card, *drawn));
}

struct box
layout_paste_hud(const struct layout *layout, uint32_t buffer)
{
	if (!layout->hud || layout->hidden)
		return (struct box){ 0 };
	return scale_paste(&layout->scale, layout->hud, &layout->strip,
		layout->surface.buffers[buffer].pixels,
		layout->surface.buffers[buffer].pitch);
}

void
layout_uncover(const struct layout *layout, uint32_t buffer, const struct box *cover,
	uint64_t *tiles)
{
	cover_clear_beside(&layout->scale, cover, layout->surface.buffers[buffer].pixels,
		layout->surface.buffers[buffer].pitch);
	cover_add_tiles(&layout->scale, cover, tiles);
}

static struct box
paste_card(const struct layout *layout, uint32_t buffer, const struct hud_card *card)
{
	return scale_paste(&layout->scale, card->pixels, &card->place,
		layout->surface.buffers[buffer].pixels,
		layout->surface.buffers[buffer].pitch);
}

struct box
layout_paste_film(const struct layout *layout, uint32_t buffer)
{
	if (!layout->cards.film.pixels)
		return (struct box){ 0 };
	return paste_card(layout, buffer, &layout->cards.film);
}

struct box
layout_paste_cards(const struct layout *layout, uint32_t buffer)
{
	struct box all = { 0 };

	for (uint32_t i = 0; i < layout->cards.n; i++)
		all = box_around(
			all, paste_card(layout, buffer, &layout->cards.cards[i]));
	return box_around(all, layout_paste_film(layout, buffer));
}

struct box
layout_all(const struct layout *layout)
{
	return (struct box){ 0, 0, layout->surface.width, layout->surface.height };
}
