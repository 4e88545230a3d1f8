/* SPDX-License-Identifier: MIT */
/* Encodes QR codes with libqrencode. */
#include "hud/qr.h"

#include <qrencode.h>

void
hud_qr_make(const char *text, struct hud_qr *qr)
{
	QRcode *code;

	qr->side = 0;
	if (*text == '\0')
		return;
	code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!code)
		return;
	if (code->width <= HUD_QR_SIDE_MAX) {
		qr->side = (uint32_t)code->width;
		for (int i = 0; i < code->width * code->width; i++)
			qr->dark[i] = code->data[i] & 1;
	}
	QRcode_free(code);
}
