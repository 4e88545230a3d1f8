/* SPDX-License-Identifier: MIT */
/*
 * Converts sixteen characters at once: two coordinates and a colour.  With SSE2 or NEON,
 * which every machine of these kinds has, and with a portable twin that the tests compare
 * them to.
 */
#pragma once

#include <string.h>

#include "pixelflut/pixelflut.h"

#if defined(__SSE2__) && defined(__x86_64__)
#include <emmintrin.h>
#define HAVE_SIMD 1
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>
#define HAVE_SIMD 1
#else
#define HAVE_SIMD 0
#endif

/* The characters, and masks with 0xff for each that counts; the others read as zeros. */
struct line_fields {
	const uint8_t *x, *y;  /* four characters each, the last digit last */
	const uint8_t *colour; /* eight */
	uint64_t number_mask;  /* of x, from the lowest byte on, then of y */
	uint64_t colour_mask;
};

struct field_values {
	uint32_t x, y;
	uint32_t rgba;
};

/* False if one that counts is no decimal digit, or no hexadecimal one in the colour; or
 * if a byte of a mask is neither 0 nor 0xff. */
static inline bool
parse_fields_scalar(const struct line_fields *fields, struct field_values *values)
{
	uint32_t numbers[2] = { 0, 0 };
	bool good = true;

	for (int i = 0; i < 8; i++) {
		uint8_t mask = fields->number_mask >> i * 8;
		uint8_t digit = (i < 4 ? fields->x[i] : fields->y[i - 4]) - '0';

		good = good && (mask == 0 || (mask == 0xff && digit < 10));
		numbers[i / 4] = numbers[i / 4] * 10 + (mask ? digit : 0);
	}
	values->x = numbers[0];
	values->y = numbers[1];
	values->rgba = 0;
	for (int i = 0; i < 8; i++) {
		uint8_t mask = fields->colour_mask >> i * 8;
		uint8_t digit = fields->colour[i] - '0';
		uint8_t letter = (fields->colour[i] | 0x20) - 'a';
		uint8_t value = digit < 10 ? digit : letter + 10;

		good = good &&
		       (mask == 0 || (mask == 0xff && (digit < 10 || letter < 6)));
		values->rgba = values->rgba << 4 | (mask ? value & 15u : 0);
	}
	return good;
}

#if HAVE_SIMD && defined(__x86_64__)

static inline __m128i
load_word(const uint8_t *p)
{
	int word;

	memcpy(&word, p, sizeof(word));
	return _mm_cvtsi32_si128(word);
}

/* 0xff for each unsigned byte up to `limit`. */
static inline __m128i
at_most(__m128i bytes, char limit)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(limit)), bytes);
}

static inline bool
parse_fields(const struct line_fields *fields, struct field_values *values)
{
	__m128i colour = _mm_loadl_epi64((const __m128i *)(const void *)fields->colour);
	__m128i text = _mm_unpacklo_epi64(
		_mm_unpacklo_epi32(load_word(fields->x), load_word(fields->y)), colour);
	__m128i mask = _mm_unpacklo_epi64(_mm_cvtsi64_si128(fields->number_mask),
		_mm_cvtsi64_si128(fields->colour_mask));

	text = _mm_and_si128(text, mask);
	/* setting every bit leaves no letter among the coordinates */
	__m128i lower = _mm_or_si128(text, _mm_set_epi64x(0x2020202020202020, -1));
	__m128i digit = at_most(_mm_sub_epi8(text, _mm_set1_epi8('0')), 9);
	__m128i letter = at_most(_mm_sub_epi8(lower, _mm_set1_epi8('a')), 5);
	__m128i right = _mm_cmpeq_epi8(_mm_or_si128(digit, letter), mask);
	if (_mm_movemask_epi8(right) != 0xffff)
		return false;

	__m128i value = _mm_add_epi8(_mm_and_si128(text, _mm_set1_epi8(15)),
		_mm_and_si128(letter, _mm_set1_epi8(9)));
	/* two digits: the upper byte of low * (base * 256 + 1) + high * 256 is
	 * low * base + high, what is above falls out */
	value = _mm_mullo_epi16(
		value, _mm_set_epi16(4097, 4097, 4097, 4097, 2561, 2561, 2561, 2561));
	value = _mm_srli_epi16(value, 8);
	/* x, y, red and green, blue and alpha */
	value = _mm_madd_epi16(value, _mm_set_epi16(1, 256, 1, 256, 1, 100, 1, 100));
	uint64_t numbers = _mm_cvtsi128_si64(value);
	uint64_t halves = _mm_cvtsi128_si64(_mm_unpackhi_epi64(value, value));
	values->x = numbers;
	values->y = numbers >> 32;
	values->rgba = (uint32_t)halves << 16 | halves >> 32;
	return true;
}

#elif HAVE_SIMD

static inline bool
parse_fields(const struct line_fields *fields, struct field_values *values)
{
	static const uint8_t ors[16] = { 255, 255, 255, 255, 255, 255, 255, 255, 32, 32,
		32, 32, 32, 32, 32, 32 };
	static const uint16_t bases[8] = { 10, 10, 10, 10, 16, 16, 16, 16 };
	static const uint16_t weights[8] = { 100, 1, 100, 1, 256, 1, 256, 1 };
	uint32_t words[2];

	memcpy(&words[0], fields->x, 4);
	memcpy(&words[1], fields->y, 4);
	uint64_t numbers = words[0] | (uint64_t)words[1] << 32;
	uint8x16_t text = vcombine_u8(vcreate_u8(numbers), vld1_u8(fields->colour));
	uint8x16_t mask = vcombine_u8(
		vcreate_u8(fields->number_mask), vcreate_u8(fields->colour_mask));

	text = vandq_u8(text, mask);
	/* setting every bit leaves no letter among the coordinates */
	uint8x16_t lower = vorrq_u8(text, vld1q_u8(ors));
	uint8x16_t digit = vcltq_u8(vsubq_u8(text, vdupq_n_u8('0')), vdupq_n_u8(10));
	uint8x16_t letter = vcltq_u8(vsubq_u8(lower, vdupq_n_u8('a')), vdupq_n_u8(6));
	uint8x16_t right = vceqq_u8(vorrq_u8(digit, letter), mask);
	if (vminvq_u8(right) != 0xff)
		return false;

	uint8x16_t value =
		vaddq_u8(vandq_u8(text, vdupq_n_u8(15)), vandq_u8(letter, vdupq_n_u8(9)));
	uint16x8_t pairs = vreinterpretq_u16_u8(value);
	pairs = vmlaq_u16(vshrq_n_u16(pairs, 8), vandq_u16(pairs, vdupq_n_u16(255)),
		vld1q_u16(bases));
	uint32x4_t parts = vpaddlq_u16(vmulq_u16(pairs, vld1q_u16(weights)));
	values->x = vgetq_lane_u32(parts, 0);
	values->y = vgetq_lane_u32(parts, 1);
	values->rgba = vgetq_lane_u32(parts, 2) << 16 | vgetq_lane_u32(parts, 3);
	return true;
}

#endif
