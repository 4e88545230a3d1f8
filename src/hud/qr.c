/* SPDX-License-Identifier: MIT */
/* Encodes QR codes with libqrencode. */
#include "hud/qr.h"

#include <qrencode.h>

#include "base/util.h"

/* The smallest code, and of those the one with the strongest correction; its modes are
 * mixed as the text allows: capitals take fewer bits. */
static QRcode *
encode(const char *text)
{
	static const QRecLevel levels[] = { QR_ECLEVEL_L, QR_ECLEVEL_M, QR_ECLEVEL_Q,
		QR_ECLEVEL_H };
	QRcode *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		QRcode *code = QRcode_encodeString(text, 0, levels[i], QR_MODE_8, 1);

		if (!code || (best && code->width > best->width)) {
			QRcode_free(code);
			break;
		}
		QRcode_free(best);
		best = code;
	}
	return best;
}

void
hud_qr_make(const char *text, struct hud_qr *qr)
{
	QRcode *code;

	qr->side = 0;
	if (*text == '\0')
		return;
	code = encode(text);
	if (!code)
		return;
	if (code->width <= HUD_QR_SIDE_MAX) {
		qr->side = (uint32_t)code->width;
		for (int i = 0; i < code->width * code->width; i++)
			qr->dark[i] = code->data[i] & 1;
	}
	QRcode_free(code);
}
