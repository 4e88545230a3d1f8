/* SPDX-License-Identifier: MIT */
/* What the HUD says in words and figures: rates, people, and the address of the web page
 * as one types it or scans it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hud/hud.h"

enum { WORDS_MAX = 64 };

/* Of what is shown for hours, so that other things need not move. */
#define WORDS_WIDEST_RATE "88.8 G pixels so far"
#define WORDS_WIDEST_PEOPLE "nobody is painting · 88 watching"

/* "9,999", "45.7 k", "12.3 M": exact below ten thousand, then three digits. */
void words_count(uint64_t count, char text[WORDS_MAX]);

/* "7 pixels/s"; while nobody paints, what was painted so far, or an invitation. */
void words_rate(const struct hud_text *said, char text[WORDS_MAX]);

/* "3 painting · 12 watching"; viewers only if asked for and if there are any. */
void words_people(const struct hud_text *said, bool with_viewers, char text[WORDS_MAX]);

/* "12 watching"; empty if nobody does. */
void words_watching(const struct hud_text *said, char text[WORDS_MAX]);

/* Without scheme, last slash and the scheme's own port. */
void words_address(const char *url, char *text, size_t len);

/* For a QR code, in capitals where they mean the same, since these need fewer modules. */
void words_scanned(const char *url, char *text, size_t len);
