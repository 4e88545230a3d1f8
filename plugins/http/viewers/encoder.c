/* SPDX-License-Identifier: MIT */
/* Looks, and encodes what it saw. */
#include "http/viewers/encoder.h"

#include <errno.h>

#include "http/viewers/codec-live.h"

int
encoder_init(struct encoder *encoder, struct mural_host *host)
{
	int ret = sight_init(&encoder->sight, host);

	encoder->live = live_new();
	return encoder->live ? ret : -ENOMEM;
}

void
encoder_finish(struct encoder *encoder)
{
	sight_finish(&encoder->sight);
	live_free(encoder->live);
	encoder->live = NULL;
}

static struct frame *
make(struct encoder *encoder, enum product product)
{
	const struct sight *sight = &encoder->sight;

	switch (product) {
	case PLACE_KEY:
		return pictures_make(&encoder->pictures, sight, PICTURE_FULL);
	case PLACE_DELTA:
		return pictures_make(&encoder->pictures, sight, PICTURE_DELTA);
	case WHOLE_PICTURE:
		return pictures_make(&encoder->pictures, sight, PICTURE_WHOLE);
	case LIVE_KEY:
		return live_encode(encoder->live, sight, true);
	default:
		return live_encode(encoder->live, sight, false);
	}
}

int
encoder_run(struct encoder *encoder, unsigned wanted, unsigned had,
	struct frame *made[PRODUCTS])
{
	int changed = sight_look(&encoder->sight);

	for (int i = 0; i < PRODUCTS; i++)
		made[i] = NULL;
	if (changed < 0)
		return changed;
	if (changed == 0)
		wanted &= LASTING & ~had;
	for (int i = 0; i < PRODUCTS; i++)
		if (wanted & 1u << i)
			made[i] = make(encoder, i);
	return changed;
}
