/* SPDX-License-Identifier: MIT */
/* Encodes a text as a QR code. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	HUD_QR_SIDE_MAX = 57, /* version 10 */
	HUD_QR_QUIET = 4,     /* white modules that scanners need on each side */
};

struct hud_qr {
	uint32_t side; /* modules, without the quiet zone; 0: no code */
	bool dark[HUD_QR_SIDE_MAX * HUD_QR_SIDE_MAX];
};

/* An empty or too long text, or a build without libqrencode, gives no code. */
void hud_qr_make(const char *text, struct hud_qr *qr);
