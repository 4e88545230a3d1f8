/* SPDX-License-Identifier: MIT */
/*
 * What lies on the picture: "Paused" and the outlines of what is frozen, and above them
 * the invitation to paint and the operator's notice.
 */
#include "hud/cards.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "hud/invitation.h"

#define LEAST_CAPITAL 8 /* pixels */

/* In capitals. */
#define BADGE_PAD 0.7
#define SIGN_WIDTH 1.4 /* with what is between it and the word */
#define BAR_WIDTH 0.32
#define SECOND_BAR 0.55

/* In units. */
#define DASH 4.0
#define NOTICE_CAPITAL 8.6
#define NOTICE_LEAST 5.0
#define NOTICE_PAD 7.0
#define NOTICE_BASE 15.0
#define NOTICE_STEP 14.5
#define NOTICE_HEIGHT 23.5 /* of one line */
#define NOTICE_SHARE 0.8   /* of the screen's width, at most */
#define NARROW 160         /* what a screen is wide at least: in portrait, units shrink */

struct pile {
	const struct render *render;
	struct hud_cards *cards;
	struct box safe;
	double unit;               /* pixels */
	double margin_x, margin_y; /* of the screen, where nothing is to be read */
	struct box notice;         /* empty: there is none */
};

/* Pixels to draw into, of one colour; false: no room on the pile, or no memory. */
static bool
add_card(struct pile *pile, const struct box *place, uint32_t colour,
	struct font_bitmap *bitmap)
{
	const uint32_t width = place->right - place->left;
	const uint32_t height = place->bottom - place->top;
	struct hud_card *card = &pile->cards->cards[pile->cards->n];

	if (width == 0 || height == 0 || pile->cards->n == HUD_CARDS_MAX)
		return false;
	card->pixels = calloc((size_t)width * height, sizeof(*card->pixels));
	if (!card->pixels)
		return false;
	card->place = *place;
	*bitmap = (struct font_bitmap){ card->pixels, width, width, height };
	font_fill(bitmap, 0, 0, width, height, colour);
	pile->cards->n++;
	return true;
}

/* With an edge all around, which belongs to it. */
static bool
add_edged(struct pile *pile, const struct box *place, struct font_bitmap *bitmap)
{
	const uint32_t edge = (uint32_t)MAX(lround(pile->unit / 3), 1);

	if (!add_card(pile, place, RENDER_EDGE, bitmap))
		return false;
	font_fill(bitmap, edge, edge, bitmap->width - MIN(bitmap->width, 2 * edge),
		bitmap->height - MIN(bitmap->height, 2 * edge),
		pile->render->look->accent);
	return true;
}

static void
draw_text(const struct pile *pile, const struct font_bitmap *bitmap, double x,
	double base, double capital, const char *text)
{
	const struct hud_look *look = pile->render->look;
	const struct text_style style = { TEXT_BOLD, capital, look->ground,
		look->accent };

	(void)text_draw(pile->render->text, bitmap, &style, x, base, text);
}

/* ------------------------------------------------------------------ what is paused */

/* Drawn, since hardly any font has the sign. */
static void
draw_sign(const struct font_bitmap *bitmap, double x, double top, double capital,
	uint32_t colour)
{
	const uint32_t width = (uint32_t)lround(capital * BAR_WIDTH);

	for (int i = 0; i < 2; i++)
		font_fill(bitmap, (uint32_t)lround(x + i * SECOND_BAR * capital),
			(uint32_t)lround(top), width, (uint32_t)lround(capital), colour);
}

static const char *
paused_word(const struct pile *pile)
{
	return words_get(pile->render->look->language, WORD_PAUSED);
}

static double
badge_width(const struct pile *pile, double capital)
{
	return text_measure(pile->render->text, paused_word(pile), TEXT_BOLD, capital) +
	       (2 * BADGE_PAD + SIGN_WIDTH) * capital;
}

/* Below the notice, if that is in the way. */
static struct box
free_room(const struct pile *pile, const struct box *room)
{
	const struct box *notice = &pile->notice;
	struct box rest = *room;

	if (room->left < notice->right && notice->left < room->right &&
		room->top < notice->bottom && notice->top < room->bottom)
		rest.top = MIN(notice->bottom + (uint32_t)(2 * pile->unit), room->bottom);
	return rest;
}

/* At the top left of the room, in letters as large as fit; none at all where they would
 * be too small. */
static void
add_badge(struct pile *pile, const struct box *whole)
{
	const struct box rest = free_room(pile, whole), *room = &rest;
	const double width = room->right - room->left, height = room->bottom - room->top;
	const double least = MAX(RENDER_C * pile->unit, LEAST_CAPITAL);
	const double tall = 1 + 2 * BADGE_PAD;
	double capital = MAX(RENDER_A * pile->unit, LEAST_CAPITAL), pad;
	struct font_bitmap bitmap;
	struct box place = *room;

	capital = MIN(capital, height / tall);
	while (capital >= least && badge_width(pile, capital) > width)
		capital *= 0.95;
	if (capital < least)
		return;
	pad = BADGE_PAD * capital;
	place.right = place.left + (uint32_t)badge_width(pile, capital);
	place.bottom = place.top + (uint32_t)(tall * capital);
	if (!add_edged(pile, &place, &bitmap))
		return;
	draw_sign(&bitmap, pad, pad, capital, pile->render->look->ground);
	draw_text(pile, &bitmap, pad + SIGN_WIDTH * capital, pad + capital, capital,
		paused_word(pile));
}

static void
add_paused(struct pile *pile, const struct box *picture)
{
	struct box room = *picture;

	room.left = MIN(room.left + (uint32_t)pile->margin_x, room.right);
	room.top = MIN(room.top + (uint32_t)pile->margin_y, room.bottom);
	add_badge(pile, &room);
}

/* One side of an outline, as thick as the box is: white dashes on dark. */
static void
add_side(struct pile *pile, const struct box *place)
{
	const bool is_row = place->right - place->left > place->bottom - place->top;
	const uint32_t dash = (uint32_t)MAX(DASH * pile->unit, 4);
	const struct hud_look *look = pile->render->look;
	struct font_bitmap bitmap;
	uint32_t length, thick;

	if (!add_card(pile, place, look->ground, &bitmap))
		return;
	length = is_row ? bitmap.width : bitmap.height;
	thick = is_row ? bitmap.height : bitmap.width;
	for (uint32_t at = dash / 2; at < length; at += 2 * dash)
		if (is_row)
			font_fill(&bitmap, at, thick / 4, MIN(dash, length - at),
				MAX(thick / 2, 1), look->ink);
		else
			font_fill(&bitmap, thick / 4, at, MAX(thick / 2, 1),
				MIN(dash, length - at), look->ink);
}

/* Within the part, so that it says exactly which pixels are meant. */
static void
add_outline(struct pile *pile, const struct box *part)
{
	const uint32_t width = part->right - part->left,
		       height = part->bottom - part->top;
	const uint32_t thick = MIN(
		(uint32_t)MAX(lround(2 * pile->unit / 3) * 2, 4), MIN(width, height) / 4);
	const uint32_t pad = thick + (uint32_t)pile->unit;
	const struct box in = { part->left + thick, part->top + thick,
		part->right - thick, part->bottom - thick };

	if (thick == 0)
		return;
	add_side(pile, &(struct box){ part->left, part->top, part->right, in.top });
	add_side(pile, &(struct box){ part->left, in.bottom, part->right, part->bottom });
	add_side(pile, &(struct box){ part->left, in.top, in.left, in.bottom });
	add_side(pile, &(struct box){ in.right, in.top, part->right, in.bottom });
	if (width > 2 * pad && height > 2 * pad)
		add_badge(pile, &(struct box){ part->left + pad, part->top + pad,
					part->right - pad, part->bottom - pad });
}

/* From the canvas's pixels to the screen's, cut to what is seen. */
static uint32_t
seen_at(uint32_t at, uint32_t from, uint32_t to, int64_t origin, uint32_t size,
	uint32_t low, uint32_t high)
{
	int64_t seen;

	at = MAX(MIN(at, to), from);
	seen = origin + (int64_t)(at - from) * size / (int64_t)MAX(to - from, 1);
	return (uint32_t)MAX(MIN(seen, (int64_t)high), (int64_t)low);
}

static struct box
seen_part(const struct hud_picture *picture, const struct box *part)
{
	const struct box *of = &picture->canvas, *seen = &picture->seen;

	return (struct box){
		seen_at(part->left, of->left, of->right, picture->left, picture->width,
			seen->left, seen->right),
		seen_at(part->top, of->top, of->bottom, picture->top, picture->height,
			seen->top, seen->bottom),
		seen_at(part->right, of->left, of->right, picture->left, picture->width,
			seen->left, seen->right),
		seen_at(part->bottom, of->top, of->bottom, picture->top, picture->height,
			seen->top, seen->bottom),
	};
}

/* ------------------------------------------------------------------ the notice */

struct notice {
	char lines[2][HUD_NOTICE_MAX + 4];
	double capital;
};

static double
bold_width(const struct pile *pile, const char *text, double capital)
{
	return text_measure(pile->render->text, text, TEXT_BOLD, capital);
}

static void
split_at(const char *text, size_t at, struct notice *notice)
{
	const char *rest = text + at;

	snprintf(notice->lines[0], sizeof(notice->lines[0]), "%.*s", (int)at, text);
	snprintf(notice->lines[1], sizeof(notice->lines[1]), "%s", rest + (*rest == ' '));
}

/* At the blank that makes the longer line shortest.  False: there is none. */
static bool
split_evenly(const struct pile *pile, const char *text, struct notice *notice)
{
	double best = INFINITY;
	size_t at = 0;

	for (size_t i = 1; text[i]; i++) {
		double width;

		if (text[i] != ' ')
			continue;
		split_at(text, i, notice);
		width = MAX(bold_width(pile, notice->lines[0], 1),
			bold_width(pile, notice->lines[1], 1));
		if (width < best) {
			best = width;
			at = i;
		}
	}
	split_at(text, at, notice);
	return at > 0;
}

/* Leaves off whole characters until the rest fits with an ellipsis. */
static void
cut_line(const struct pile *pile, char *line, double capital, double room)
{
	static const char ellipsis[] = "…";
	size_t len = strlen(line);

	while (len > 0 && bold_width(pile, line, capital) > room) {
		while (len > 0 && ((unsigned char)line[--len] & 0xc0) == 0x80)
			;
		memcpy(line + len, ellipsis, sizeof(ellipsis));
	}
}

/* As many words as fit into the first line, or as many letters of a single one; the rest
 * is cut. */
static void
split_and_cut(
	const struct pile *pile, const char *text, double room, struct notice *notice)
{
	size_t words = 0, letters = 0;

	for (size_t i = 1; text[i]; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		split_at(text, i, notice);
		if (bold_width(pile, notice->lines[0], notice->capital) > room)
			break;
		letters = i;
		if (text[i] == ' ')
			words = i;
	}
	split_at(text, words > 0 ? words : letters, notice);
	cut_line(pile, notice->lines[1], notice->capital, room);
}

/* One line in large letters, else two in letters that are as large as fit. */
static void
set_notice(const struct pile *pile, const char *text, double room, struct notice *notice)
{
	const double most = MAX(NOTICE_CAPITAL * pile->unit, LEAST_CAPITAL);
	const double least = MAX(NOTICE_LEAST * pile->unit, LEAST_CAPITAL);
	double fits[2];

	*notice = (struct notice){ .capital = most };
	snprintf(notice->lines[0], sizeof(notice->lines[0]), "%s", text);
	if (bold_width(pile, text, most) <= room)
		return;
	if (!split_evenly(pile, text, notice)) {
		fits[0] =
			text_fit(pile->render->text, text, TEXT_BOLD, most, least, room);
		split_at(text, strlen(text), notice);
		fits[1] = most;
	} else {
		for (int i = 0; i < 2; i++)
			fits[i] = text_fit(pile->render->text, notice->lines[i],
				TEXT_BOLD, most, least, room);
	}
	notice->capital = MIN(fits[0], fits[1]);
	if (notice->capital > 0)
		return;
	notice->capital = least;
	split_and_cut(pile, text, room, notice);
}

static void
add_notice(struct pile *pile, const char *text)
{
	const double width = pile->safe.right - pile->safe.left;
	const double pad = NOTICE_PAD * pile->unit;
	double widest, height = NOTICE_HEIGHT * pile->unit;
	struct font_bitmap bitmap;
	struct notice notice;
	struct box place;

	set_notice(pile, text, NOTICE_SHARE * width - 2 * pad, &notice);
	widest = 2 * pad + MAX(bold_width(pile, notice.lines[0], notice.capital),
				   bold_width(pile, notice.lines[1], notice.capital));
	widest = MIN(widest, width);
	if (*notice.lines[1])
		height += NOTICE_STEP * pile->unit;
	place.left = pile->safe.left + ((uint32_t)width - (uint32_t)widest) / 2;
	place.right = place.left + (uint32_t)widest;
	place.top = MIN(pile->safe.top + (uint32_t)pile->margin_y, pile->safe.bottom);
	place.bottom = MIN(place.top + (uint32_t)height, pile->safe.bottom);
	if (!add_edged(pile, &place, &bitmap))
		return;
	pile->notice = place;
	for (int i = 0; i < 2; i++)
		draw_text(pile, &bitmap, pad,
			(NOTICE_BASE + i * NOTICE_STEP) * pile->unit, notice.capital,
			notice.lines[i]);
}

/* ------------------------------------------------------------------ all of them */

/* Not where the notice lies above it. */
static void
add_film(struct pile *pile, const struct box *place)
{
	const size_t n =
		(size_t)(place->right - place->left) * (place->bottom - place->top);
	struct hud_card *film = &pile->cards->film;

	if (n == 0 || !box_is_empty(box_common(*place, pile->notice)))
		return;
	film->place = *place;
	film->pixels = calloc(n, sizeof(*film->pixels));
}

static void
add_invitation(
	struct pile *pile, const struct hud_room *room, const struct hud_picture *picture)
{
	struct invitation invitation;
	struct font_bitmap bitmap;

	if (!invitation_place(&invitation, pile->render, room, picture) ||
		!add_card(pile, &invitation.place, pile->render->look->ground, &bitmap))
		return;
	pile->cards->invites = true;
	invitation_draw(&invitation, &bitmap);
	add_film(pile, &invitation.film);
}

/* What was first drawn, since the rest makes room for it, lies above all. */
static void
raise_first(struct hud_cards *cards)
{
	const struct hud_card first = cards->cards[0];

	memmove(&cards->cards[0], &cards->cards[1], (cards->n - 1) * sizeof(first));
	cards->cards[cards->n - 1] = first;
}

void
cards_draw(const struct render *render, const struct hud_room *room,
	const struct hud_picture *picture, struct hud_cards *cards)
{
	const struct hud_text *said = render->said;
	struct pile pile = {
		.render = render,
		.cards = cards,
		.safe = render_safe(room),
		.margin_x = room->width / 40.0,
		.margin_y = room->height / 40.0,
	};
	double width = pile.safe.right - pile.safe.left;

	pile.unit = MIN(render_unit(room), width / NARROW);
	if (*said->notice)
		add_notice(&pile, said->notice);
	if (picture && said->paused)
		add_paused(&pile, &picture->seen);
	for (uint32_t i = 0; picture && !said->paused && i < said->n_frozen; i++) {
		struct box part = seen_part(picture, &said->frozen[i]);

		add_outline(&pile, &part);
	}
	if (picture && said->invites && !said->paused)
		add_invitation(&pile, room, picture);
	if (pile.notice.right > 0)
		raise_first(cards);
}
