/* SPDX-License-Identifier: MIT */
/* Understands eight commands at once, with AVX2. */
#include "pixelflut/vectors.h"

#ifdef __x86_64__

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi,popcnt")))
#define ALWAYS_INLINE TARGET static inline __attribute__((always_inline))
#define LANES 8

typedef __m256i pairs;

TARGET static inline pairs
pairs_of(uint32_t x, uint32_t y)
{
	return _mm256_set1_epi32((int)(x | y << 16));
}

#include "pixelflut/vectors-plane.h"

struct group {
	pairs xy;
	__m256i colours;
};

TARGET static inline unsigned
group_store(const struct group *group, const struct plane *plane,
	struct mural_batch *batch, uint32_t n)
{
	const __m256i outside = _mm256_subs_epu16(group->xy, plane->limits);
	const __m256i inside = _mm256_cmpeq_epi32(outside, _mm256_setzero_si256());
	const __m256i tiles = _mm256_madd_epi16(
		_mm256_srli_epi16(
			_mm256_add_epi16(group->xy, plane->corner), MURAL_TILE_SHIFT),
		plane->tiles);

	_mm256_storeu_si256(
		(void *)(batch->places + n), _mm256_madd_epi16(group->xy, plane->places));
	_mm256_storeu_si256((void *)(batch->colours + n), group->colours);
	_mm_storeu_si128((void *)(batch->tiles + n),
		_mm_packus_epi32(_mm256_castsi256_si128(tiles),
			_mm256_extracti128_si256(tiles, 1)));
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(inside));
}

TARGET static inline uint64_t
find_feeds(const uint8_t *p)
{
	const __m256i feed = _mm256_set1_epi8('\n');
	const __m256i low = _mm256_loadu_si256((const void *)p);
	const __m256i high = _mm256_loadu_si256((const void *)(p + 32));

	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, feed)) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, feed))
		       << 32;
}

TARGET static inline __m256i
load_two(const uint8_t *low, const uint8_t *high)
{
	return _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_loadu_si128((const void *)low)),
		_mm_loadu_si128((const void *)high), 1);
}

/* ------------------------------------------------------------------ lines */

/* What is wrong with the lines of a group. */
struct faults {
	uint32_t frames; /* what stands around the numbers */
	__m256i digits;
};

/* The blanks' index of a line, and whether "\nPX " stands in front of it. */
TARGET static inline unsigned
line_shape(const uint8_t *end, unsigned blanks, struct faults *faults)
{
	const unsigned shape = blanks & 0xff;
	uint32_t before;

	memcpy(&before, end - 3 - line_lengths[shape], sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | ' ' << 24);
	/* behind y, and no other up to the end */
	faults->frames |= (blanks >> 9 & 0x7f) ^ 1;
	return shape;
}

/* Two lines, by their ends: x, y, blue and green, red of each. */
TARGET static inline __m256i
read_two(const uint8_t *a, const uint8_t *b, struct faults *faults)
{
	const __m256i text = load_two(a - 16, b - 16);
	const uint32_t blanks = (uint32_t)_mm256_movemask_epi8(
		_mm256_cmpeq_epi8(text, _mm256_set1_epi8(' ')));
	const unsigned shape_a = line_shape(a, blanks, faults);
	const unsigned shape_b = line_shape(b, blanks >> 16, faults);
	const __m256i shuffle = load_two(line_shuffles[shape_a], line_shuffles[shape_b]);
	/* setting every bit leaves no letter among the coordinates */
	const __m256i lower =
		_mm256_set_epi64x(0x2020202020202020, -1, 0x2020202020202020, -1);
	const __m256i weights = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 16, 1, 16, 1, 16, 1, 0, 0));
	const __m256i places =
		_mm256_broadcastsi128_si256(_mm_setr_epi16(100, 1, 100, 1, 1, 256, 1, 0));
	/* as a digit, and as a letter, 'a' being 0; what is none is large */
	const __m256i digit = _mm256_shuffle_epi8(
		_mm256_sub_epi8(text, _mm256_set1_epi8('0')), shuffle);
	const __m256i letter = _mm256_sub_epi8(
		_mm256_or_si256(digit, lower), _mm256_set1_epi8('a' - '0'));
	const __m256i fault =
		_mm256_min_epu8(_mm256_subs_epu8(digit, _mm256_set1_epi8(9)),
			_mm256_subs_epu8(letter, _mm256_set1_epi8(5)));
	const __m256i value =
		_mm256_min_epu8(digit, _mm256_adds_epu8(letter, _mm256_set1_epi8(10)));

	faults->digits = _mm256_or_si256(faults->digits, fault);
	return _mm256_madd_epi16(_mm256_maddubs_epi16(value, weights), places);
}

ALWAYS_INLINE bool
read_lines(const uint8_t *base, const int16_t *ends, const struct plane *plane,
	struct group *group)
{
	struct faults faults = { 0, _mm256_setzero_si256() };
	__m256i lines[LANES / 2];

	/* that order leaves the first four in the lower half */
	UNROLLED
	for (int i = 0; i < LANES / 2; i++)
		lines[i] = read_two(base + ends[i], base + ends[i + LANES / 2], &faults);
	const __m256i xy = _mm256_packus_epi32(_mm256_unpacklo_epi64(lines[0], lines[1]),
		_mm256_unpacklo_epi64(lines[2], lines[3]));
	const __m256i rgb = _mm256_packus_epi32(_mm256_unpackhi_epi64(lines[0], lines[1]),
		_mm256_unpackhi_epi64(lines[2], lines[3]));
	group->xy = _mm256_adds_epu16(xy, plane->offset);
	group->colours = _mm256_or_si256(rgb, _mm256_set1_epi32((int)0xff000000));
	return faults.frames == 0 && _mm256_testz_si256(faults.digits, faults.digits);
}

/* ------------------------------------------------------------------ reads */

/* As line_shape(), of a `PX x y` line. */
TARGET static inline unsigned
read_shape(const uint8_t *end, unsigned blanks, unsigned zeros, struct faults *faults)
{
	const unsigned shape = blanks & 0xff;
	uint32_t before;

	memcpy(&before, end - 3 - read_lengths[shape], sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | ' ' << 24);
	faults->frames |= zeros & read_leads[shape];
	return shape;
}

/* Two reads, by their ends: x, y and nothing of each. */
TARGET static inline __m256i
read_two_places(
	const uint8_t *a, const uint8_t *b, uint8_t *lengths, struct faults *faults)
{
	const __m256i text = load_two(a - READ_LEFT, b - READ_LEFT);
	const uint32_t blanks = (uint32_t)_mm256_movemask_epi8(
		_mm256_cmpeq_epi8(text, _mm256_set1_epi8(' ')));
	const uint32_t zeros = (uint32_t)_mm256_movemask_epi8(
		_mm256_cmpeq_epi8(text, _mm256_set1_epi8('0')));
	const unsigned shape_a = read_shape(a, blanks, zeros, faults);
	const unsigned shape_b = read_shape(b, blanks >> 16, zeros >> 16, faults);
	const __m256i digit =
		_mm256_shuffle_epi8(_mm256_sub_epi8(text, _mm256_set1_epi8('0')),
			load_two(line_shuffles[shape_a], line_shuffles[shape_b]));
	const __m256i limits =
		_mm256_set_epi64x(-1, 0x0909090909090909, -1, 0x0909090909090909);
	const __m256i weights = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0));
	const __m256i places =
		_mm256_broadcastsi128_si256(_mm_setr_epi16(100, 1, 100, 1, 0, 0, 0, 0));

	lengths[0] = read_lengths[shape_a];
	lengths[LANES / 2] = read_lengths[shape_b];
	faults->digits = _mm256_or_si256(faults->digits, _mm256_subs_epu8(digit, limits));
	return _mm256_madd_epi16(_mm256_maddubs_epi16(digit, weights), places);
}

TARGET static inline bool
read_places(const uint8_t *base, const int16_t *ends, const struct plane *plane,
	struct group *group, uint8_t *lengths)
{
	struct faults faults = { 0, _mm256_setzero_si256() };
	__m256i lines[LANES / 2];

	UNROLLED
	for (int i = 0; i < LANES / 2; i++)
		lines[i] = read_two_places(
			base + ends[i], base + ends[i + LANES / 2], lengths + i, &faults);
	const __m256i xy = _mm256_packus_epi32(_mm256_unpacklo_epi64(lines[0], lines[1]),
		_mm256_unpacklo_epi64(lines[2], lines[3]));
	group->xy = _mm256_adds_epu16(xy, plane->offset);
	group->colours = xy;
	return faults.frames == 0 && _mm256_testz_si256(faults.digits, faults.digits);
}

/* Four colours in each round, two in each half. */
TARGET static inline void
write_colours(const uint32_t *colours, uint64_t *texts)
{
	const __m256i pick = _mm256_setr_epi8(-1, 2, 2, 1, 1, 0, 0, -1, -1, 6, 6, 5, 5, 4,
		4, -1, -1, 10, 10, 9, 9, 8, 8, -1, -1, 14, 14, 13, 13, 12, 12, -1);
	const __m256i upper = _mm256_set1_epi64x(0x00000f000f000f00);
	const __m256i lower = _mm256_set1_epi64x(0x000f000f000f0000);
	const __m256i digits = _mm256_broadcastsi128_si256(_mm_setr_epi8('0', '1', '2',
		'3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));

	UNROLLED
	for (int i = 0; i < LANES; i += 4) {
		const __m256i four = _mm256_shuffle_epi8(
			_mm256_broadcastsi128_si256(
				_mm_loadu_si128((const void *)(colours + i))),
			pick);
		const __m256i halves = _mm256_or_si256(
			_mm256_and_si256(_mm256_srli_epi16(four, 4), upper),
			_mm256_and_si256(four, lower));

		_mm256_storeu_si256((void *)(texts + i),
			_mm256_xor_si256(_mm256_shuffle_epi8(digits, halves),
				_mm256_set1_epi64x(AROUND_COLOUR)));
	}
}

/* ------------------------------------------------------------------ PB */

/* Loads cover two commands' PB, x and y, and two commands' colours. */
TARGET static inline bool
read_binaries(const uint8_t *p, struct group *group)
{
	const __m256i pick_xy = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(2, 3, 4, 5, 12, 13, 14, 15, 0, 1, 10, 11, -1, -1, -1, -1));
	const __m256i pick_rgb = _mm256_broadcastsi128_si256(_mm_setr_epi8(
		2, 1, 0, -1, 12, 11, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1));
	const __m256i words =
		_mm256_set1_epi64x('P' | 'B' << 8 | 'P' << 16 | (int64_t)'B' << 24);
	const __m256i a = _mm256_shuffle_epi8(load_two(p, p + 40), pick_xy);
	const __m256i b = _mm256_shuffle_epi8(load_two(p + 20, p + 60), pick_xy);
	const __m256i c = _mm256_shuffle_epi8(load_two(p + 6, p + 46), pick_rgb);
	const __m256i d = _mm256_shuffle_epi8(load_two(p + 26, p + 66), pick_rgb);
	const __m256i fault = _mm256_xor_si256(_mm256_unpackhi_epi64(a, b), words);

	group->xy = _mm256_unpacklo_epi64(a, b);
	group->colours = _mm256_or_si256(
		_mm256_unpacklo_epi64(c, d), _mm256_set1_epi32((int)0xff000000));
	return _mm256_testz_si256(fault, fault);
}

#include "pixelflut/vectors-run.h"

static bool
is_usable(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

const struct vectors vectors_avx2 = { "avx2", is_usable, run_writes, run_reads,
	run_binaries };

#endif
