/* SPDX-License-Identifier: MIT */
/* The page: sets the HUD's text in the largest letters that it fits in, and draws it. */
#ifndef HUD_RENDER_H
#define HUD_RENDER_H

#include <stdint.h>

#include "hud/hud.h"
#include "hud/qr.h"

/* Draws every pixel of a page of width x height; `qr` is that of text->url.  A command is
 * drawn whole or not at all; its rows end at spaces, and where a word has to be broken an
 * arrow says so. */
void hud_render(const struct hud_text *text, const struct hud_qr *qr, uint32_t *pixels,
	uint32_t width, uint32_t height);

#endif
