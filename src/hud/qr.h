/* SPDX-License-Identifier: MIT */
/* A QR code as modules, without its quiet zone. */
#ifndef HUD_QR_H
#define HUD_QR_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HUD_QR_SIDE_MAX = 57, /* version 10 */
	HUD_QR_QUIET = 4,     /* modules of white that every reader wants around it */
};

struct hud_qr {
	uint32_t side; /* modules; 0: there is none */
	bool dark[HUD_QR_SIDE_MAX * HUD_QR_SIDE_MAX];
};

/* Of an empty text, of one that is too long, and in a build without libqrencode: none. */
void hud_qr_make(const char *text, struct hud_qr *qr);

#endif
