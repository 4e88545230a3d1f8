/* SPDX-License-Identifier: MIT */
/* As vectors-avx2.c, but finds the ends of lines with AVX-512. */
#include "pixelflut/vectors.h"

#ifdef __x86_64__

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#define TARGET                                                                           \
	__attribute__((target("avx2,bmi,popcnt,avx512f,avx512bw,avx512vl,avx512vbmi2")))
#define ALWAYS_INLINE TARGET static inline __attribute__((always_inline))

#include "pixelflut/vectors-256.h"

TARGET static inline uint64_t
find_feeds(const uint8_t *p)
{
	return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8('\n'));
}

/* All that there may be at once, whatever is asked for. */
ALWAYS_INLINE void
list_feeds(uint32_t *list, uint64_t feeds, uint32_t begin, const unsigned at_once)
{
	_Alignas(64) static const uint8_t bytes[64] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
		29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46,
		47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
	const __m512i found = _mm512_maskz_compress_epi8(feeds, _mm512_load_si512(bytes));

	(void)at_once;
	_mm256_storeu_si256((void *)list,
		_mm256_add_epi32(_mm256_cvtepu8_epi32(_mm512_castsi512_si128(found)),
			_mm256_set1_epi32((int)begin)));
}

#include "pixelflut/vectors-reads.h"

static_assert(
	LISTED * sizeof(uint32_t) <= sizeof(__m256i), "list_feeds() lists them all");

static bool
is_usable(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512vbmi2");
}

const struct vectors vectors_avx512 = { "avx512", is_usable, run_writes, run_reads,
	run_binaries };

#endif
