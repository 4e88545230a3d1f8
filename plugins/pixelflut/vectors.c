/* SPDX-License-Identifier: MIT */
/* Chooses the wide path, and tells when input is not for it. */
#include "pixelflut/vectors.h"

#include <stddef.h>

/* A group that is not understood costs about as much as this many good ones save. */
#define FAILURE_COST 4
#define CREDIT_MAX 16

/* Bytes until the next trial. */
#define PAUSE_MIN 2048
#define PAUSE_MAX (64 * 1024)

#ifdef __x86_64__
extern const struct vectors vectors_avx512, vectors_avx2, vectors_sse4;
static const struct vectors *const all[] = { &vectors_avx512, &vectors_avx2,
	&vectors_sse4, NULL };
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
extern const struct vectors vectors_neon;
static const struct vectors *const all[] = { &vectors_neon, NULL };
#else
static const struct vectors *const all[] = { NULL };
#endif

const struct vectors *
vectors_usable(unsigned nth)
{
	const struct vectors *const *vectors = all;

	for (; *vectors; vectors++)
		if ((*vectors)->is_usable() && nth-- == 0)
			break;
	return *vectors;
}

void
vectors_judge(struct painter *painter, unsigned good, const uint8_t *failed)
{
	if (good >= CREDIT_MAX)
		painter->pause = PAUSE_MIN;
	painter->credit += (int)(good < CREDIT_MAX ? good : CREDIT_MAX);
	if (painter->credit > CREDIT_MAX)
		painter->credit = CREDIT_MAX;
	if (!failed)
		return;
	painter->trial = failed - painter->data;
	painter->credit -= FAILURE_COST;
	if (painter->credit >= 0)
		return;
	painter->credit = 0;
	painter->trial += painter->pause;
	if (painter->pause < PAUSE_MAX)
		painter->pause *= 2;
}

void
vectors_begin(struct painter *painter, const uint8_t *data)
{
	painter->vectors = vectors_usable(0);
	painter->data = data;
	painter->trial = VECTORS_BEFORE;
	painter->pause = PAUSE_MIN;
	painter->credit = FAILURE_COST;
}
