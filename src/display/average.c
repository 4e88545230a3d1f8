/* SPDX-License-Identifier: MIT */
/* Adds up light, and makes pixels of it.  Vectors are gcc's and clang's own, for all
 * processors; only what has no common spelling is written for each. */
#include "display/average.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#else
#include <math.h>
#endif

typedef uint32_t four_ints __attribute__((vector_size(16)));

/* The channels of a pixel are masked but not shifted, and so 1, 256 and 65536 times too
 * large, for which the weights make up: exact powers of two in a float. */
static const four_ints masks = { 0xff, 0xff00, 0xff0000, 0 };
static const average_sum squared_sizes = { 1, 0x1p-16F, 0x1p-32F, 0 };

/* The square roots, rounded to the nearest. */
static uint32_t
pixel_of(average_sum light)
{
#if defined(__SSE2__)
	const __m128i values = _mm_cvtps_epi32(_mm_sqrt_ps((__m128)light));
	const __m128i words = _mm_packs_epi32(values, values);

	return 0xff000000 | (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(words, words));
#elif defined(__aarch64__)
	const uint32x4_t values = vcvtnq_u32_f32(vsqrtq_f32((float32x4_t)light));
	const uint16x4_t words = vmovn_u32(values);
	const uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));

	return 0xff000000 | vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
#else
	return 0xff000000 | (uint32_t)(sqrtf(light[2]) + 0.5F) << 16 |
	       (uint32_t)(sqrtf(light[1]) + 0.5F) << 8 |
	       (uint32_t)(sqrtf(light[0]) + 0.5F);
#endif
}

void
average_add(average_sum *sums, const uint32_t *pixels, uint32_t len, float weight)
{
	const average_sum weights = squared_sizes * weight;

	for (uint32_t i = 0; i < len; i++) {
		const uint32_t pixel = pixels[i];
		const four_ints parts = (four_ints){ pixel, pixel, pixel, pixel } & masks;
		const average_sum values = __builtin_convertvector(
			(__attribute__((vector_size(16))) int32_t)parts, average_sum);

		sums[i] += values * values * weights;
	}
}

/* The light of entry `i` of the axis. */
static average_sum
entry_light(const struct scale_axis *across, const average_sum *sums, uint32_t first,
	uint32_t i)
{
	const uint32_t last = across->last[i] - first;
	uint32_t at = across->first[i] - first;
	average_sum light = sums[at] * across->head[i], between = { 0 };

	for (at++; at < last; at++)
		between += sums[at];
	return light + between * across->middle + sums[last] * across->tail[i];
}

void
average_line(const struct scale_axis *across, const average_sum *sums, uint32_t first,
	uint32_t from, uint32_t to, uint32_t *line)
{
	for (uint32_t i = from - across->start; i < to - across->start; i++)
		*line++ = pixel_of(axis_is_reduced(across)
					   ? entry_light(across, sums, first, i)
					   : sums[across->first[i] - first]);
}
