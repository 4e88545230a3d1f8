/* SPDX-License-Identifier: MIT */
/*
 * Draws the HUD.  render.c begins a strip, strip.c fills one that lies below the picture,
 * halves.c the halves of one, stacked.c one of a portrait screen or beside the picture,
 * and a corner.  cards.c draws what lies on the picture, with invitation.c.
 */
#pragma once

#include <stdint.h>

#include "hud/hud.h"
#include "hud/logo.h"
#include "hud/qr.h"
#include "hud/text.h"
#include "hud/words.h"

/* What is drawn, and how. */
struct render {
	const struct hud_text *said;
	const struct hud_look *look;
	const struct hud_qr *qr;   /* of said->url */
	const struct hud_qr *wifi; /* of look->wifi */
	struct logo *logo;
	struct text *text;
};

/* Capitals, in units: for the address and titles, for commands and figures, the least. */
#define RENDER_A 7.2
#define RENDER_B 4.2
#define RENDER_C 3.6
/* The widest cards, in units. */
#define RENDER_CARD_WIDTH 213.5
#define RENDER_CORNER_WIDTH 101.5
#define RENDER_EDGE 0xff46505c

/* The screen without its safe edges. */
struct box render_safe(const struct hud_room *room);

/* The unit in pixels. */
double render_unit(const struct hud_room *room);

/* Sets every pixel of the strip, row after row. */
void render_strip(const struct render *render, uint32_t *pixels,
	const struct hud_room *room, const struct box *strip);

/* ------------------------------------------------------------------ for strip.c,
 * stacked.c */

/* A strip that is being drawn. */
struct sheet {
	const struct render *render;
	struct font_bitmap bitmap;
	struct box place;          /* on the screen */
	double unit;               /* pixels */
	double margin_x, margin_y; /* of the screen, where nothing is to be read */
	double left, right;        /* between which there is text */
	char address[128];         /* as one types it; empty: there is no page */
	uint32_t edge;             /* of a card: pixels, where nothing is drawn; 0 */
	bool has_steps;            /* there are two codes, which say what is first */
	bool is_narrow;            /* the title is no part of the first row */
};

/* In the HUD's language. */
const char *sheet_word(const struct sheet *sheet, enum word word);

/* What stands before the address, or above it. */
const char *sheet_call(const struct sheet *sheet);

/* Letters of `units`, and never smaller than can be read. */
double sheet_capital(const struct sheet *sheet, double units);

double sheet_measure(
	const struct sheet *sheet, const char *text, enum text_face face, double units);

/* See text_fit(); the result in pixels, capitals in units. */
double sheet_fit(const struct sheet *sheet, const char *text, enum text_face face,
	double units, double least, double room);

/* Draws with capitals in pixels; returns where the text ends. */
double sheet_text(const struct sheet *sheet, double x, double base, const char *text,
	enum text_face face, double capital, uint32_t ink);

/* The same up to `right`; returns where it begins. */
double sheet_text_right(const struct sheet *sheet, double right, double base,
	const char *text, enum text_face face, double capital, uint32_t ink);

/* In the largest capitals that fit from `units` down to `least`, else cut, with an
 * ellipsis; nothing where there is no room for that. */
double sheet_text_cut(const struct sheet *sheet, double x, double right, double base,
	const char *text, enum text_face face, double units, double least, uint32_t ink);

/* The width of the logo with that height, without what is beside it; 0: there is none. */
double sheet_logo_width(const struct sheet *sheet, double height);
void sheet_logo(const struct sheet *sheet, double x, double y, double height);

/* The side of a module in pixels; 0: there is no code or no room.  The side with quiet
 * zone. */
uint32_t sheet_module(const struct sheet *sheet, const struct hud_qr *qr, double room);
uint32_t sheet_code_side(const struct hud_qr *qr, uint32_t module);
void sheet_code(const struct sheet *sheet, const struct hud_qr *qr, uint32_t x,
	uint32_t y, uint32_t module);

/* Tiles, white from top to bottom, with the codes; text begins right of them. */
void sheet_tiles(struct sheet *sheet);

/* The same with the page's code alone, where two leave no room for the address. */
void sheet_page_tile(struct sheet *sheet);

/* The nearest place from which the code's own lies on multiples of four of the screen's
 * pixels: what shrinks a picture to a half or a quarter hits its modules. */
uint32_t sheet_align(double at, uint32_t origin);

/* A line as it is shown: a command, or words for people. */
struct sheet_line {
	char text[320];
	bool is_command, is_accented;
};

enum { SHEET_LINES = 17 };

/* All that is to be said, without comments: the Wi-Fi, the first line, what is new, the
 * others; how many. */
size_t sheet_lines(const struct sheet *sheet, struct sheet_line lines[SHEET_LINES]);

/* Draws one, capitals in pixels. */
void sheet_line(const struct sheet *sheet, double x, double base,
	const struct sheet_line *line, double capital);
double sheet_fit_line(const struct sheet *sheet, const struct sheet_line *line,
	double units, double least, double room);

/* In place of commands and figures, in two rows; `next` 0: in one. */
void sheet_paused(const struct sheet *sheet, double base, double next);

/* Around a card, within it. */
void sheet_edge(const struct sheet *sheet);

void strip_draw(struct sheet *sheet);
void halves_draw_call(struct sheet *sheet);
void halves_draw_lines(struct sheet *sheet);
void stacked_draw_portrait(struct sheet *sheet, enum hud_share share);
void stacked_draw_column(struct sheet *sheet, enum hud_share share);
void stacked_draw_corner(struct sheet *sheet);
