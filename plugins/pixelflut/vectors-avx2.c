/* SPDX-License-Identifier: MIT */
/* Understands eight commands at once, with AVX2. */
#include "pixelflut/vectors.h"

#ifdef __x86_64__

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi,popcnt")))
#define ALWAYS_INLINE TARGET static inline __attribute__((always_inline))

#include "pixelflut/vectors-256.h"

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

#include "pixelflut/vectors-feeds.h"

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
