/* SPDX-License-Identifier: MIT */
/* Divides a screen between the picture and the HUD. */
#include "hud/hud.h"

#include "hud/render.h"

/* Smaller screens have no HUD. */
enum { LEAST_WIDTH = 320, LEAST_HEIGHT = 200 };

/* Three rows of the smallest letters. */
enum { LEAST_STRIP = 48 };

static uint64_t
divide_up(uint64_t number, uint64_t by)
{
	return (number + by - 1) / by;
}

struct box
render_safe(const struct hud_room *room)
{
	const uint32_t x = room->width * room->safe / 100;
	const uint32_t y = room->height * room->safe / 100;

	return (struct box){ x, y, room->width - x, room->height - y };
}

static bool
is_portrait(uint32_t width, uint32_t height)
{
	return width < height;
}

double
render_unit(const struct hud_room *room)
{
	const struct box safe = render_safe(room);
	const uint32_t width = safe.right - safe.left, height = safe.bottom - safe.top;
	const double of_strip = is_portrait(width, height) ? 45 : 30;

	return room->size > 0 ? height * (double)room->size / 100 / of_strip
			      : height / 180.0;
}

/* A sixth, or in portrait a quarter.  The smallest code, of 21 modules and 4 on each
 * side, has a tenth of the height, which on small screens takes more. */
static uint64_t
strip_height(const struct hud_room *room, uint64_t width, uint64_t height)
{
	uint64_t strip = divide_up(height, 6);

	if (room->size > 0)
		strip = divide_up(height * room->size, 100);
	else if (is_portrait((uint32_t)width, (uint32_t)height))
		strip = divide_up(height, 4);
	else
		strip = MAX(strip, 29 * divide_up(height, 210));
	return MAX(strip, LEAST_STRIP);
}

/* The size of the picture within an area; the rest is the HUD's.  Sizes are rounded up,
 * so that the HUD does not cost the picture even a fraction of a pixel. */
static void
size_picture(const struct hud_room *room, uint32_t canvas_width, uint32_t canvas_height,
	uint64_t *width, uint64_t *height)
{
	const uint64_t strip = strip_height(room, *width, *height);
	/* 80 units: an address of IPv4 in letters of full size */
	const uint64_t column = (uint64_t)(80 * render_unit(room));
	uint64_t fit_width = *width, fit_height = *height;

	if (canvas_width > 0) {
		fit_width = MIN(*width, divide_up(*height * canvas_width, canvas_height));
		fit_height =
			MIN(*height, divide_up(*width * canvas_height, canvas_width));
	}
	if (*height - fit_height >= strip)
		*height = MAX(fit_height, *height / 2);
	else if (canvas_width > 0 && *width - fit_width >= column)
		*width = MAX(fit_width, *width / 2);
	else
		*height -= strip;
}

/* At the bottom, left or right; so that a code in it can begin at a multiple of four. */
static struct box
place_card(const struct hud_room *room, const struct box *safe)
{
	const uint32_t width = safe->right - safe->left;
	const uint32_t height = safe->bottom - safe->top;
	const uint32_t margin_x = room->width / 40, margin_y = room->height / 40;
	const uint32_t tall = (uint32_t)strip_height(room, width, height);
	const uint32_t most = width - 2 * margin_x;
	const bool is_corner = room->form == HUD_CORNER;
	const double units = is_corner ? RENDER_CORNER_WIDTH : RENDER_CARD_WIDTH;
	uint32_t wide = (uint32_t)MIN(units * render_unit(room), most);
	struct box card;

	if (is_portrait(width, height) && !is_corner)
		wide = most;
	card.left = safe->left + (is_corner ? width - margin_x - wide : margin_x);
	card.left -= card.left % 4;
	card.top = safe->bottom - MIN(margin_y + tall, height);
	card.top -= card.top % 4;
	card.right = card.left + wide;
	card.bottom = card.top + MIN(tall, height);
	return card;
}

void
hud_place(const struct hud_room *room, uint32_t canvas_width, uint32_t canvas_height,
	struct box *strip, struct box *picture)
{
	const struct box safe = render_safe(room);
	uint64_t width = safe.right - safe.left, height = safe.bottom - safe.top;

	*strip = (struct box){ 0 };
	*picture = safe;
	if (!room->strip || width < LEAST_WIDTH || height < LEAST_HEIGHT)
		return;
	*strip = safe;
	if (room->only) {
		*picture = (struct box){ 0 };
		return;
	}
	if (room->form != HUD_STRIP) {
		*strip = place_card(room, &safe);
		return;
	}
	size_picture(room, canvas_width, canvas_height, &width, &height);
	picture->right = safe.left + (uint32_t)width;
	picture->bottom = safe.top + (uint32_t)height;
	if (picture->right < safe.right)
		strip->left = picture->right;
	else
		strip->top = picture->bottom;
}
