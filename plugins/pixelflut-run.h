/* SPDX-License-Identifier: MIT */
/*
 * What 64 bytes are, a bit for each, the first byte's lowest: by SSE2 or NEON, which
 * every machine of their kind has, and by a portable twin that says what they have to
 * say.
 */
#ifndef PIXELFLUT_RUN_H
#define PIXELFLUT_RUN_H

#include "pixelflut.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define RUN_VECTORS 1
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>
#define RUN_VECTORS 1
#else
#define RUN_VECTORS 0
#endif

struct classes {
	uint64_t digits; /* 0-9 */
	uint64_t hexes;  /* 0-9 a-f A-F */
	uint64_t ends;   /* line feeds */
};

static inline struct classes
classify_plainly(const uint8_t *p)
{
	struct classes classes = { 0 };

	for (int i = 0; i < 64; i++) {
		uint64_t digit = (uint8_t)(p[i] - '0') < 10;
		uint64_t letter = (uint8_t)((p[i] | 0x20) - 'a') < 6;

		classes.digits |= digit << i;
		classes.hexes |= (digit | letter) << i;
		classes.ends |= (uint64_t)(p[i] == '\n') << i;
	}
	return classes;
}

#if defined(__SSE2__)

/* The bits of 16 bytes, where they belong. */
static inline void
classify_part(struct classes *classes, const uint8_t *p, int at)
{
	__m128i text = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
	__m128i number = _mm_sub_epi8(text, _mm_set1_epi8('0'));
	__m128i lower = _mm_or_si128(text, _mm_set1_epi8(0x20));
	__m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a'));
	__m128i end = _mm_cmpeq_epi8(text, _mm_set1_epi8('\n'));

	/* unsigned x <= n is min(x, n) == x */
	number = _mm_cmpeq_epi8(_mm_min_epu8(number, _mm_set1_epi8(9)), number);
	letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
	letter = _mm_or_si128(letter, number);
	classes->digits |= (uint64_t)(uint32_t)_mm_movemask_epi8(number) << at;
	classes->hexes |= (uint64_t)(uint32_t)_mm_movemask_epi8(letter) << at;
	classes->ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(end) << at;
}

static inline struct classes
classify(const uint8_t *p)
{
	struct classes classes = { 0 };

	classify_part(&classes, p, 0);
	classify_part(&classes, p, 16);
	classify_part(&classes, p, 32);
	classify_part(&classes, p, 48);
	return classes;
}

#elif RUN_VECTORS

/* A bit of each byte that is all ones or zero, by adding neighbours three times. */
static inline uint64_t
gather_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16,
		32, 64, 128 };
	uint8x16_t weight = vld1q_u8(weights);
	uint8x16_t low = vpaddq_u8(vandq_u8(a, weight), vandq_u8(b, weight));
	uint8x16_t high = vpaddq_u8(vandq_u8(c, weight), vandq_u8(d, weight));

	low = vpaddq_u8(low, high);
	low = vpaddq_u8(low, low);
	return vgetq_lane_u64(vreinterpretq_u64_u8(low), 0);
}

static inline struct classes
classify(const uint8_t *p)
{
	uint8x16_t digits[4], hexes[4], ends[4];

	for (int i = 0; i < 4; i++) {
		uint8x16_t text = vld1q_u8(p + 16 * i);
		uint8x16_t lower = vorrq_u8(text, vdupq_n_u8(0x20));

		digits[i] = vcltq_u8(vsubq_u8(text, vdupq_n_u8('0')), vdupq_n_u8(10));
		hexes[i] = vorrq_u8(digits[i],
			vcltq_u8(vsubq_u8(lower, vdupq_n_u8('a')), vdupq_n_u8(6)));
		ends[i] = vceqq_u8(text, vdupq_n_u8('\n'));
	}
	return (struct classes){
		.digits = gather_bits(digits[0], digits[1], digits[2], digits[3]),
		.hexes = gather_bits(hexes[0], hexes[1], hexes[2], hexes[3]),
		.ends = gather_bits(ends[0], ends[1], ends[2], ends[3]),
	};
}

#endif

#endif
