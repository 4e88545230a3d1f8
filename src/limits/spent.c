/* SPDX-License-Identifier: MIT */
/* Counts what sources spend, until it is told to other walls. */
#include "limits/spent.h"

#include <string.h>

static int64_t
weight(const struct spent_entry *entry)
{
	return entry->amounts[0] + entry->amounts[1];
}

static bool
is_empty(const struct spent_entry *entry)
{
	return entry->amounts[0] == 0 && entry->amounts[1] == 0;
}

/* An entry of the source; what was in its place is lost. */
static struct spent_entry *
find(struct spent_entry *set, const struct ip_key *source, uint8_t sender)
{
	struct spent_entry *least = set;

	for (struct spent_entry *entry = set; entry < set + SPENT_WAYS; entry++) {
		if (!is_empty(entry) && entry->sender == sender &&
			ip_key_equal(&entry->source, source))
			return entry;
		if (weight(entry) < weight(least))
			least = entry;
	}
	*least = (struct spent_entry){ .source = *source, .sender = sender };
	return least;
}

void
spent_add(struct spent *spent, uint64_t hash, const struct ip_key *source, uint8_t sender,
	const int64_t amounts[SPENT_KINDS])
{
	struct spent_entry *entry =
		find(spent->sets[hash >> 32 & (SPENT_SETS - 1)], source, sender);

	for (int i = 0; i < SPENT_KINDS; i++)
		entry->amounts[i] += amounts[i];
	spent->has_some = true;
}

size_t
spent_take(struct spent *spent, struct spent_entry *entries)
{
	size_t n = 0;

	if (!spent->has_some)
		return 0;
	for (size_t i = 0; i < SPENT_SETS; i++)
		for (size_t j = 0; j < SPENT_WAYS; j++)
			if (!is_empty(&spent->sets[i][j]))
				entries[n++] = spent->sets[i][j];
	memset(spent, 0, sizeof(*spent));
	return n;
}
