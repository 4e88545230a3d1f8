/* SPDX-License-Identifier: MIT */
/* Looks, and encodes what it saw. */
#include "http/viewers/encoder.h"

#include <errno.h>

#include "http/viewers/codec-live.h"

int
encoder_init(struct encoder *encoder, struct mural_host *host)
{
	int ret = framediff_init(&encoder->diff, host);

	encoder->live = codec_live_new();
	return encoder->live ? ret : -ENOMEM;
}

void
encoder_finish(struct encoder *encoder)
{
	framediff_finish(&encoder->diff);
	codec_live_free(encoder->live);
	encoder->live = NULL;
}

static struct frame *
encoder_make(struct encoder *encoder, enum product product)
{
	const struct framediff *diff = &encoder->diff;

	switch (product) {
	case PLACE_KEY:
		return codec_png_encode(&encoder->png, diff, PICTURE_FULL);
	case PLACE_DELTA:
		return codec_png_encode(&encoder->png, diff, PICTURE_DELTA);
	case WHOLE_PICTURE:
		return codec_png_encode(&encoder->png, diff, PICTURE_WHOLE);
	case LIVE_KEY:
		return codec_live_encode(encoder->live, diff, true);
	default:
		return codec_live_encode(encoder->live, diff, false);
	}
}

int
encoder_run(struct encoder *encoder, unsigned wanted, unsigned had,
	struct frame *made[PRODUCTS])
{
	int changed = framediff_update(&encoder->diff);

	for (int i = 0; i < PRODUCTS; i++)
		made[i] = NULL;
	if (changed < 0)
		return changed;
	if (changed == 0)
		wanted &= LASTING & ~had;
	for (int i = 0; i < PRODUCTS; i++)
		if (wanted & 1u << i)
			made[i] = encoder_make(encoder, i);
	return changed;
}
