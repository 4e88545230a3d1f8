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
#define OP(name) _mm256_##name

typedef __m256i vector;

TARGET static inline bool
is_zero(vector v)
{
	return _mm256_testz_si256(v, v);
}

TARGET static inline unsigned
zero_lanes(vector v)
{
	return (unsigned)_mm256_movemask_ps(
		_mm256_castsi256_ps(_mm256_cmpeq_epi32(v, _mm256_setzero_si256())));
}

TARGET static inline vector
halves_of(__m128i half)
{
	return _mm256_broadcastsi128_si256(half);
}

TARGET static inline vector
join_halves(__m128i low, __m128i high)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

TARGET static inline void
tiles_store(uint16_t *tiles, vector v)
{
	_mm_storeu_si128((void *)tiles, _mm_packus_epi32(_mm256_castsi256_si128(v),
						_mm256_extracti128_si256(v, 1)));
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

/* Of no feed anything. */
TARGET static inline uint32_t
first_feed(uint64_t feeds)
{
	return (uint32_t)_tzcnt_u64(feeds);
}

#include "pixelflut/vectors-x86.h"

#include "pixelflut/vectors-reads.h"

static bool
is_usable(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

const struct vectors vectors_avx2 = { "avx2", is_usable, run_writes, run_reads,
	run_binaries };

#endif
