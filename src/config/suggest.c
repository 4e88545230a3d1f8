/* SPDX-License-Identifier: MIT */
/* Suggests the known word that is closest to a misspelled one. */
#include "config/option.h"

#include <string.h>

#include "base/util.h"

#define WORD_MAX 48

/* The Damerau-Levenshtein distance (optimal string alignment); both words are shorter
 * than WORD_MAX. */
static unsigned
edit_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	for (size_t j = 0; j <= len_b; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		unsigned *now = row[i % 3], *above = row[(i - 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			unsigned changed = above[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = MIN(MIN(above[j], now[j - 1]) + 1, changed);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], row[(i - 2) % 3][j - 2] + 1);
		}
	}
	return row[len_a % 3][len_b];
}

const char *
suggest_word(const char *word, const char *(*next)(void *arg), void *arg)
{
	size_t len = strlen(word);
	unsigned least = (len + 2) / 3 + 1; /* up to a third may be wrong */
	const char *candidate, *nearest = NULL;

	while ((candidate = next(arg))) {
		size_t other = strlen(candidate);
		unsigned distance;

		if (len >= WORD_MAX || other >= WORD_MAX)
			continue;
		distance = edit_distance(word, candidate);
		if (distance < least && distance < MAX(len, other)) {
			least = distance;
			nearest = candidate;
		}
	}
	return nearest;
}
