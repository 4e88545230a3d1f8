/* SPDX-License-Identifier: MIT */
/* Sets the HUD's text in the largest size that fits, and draws it with its QR code. */
#pragma once

#include <stdint.h>

#include "hud/hud.h"
#include "hud/qr.h"

/* Sets every pixel of width x height; `qr` is that of text->url.  A command is drawn
 * whole or not at all; it is wrapped at spaces, and an arrow marks a broken word. */
void hud_render(const struct hud_text *text, const struct hud_qr *qr, uint32_t *pixels,
	uint32_t width, uint32_t height);
