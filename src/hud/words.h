/* SPDX-License-Identifier: MIT */
/* What the HUD says in words and figures, in its languages: rates, people, and the
 * address of the web page as one types it or scans it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hud/hud.h"

enum { WORDS_MAX = 64 };

/* All of them can be written in the bitmap font. */
enum word {
	WORD_CALL,        /* before the address */
	WORD_NEW_ADDRESS, /* in its place when that changed */
	WORD_BE_FIRST,    /* in place of figures while there are none */
	WORD_NOBODY,      /* nobody is painting */
	WORD_YOUR_TURN,   /* before the call, on a wall where nobody paints */
	WORD_OR_TYPE,     /* before the size of what a command paints */
	WORD_PIXELS,
	WORD_FAST,      /* beside the film */
	WORD_SINCE,     /* before the time at which that begins */
	WORD_PAUSED,    /* on the picture */
	WORD_PAUSED_BY, /* by the operator */
	WORD_PAUSED_MEANS,
	WORD_PAUSED_LONG, /* both, and "now" */
	WORD_PAGE_GOES_ON,
	WORD_GOES_ON,
	WORD_WAITS_FOR_ADDRESS,
	WORD_WAITS_FOR_NETWORK, /* in place of the address */
	WORD_NO_ADDRESS,        /* behind the names of interfaces */
	WORD_WIFI,
	WORD_PASSWORD,
	WORD_PAINT, /* what to do when in the network */
	/* of what is shown for hours, so that other things need not move */
	WORD_WIDEST_RATE,
	WORD_WIDEST_PEOPLE,
	WORDS
};

/* That of the locale in the environment, as far as the HUD has it, or else English. */
enum hud_language words_language_of_locale(void);

/* `language` is one of hud.h's. */
const char *words_get(enum hud_language language, enum word word);

/* "9,999", "45.7 k", "12.3 M": exact below ten thousand, then three digits. */
void words_count(enum hud_language language, uint64_t count, char text[WORDS_MAX]);

/* "7 pixels/s"; while nobody paints, what was painted so far, or an invitation. */
void words_rate(
	enum hud_language language, const struct hud_text *said, char text[WORDS_MAX]);

/* What was painted so far, or an invitation. */
void words_total(
	enum hud_language language, const struct hud_text *said, char text[WORDS_MAX]);

/* "3 painting · 12 watching"; viewers only if asked for and if there are any. */
void words_people(enum hud_language language, const struct hud_text *said,
	bool with_viewers, char text[WORDS_MAX]);

/* "12 watching"; empty if nobody does. */
void words_watching(
	enum hud_language language, const struct hud_text *said, char text[WORDS_MAX]);

/* Without scheme, last slash and the scheme's own port. */
void words_address(const char *url, char *text, size_t len);

/* For a QR code, in capitals where they mean the same, since these need fewer modules. */
void words_scanned(const char *url, char *text, size_t len);
