/* SPDX-License-Identifier: MIT */
/* Orders clients by how much their sources hold. */
#include "common/claims.h"

#include <stdlib.h>

static int
compare_sources(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;

	if (left->source != right->source)
		return left->source < right->source ? -1 : 1;
	return left->age < right->age ? -1 : left->age > right->age;
}

static int
compare_claims(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;

	if (left->weight != right->weight)
		return left->weight > right->weight ? -1 : 1;
	return left->age < right->age ? -1 : left->age > right->age;
}

/* How many, from the first on, are of one source; and what it holds. */
static size_t
count_source(const struct claim *claims, size_t n, size_t *amount)
{
	size_t i = 0;

	for (*amount = 0; i < n && claims[i].source == claims->source; i++)
		*amount += claims[i].amount;
	return i;
}

/* A claim's weight is what its source still holds once its older claims have given way:
 * otherwise a source that holds a little more than others would lose everything. */
void
claims_rank(struct claim *claims, size_t n)
{
	size_t size, amount;

	if (n == 0)
		return;
	qsort(claims, n, sizeof(*claims), compare_sources);
	for (size_t i = 0; i < n; i += size) {
		size = count_source(claims + i, n - i, &amount);
		for (size_t j = i; j < i + size; j++) {
			claims[j].weight = amount;
			amount -= claims[j].amount;
		}
	}
	qsort(claims, n, sizeof(*claims), compare_claims);
}
