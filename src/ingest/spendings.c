/* SPDX-License-Identifier: MIT */
/* Writes and reads what sources have spent of their budgets. */
#include "ingest/spendings.h"

#include "base/util.h"

#define VERSION_BYTE 1

/* The first byte of a source. */
enum { SPENDING_V4 = 1 << 0, SPENDING_CLAIMED = 1 << 1, SPENDING_FLAGS = 3 };

static void
put64(uint8_t *bytes, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t
get64(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void
put_spending(
	uint8_t bytes[SPENDING_BYTES], const struct spent_entry *entry, unsigned prefix)
{
	bytes[0] = (entry->source.v4 ? SPENDING_V4 : 0) |
		   (entry->sender == RATELIMIT_CLAIMED ? SPENDING_CLAIMED : 0);
	bytes[1] = entry->source.v4 ? 0 : (uint8_t)prefix;
	put64(bytes + 2, entry->source.high);
	put64(bytes + 10, entry->source.low);
	for (int i = 0; i < SPENT_KINDS; i++)
		put64(bytes + 18 + 8 * i, (uint64_t)MAX(entry->amounts[i], 0));
}

static bool
get_spending(const uint8_t bytes[SPENDING_BYTES], struct spent_entry *entry)
{
	*entry = (struct spent_entry){
		.source = { get64(bytes + 2), get64(bytes + 10), 0,
			bytes[0] & SPENDING_V4 },
		.sender = bytes[0] & SPENDING_CLAIMED ? RATELIMIT_CLAIMED
						      : RATELIMIT_CONNECTED,
	};
	for (int i = 0; i < SPENT_KINDS; i++)
		entry->amounts[i] = (int64_t)get64(bytes + 18 + 8 * i);
	return (bytes[0] & ~SPENDING_FLAGS) == 0 &&
	       (entry->source.v4 ? bytes[1] == 0 : bytes[1] >= 1 && bytes[1] <= 128) &&
	       entry->amounts[0] >= 0 && entry->amounts[1] >= 0;
}

/* A link-local address means another machine on the link of another wall. */
static bool
is_told(const struct spent_entry *entry)
{
	return entry->source.scope == 0 &&
	       (entry->amounts[0] > 0 || entry->amounts[1] > 0);
}

size_t
spendings_take(
	struct ratelimit *ratelimit, size_t *stripe, uint8_t bytes[SPENDINGS_BYTES])
{
	struct spent_entry entries[SPENT_MAX];
	size_t len = 1, n;

	for (size_t i = 0; i < RATELIMIT_STRIPES &&
			   len + SPENT_MAX * SPENDING_BYTES <= SPENDINGS_BYTES;
		i++) {
		n = ratelimit_take_spent(ratelimit, *stripe, entries);
		*stripe = (*stripe + 1) % RATELIMIT_STRIPES;
		for (size_t j = 0; j < n; j++) {
			if (!is_told(&entries[j]))
				continue;
			put_spending(bytes + len, &entries[j], ratelimit->prefix);
			len += SPENDING_BYTES;
		}
	}
	bytes[0] = VERSION_BYTE;
	return len > 1 ? len : 0;
}

/* Several sources of a wall with a longer prefix may be one source here; to which source
 * here one of a wall with a shorter prefix belongs cannot be known. */
static void
debit(struct ratelimit *ratelimit, const uint8_t bytes[SPENDING_BYTES],
	unsigned *other_prefix)
{
	const unsigned own = ratelimit->prefix;
	struct spent_entry entry;

	(void)get_spending(bytes, &entry);
	if (!entry.source.v4) {
		if (bytes[1] != own)
			*other_prefix = bytes[1];
		if (bytes[1] < own)
			return;
		ip_key_cut(&entry.source, own);
	}
	ratelimit_debit_spent(ratelimit, &entry);
}

bool
spendings_debit(struct ratelimit *ratelimit, const uint8_t *bytes, size_t len,
	unsigned *other_prefix)
{
	struct spent_entry entry;

	*other_prefix = 0;
	if (len < 1 || len > SPENDINGS_BYTES || bytes[0] != VERSION_BYTE ||
		(len - 1) % SPENDING_BYTES != 0)
		return false;
	for (size_t i = 1; i < len; i += SPENDING_BYTES)
		if (!get_spending(bytes + i, &entry))
			return false;
	for (size_t i = 1; i < len; i += SPENDING_BYTES)
		debit(ratelimit, bytes + i, other_prefix);
	return true;
}
