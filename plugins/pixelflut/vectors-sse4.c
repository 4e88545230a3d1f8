/* SPDX-License-Identifier: MIT */
/* Understands four commands at once, with SSE4.1. */
#include "pixelflut/vectors.h"

#ifdef __x86_64__

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("sse4.1,popcnt")))
#define ALWAYS_INLINE TARGET static inline __attribute__((always_inline))
#define LANES 4

typedef __m128i pairs;

TARGET static inline pairs
pairs_of(uint32_t x, uint32_t y)
{
	return _mm_set1_epi32((int)(x | y << 16));
}

#include "pixelflut/vectors-plane.h"

struct group {
	pairs xy;
	__m128i colours;
};

TARGET static inline unsigned
group_store(const struct group *group, const struct plane *plane,
	struct mural_batch *batch, uint32_t n)
{
	const __m128i outside = _mm_subs_epu16(group->xy, plane->limits);
	const __m128i inside = _mm_cmpeq_epi32(outside, _mm_setzero_si128());
	const __m128i tiles = _mm_madd_epi16(
		_mm_srli_epi16(_mm_add_epi16(group->xy, plane->corner), MURAL_TILE_SHIFT),
		plane->tiles);

	_mm_storeu_si128(
		(void *)(batch->places + n), _mm_madd_epi16(group->xy, plane->places));
	_mm_storeu_si128((void *)(batch->colours + n), group->colours);
	_mm_storel_epi64((void *)(batch->tiles + n), _mm_packus_epi32(tiles, tiles));
	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(inside));
}

TARGET static inline uint64_t
find_feeds(const uint8_t *p)
{
	uint64_t feeds = 0;

	for (int i = 0; i < 64; i += 16) {
		const __m128i feed = _mm_cmpeq_epi8(
			_mm_loadu_si128((const void *)(p + i)), _mm_set1_epi8('\n'));

		feeds |= (uint64_t)(uint32_t)_mm_movemask_epi8(feed) << i;
	}
	return feeds;
}

/* ------------------------------------------------------------------ lines */

/* What is wrong with the lines of a group. */
struct faults {
	uint32_t frames; /* what stands around the numbers */
	__m128i digits;
};

/* A line, by its end: x, y, blue and green, red. */
TARGET static inline __m128i
read_one(const uint8_t *end, struct faults *faults)
{
	const __m128i text = _mm_loadu_si128((const void *)(end - 16));
	const unsigned blanks =
		(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')));
	const unsigned shape = blanks & 0xff;
	/* setting every bit leaves no letter among the coordinates */
	const __m128i lower = _mm_set_epi64x(0x2020202020202020, -1);
	const __m128i weights =
		_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 16, 1, 16, 1, 16, 1, 0, 0);
	const __m128i places = _mm_setr_epi16(100, 1, 100, 1, 1, 256, 1, 0);
	/* as a digit, and as a letter, 'a' being 0; what is none is large */
	const __m128i digit = _mm_shuffle_epi8(_mm_sub_epi8(text, _mm_set1_epi8('0')),
		_mm_load_si128((const void *)line_shuffles[shape]));
	const __m128i letter =
		_mm_sub_epi8(_mm_or_si128(digit, lower), _mm_set1_epi8('a' - '0'));
	const __m128i fault = _mm_min_epu8(_mm_subs_epu8(digit, _mm_set1_epi8(9)),
		_mm_subs_epu8(letter, _mm_set1_epi8(5)));
	const __m128i value =
		_mm_min_epu8(digit, _mm_adds_epu8(letter, _mm_set1_epi8(10)));
	uint32_t before;

	memcpy(&before, end - 3 - line_lengths[shape], sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | ' ' << 24);
	/* the blank behind y, and no other up to the end */
	faults->frames |= blanks >> 9 ^ 1;
	faults->digits = _mm_or_si128(faults->digits, fault);
	return _mm_madd_epi16(_mm_maddubs_epi16(value, weights), places);
}

ALWAYS_INLINE bool
read_lines(const uint8_t *base, const int16_t *ends, const struct plane *plane,
	struct group *group)
{
	struct faults faults = { 0, _mm_setzero_si128() };
	__m128i lines[LANES];

	UNROLLED
	for (int i = 0; i < LANES; i++)
		lines[i] = read_one(base + ends[i], &faults);
	const __m128i xy = _mm_packus_epi32(_mm_unpacklo_epi64(lines[0], lines[1]),
		_mm_unpacklo_epi64(lines[2], lines[3]));
	const __m128i rgb = _mm_packus_epi32(_mm_unpackhi_epi64(lines[0], lines[1]),
		_mm_unpackhi_epi64(lines[2], lines[3]));
	group->xy = _mm_adds_epu16(xy, plane->offset);
	group->colours = _mm_or_si128(rgb, _mm_set1_epi32((int)0xff000000));
	return faults.frames == 0 && _mm_testz_si128(faults.digits, faults.digits);
}

/* ------------------------------------------------------------------ reads */

/* A read, by its end: x, y and nothing. */
TARGET static inline __m128i
read_one_place(const uint8_t *end, uint8_t *length, struct faults *faults)
{
	const __m128i text = _mm_loadu_si128((const void *)(end - READ_LEFT));
	const unsigned shape =
		(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(' '))) &
		0xff;
	const unsigned zeros =
		(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('0')));
	const __m128i digit = _mm_shuffle_epi8(_mm_sub_epi8(text, _mm_set1_epi8('0')),
		_mm_load_si128((const void *)line_shuffles[shape]));
	const __m128i limits = _mm_set_epi64x(-1, 0x0909090909090909);
	const __m128i weights =
		_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i places = _mm_setr_epi16(100, 1, 100, 1, 0, 0, 0, 0);
	uint32_t before;

	*length = read_lengths[shape];
	memcpy(&before, end - 3 - *length, sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | ' ' << 24);
	faults->frames |= zeros & read_leads[shape];
	faults->digits = _mm_or_si128(faults->digits, _mm_subs_epu8(digit, limits));
	return _mm_madd_epi16(_mm_maddubs_epi16(digit, weights), places);
}

TARGET static inline bool
read_places(const uint8_t *base, const int16_t *ends, const struct plane *plane,
	struct group *group, uint8_t *lengths)
{
	struct faults faults = { 0, _mm_setzero_si128() };
	__m128i lines[LANES];

	UNROLLED
	for (int i = 0; i < LANES; i++)
		lines[i] = read_one_place(base + ends[i], lengths + i, &faults);
	const __m128i xy = _mm_packus_epi32(_mm_unpacklo_epi64(lines[0], lines[1]),
		_mm_unpacklo_epi64(lines[2], lines[3]));
	group->xy = _mm_adds_epu16(xy, plane->offset);
	group->colours = xy;
	return faults.frames == 0 && _mm_testz_si128(faults.digits, faults.digits);
}

TARGET static inline void
write_colours(const uint32_t *colours, uint64_t *texts)
{
	const __m128i pick =
		_mm_setr_epi8(-1, 2, 2, 1, 1, 0, 0, -1, -1, 6, 6, 5, 5, 4, 4, -1);
	const __m128i upper = _mm_set1_epi64x(0x00000f000f000f00);
	const __m128i lower = _mm_set1_epi64x(0x000f000f000f0000);
	const __m128i digits = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8',
		'9', 'a', 'b', 'c', 'd', 'e', 'f');

	UNROLLED
	for (int i = 0; i < LANES; i += 2) {
		const __m128i two = _mm_shuffle_epi8(
			_mm_loadl_epi64((const void *)(colours + i)), pick);
		const __m128i halves =
			_mm_or_si128(_mm_and_si128(_mm_srli_epi16(two, 4), upper),
				_mm_and_si128(two, lower));

		_mm_storeu_si128((void *)(texts + i),
			_mm_xor_si128(_mm_shuffle_epi8(digits, halves),
				_mm_set1_epi64x(AROUND_COLOUR)));
	}
}

/* ------------------------------------------------------------------ PB */

/* Loads cover two commands' PB, x and y, and two commands' colours. */
TARGET static inline bool
read_binaries(const uint8_t *p, struct group *group)
{
	const __m128i pick_xy =
		_mm_setr_epi8(2, 3, 4, 5, 12, 13, 14, 15, 0, 1, 10, 11, -1, -1, -1, -1);
	const __m128i pick_rgb = _mm_setr_epi8(
		2, 1, 0, -1, 12, 11, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i words =
		_mm_set1_epi64x('P' | 'B' << 8 | 'P' << 16 | (int64_t)'B' << 24);
	const __m128i a = _mm_shuffle_epi8(_mm_loadu_si128((const void *)p), pick_xy);
	const __m128i b =
		_mm_shuffle_epi8(_mm_loadu_si128((const void *)(p + 20)), pick_xy);
	const __m128i c =
		_mm_shuffle_epi8(_mm_loadu_si128((const void *)(p + 6)), pick_rgb);
	const __m128i d =
		_mm_shuffle_epi8(_mm_loadu_si128((const void *)(p + 26)), pick_rgb);
	const __m128i fault = _mm_xor_si128(_mm_unpackhi_epi64(a, b), words);

	group->xy = _mm_unpacklo_epi64(a, b);
	group->colours =
		_mm_or_si128(_mm_unpacklo_epi64(c, d), _mm_set1_epi32((int)0xff000000));
	return _mm_testz_si128(fault, fault);
}

#include "pixelflut/vectors-run.h"

static bool
is_usable(void)
{
	return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("popcnt");
}

const struct vectors vectors_sse4 = { "sse4.1", is_usable, run_writes, run_reads,
	run_binaries };

#endif
