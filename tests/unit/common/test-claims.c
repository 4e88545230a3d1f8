/* SPDX-License-Identifier: MIT */
/* Who gives way first, and who next. */
#include "common/claims.h"
#include "support/unit.h"

enum { SOURCES = 60, EACH = 4, MOST = EACH + 2, N = (SOURCES - 1) * EACH + MOST };

/* All sources have as many, but for the first one, which has two more. */
TEST(a_source_with_a_little_more_loses_a_little)
{
	struct claim claims[N];
	size_t n = 0, lost = 0;

	for (uint64_t i = 0; i < SOURCES; i++)
		for (uint64_t k = 0; k < (i == 0 ? MOST : EACH); k++, n++)
			claims[n] = (struct claim){
				.source = i, .age = 1000 * k + (SOURCES - i), .amount = 1
			};
	claims_rank(claims, n);
	for (size_t i = 0; i < MOST; i++)
		lost += claims[i].source == 0;
	assert_int_equal(claims[0].source, 0);
	assert_int_equal(claims[0].age, SOURCES);
	assert_int_equal(claims[1].source, 0);
	assert_int_equal(claims[1].age, 1000 + SOURCES);
	assert_int_equal(lost, 2);
}

UNIT_TESTS(NULL, NULL)
