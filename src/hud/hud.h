/* SPDX-License-Identifier: MIT */
/*
 * The HUD: the strip that tells the audience how to paint, with the address of the web
 * page and its QR code, commands, and how much is painted.
 *
 * It is drawn into the pixels of a screen and never into the canvas.  The main thread
 * sets what it says (hud_set_text) and how it looks (hud_set_look), as often as it likes;
 * each screen asks where the HUD goes (hud_place) and draws it when hud_fd() signals.  It
 * may use base/, lib/, libqrencode, FreeType and FriBidi; it must never know screens, DRM
 * or the network: text goes in, pixels come out.
 *
 * Its unit is 1/180 of the height of a screen, 1/30 of that of a strip.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/box.h"

struct hud;

/* What one plugin has to say. */
struct hud_line {
	char name[32];   /* the instance's */
	char hint[256];  /* a command that paints, or words; empty: none */
	bool is_words;   /* the hint is for people, not for a shell */
	char state[128]; /* what people should know of it; empty: nothing */
};

/* Room for what the operator has to say to all. */
#define HUD_NOTICE_MAX 256

/* The most frozen parts that are shown. */
#define HUD_FROZEN_MAX 8

struct hud_text {
	char url[128];               /* of the web page; empty: there is none */
	bool url_is_new;             /* people may have read another one */
	bool waits_for_network;      /* nobody else can reach this machine */
	uint64_t rate, total;        /* pixels of the last second, and of all */
	uint32_t painting, watching; /* people */
	bool quiet;                  /* nobody has painted for a while */
	bool invites;                /* nor for so long that people are invited */
	char block[256]; /* a command that paints one of that size; empty: none */
	uint32_t block_width, block_height;
	uint32_t film_width, film_height; /* of what hud_set_film() gives; 0: nothing */
	char film_since[8];               /* what is shown begins at: a time of the day */
	char notice[HUD_NOTICE_MAX]; /* what the operator has to say; empty: nothing */
	bool paused;                 /* all of the canvas is frozen */
	uint32_t n_frozen;           /* parts of it, in its pixels */
	struct box frozen[HUD_FROZEN_MAX];
	uint32_t orbit; /* which of its places the HUD takes, any number; when it is drawn
			   for another reason, and no reason by itself */
	uint32_t turn;  /* which of the lines behind the first is shown; any number */
	uint32_t n_lines;
	struct hud_line lines[8]; /* of the first plugins; the rest is not shown */
};

enum hud_language { HUD_ENGLISH, HUD_GERMAN };

/* Texts are copied. */
struct hud_look {
	const char *title; /* of the event; may be empty, like the next two */
	const char *logo;  /* a PNG file */
	const char *wifi;  /* SSID:PASSWORD; may be empty */
	const char *font;  /* files, separated by blanks; NULL: the bitmap font */
	uint32_t ground, ink, accent, figures; /* colours, 0xffRRGGBB */
	enum hud_language language;
};

/* Where it is: in a strip beside the picture, or in a card that lies on it, with all that
 * a strip has or with little more than the address. */
enum hud_form { HUD_STRIP, HUD_CARD, HUD_CORNER };

/* What a strip has: all, or one of its halves, for two screens side by side. */
enum hud_share { HUD_ALL, HUD_CALL_HALF, HUD_LINES_HALF };

/* A screen as people see it, before rotation and mirroring. */
struct hud_room {
	uint32_t width, height;
	enum hud_form form;
	enum hud_share share;
	bool hides;    /* the HUD is there only while nobody paints */
	bool strip;    /* the HUD is wanted */
	bool only;     /* and no picture */
	uint32_t size; /* percent of the height for a strip; 0: as large as is good */
	uint32_t safe; /* percent of width and height that stay black at each edge */
};

/* The picture of the canvas, as people see it. */
struct hud_picture {
	struct box seen; /* of the screen */
	struct box
		canvas; /* the part that is shown, some of which may be beyond `seen` */
	int64_t left,
		top; /* where that part begins and how large it is, in the screen's */
	uint32_t width, height; /* pixels */
};

/* Opaque, and drawn over whatever is there. */
struct hud_card {
	struct box place; /* on the screen, as people see it */
	uint32_t *pixels; /* XRGB8888, row after row */
};

/* A notice and an invitation; "Paused" on the picture or an outline, of four, and
 * "Paused" in each part. */
enum { HUD_CARDS_MAX = 2 + 5 * HUD_FROZEN_MAX };

/* Later ones lie above. */
struct hud_cards {
	uint64_t version; /* 0: not drawn yet */
	uint32_t n;
	struct hud_card cards[HUD_CARDS_MAX];
	bool invites;         /* one of them is the invitation: the picture is dimmed */
	struct hud_card film; /* on one of them, and below none; without pixels: none */
	uint64_t film_version;
};

/* NULL: out of memory or descriptors. */
struct hud *hud_new(void);
void hud_free(struct hud *hud); /* accepts NULL */

/* Replaces the text, which is copied; signals hud_fd() if it changed.  Any thread. */
void hud_set_text(struct hud *hud, const struct hud_text *text);

/* The film's next picture, 0xffRRGGBB row after row, which is copied; signals hud_fd().
 * It is shown while hud_text has a film.  Any thread. */
void hud_set_film(
	struct hud *hud, const uint32_t *pixels, uint32_t width, uint32_t height);

/* A ring that closes in on a pixel of the canvas. */
struct hud_ripple {
	uint32_t x, y;
	uint64_t began_ns; /* uv_hrtime() */
};

enum { HUD_RIPPLES_MAX = 8, HUD_RIPPLE_MS = 500 };

/* Replaces them, and signals hud_fd().  Any thread. */
void hud_set_ripples(struct hud *hud, const struct hud_ripple *ripples, uint32_t n);

/* Returns how many, some of which may have ended.  Any thread. */
uint32_t hud_get_ripples(struct hud *hud, struct hud_ripple ripples[HUD_RIPPLES_MAX]);

/* Opens fonts and logo, logs what is wrong with them, and signals hud_fd(); without it
 * there are neither.  The main thread. */
void hud_set_look(struct hud *hud, const struct hud_look *look);

/* An eventfd that becomes readable with each new version; its only poller drains it. */
int hud_fd(const struct hud *hud);

/* Divides a screen between the HUD and the picture.  `canvas_*` is the canvas's size;
 * 0x0: not known yet, as with `canvas.size = auto`.  If a canvas that fits the whole
 * screen leaves a letterbox with room for the HUD, beside or below, the HUD goes there;
 * else, or if the size is not known, into a strip at the bottom.  A card lies on the
 * picture, which then has all of the screen.  On a screen too small for a HUD, or if none
 * is wanted, *strip is empty and *picture all within the safe edges; with `only` it is
 * the other way round.  Depends on nothing but the arguments. */
void hud_place(const struct hud_room *room, uint32_t canvas_width, uint32_t canvas_height,
	struct box *strip, struct box *picture);

/* Changes with all that hud_draw() draws.  Any thread. */
uint64_t hud_version(struct hud *hud);

/* Whether it is not to be seen now on that screen.  Any thread. */
bool hud_is_hidden(struct hud *hud, const struct hud_room *room);

/* Draws the HUD as it is now into XRGB8888 pixels, row after row, and sets every one of
 * them.  `strip` is from hud_place() for that room.  Returns the version, which is never
 * 0.  Any thread. */
uint64_t hud_draw(struct hud *hud, uint32_t *pixels, const struct hud_room *room,
	const struct box *strip);

/* Draws what lies on the picture: the operator's notice, what is paused, and the
 * invitation in the middle while nobody paints.  `picture`
 * NULL: the notice alone, which is shown also where there is no strip.  False: they are
 * as they were, since `cards` was drawn.  Any thread. */
bool hud_draw_cards(struct hud *hud, const struct hud_room *room,
	const struct hud_picture *picture, struct hud_cards *cards);

/* Draws the film's picture into cards->film, if there is one.  False: it is as it was.
 * Any thread. */
bool hud_draw_film(struct hud *hud, struct hud_cards *cards);

/* Accepts zeroed ones. */
void hud_cards_finish(struct hud_cards *cards);
