/* SPDX-License-Identifier: MIT */
/* Vectors of 256 bits, for vectors-x86.h.  Included by each file that has them, after it
 * has defined TARGET and ALWAYS_INLINE. */
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

#include "pixelflut/vectors-x86.h"
