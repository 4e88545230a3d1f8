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
#define OP(name) _mm_##name

typedef __m128i vector;

TARGET static inline bool
is_zero(vector v)
{
	return _mm_testz_si128(v, v);
}

TARGET static inline unsigned
zero_lanes(vector v)
{
	return (unsigned)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(v, _mm_setzero_si128())));
}

TARGET static inline vector
halves_of(__m128i half)
{
	return half;
}

TARGET static inline vector
join_halves(__m128i low, __m128i high)
{
	(void)high;
	return low;
}

TARGET static inline void
tiles_store(uint16_t *tiles, vector v)
{
	_mm_storel_epi64((void *)tiles, _mm_packus_epi32(v, v));
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

/* Of no feed anything. */
TARGET static inline uint32_t
first_feed(uint64_t feeds)
{
	return (uint32_t)__builtin_ctzll(feeds | UINT64_C(1) << 63);
}

#include "pixelflut/vectors-feeds.h"
#include "pixelflut/vectors-x86.h"

#include "pixelflut/vectors-reads.h"

static bool
is_usable(void)
{
	return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("popcnt");
}

const struct vectors vectors_sse4 = { "sse4.1", is_usable, run_writes, run_reads,
	run_binaries };

#endif
