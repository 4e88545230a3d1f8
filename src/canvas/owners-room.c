/* SPDX-License-Identifier: MIT */
/* Makes room for new owners: forgets half of those that may be forgotten, the least busy
 * first. */
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/owners-private.h"

/* Above this, sources count as equally busy. */
#define BUSY_MAX 255

bool
owners_is_full(const struct owners *owners)
{
	return owners->n_forgotten > 0 ||
	       __atomic_load_n(&owners->full, __ATOMIC_RELAXED) != 0;
}

static uint32_t
busyness(const struct source *source)
{
	return MIN(__atomic_load_n(&source->painted, __ATOMIC_RELAXED), BUSY_MAX);
}

static bool
may_leave(const struct source *source, uint8_t class)
{
	return (source->flags & (USED | PROVEN | FORGOTTEN)) == (USED | class) &&
	       source->users == 0;
}

/* Marks half of the sources of a class as forgotten, the least busy first.  Returns how
 * many. */
static uint32_t
forget_half(struct owners *owners, uint8_t class)
{
	uint32_t busy[BUSY_MAX + 1] = { 0 }, n = 0, sum = 0, limit = 0, left = 0;

	for (int id = OWNER_FIRST; id < OWNER_IDS; id++)
		if (may_leave(&owners->sources[id], class)) {
			busy[busyness(&owners->sources[id])]++;
			n++;
		}
	while (limit < BUSY_MAX && sum + busy[limit] < (n + 1) / 2)
		sum += busy[limit++];
	for (int id = OWNER_FIRST; id < OWNER_IDS && left < (n + 1) / 2; id++) {
		struct source *source = &owners->sources[id];

		if (!may_leave(source, class))
			continue;
		if (busyness(source) <= limit) {
			__atomic_fetch_or(&source->flags, FORGOTTEN, __ATOMIC_RELAXED);
			left++;
		} else {
			__atomic_store_n(&source->painted,
				__atomic_load_n(&source->painted, __ATOMIC_RELAXED) / 2,
				__ATOMIC_RELAXED);
		}
	}
	return left;
}

/* Fills the other index: no thread looks at it any more, since all have begun another
 * callback after the last exchange. */
static void
rebuild_index(struct owners *owners)
{
	uint16_t *index = owners->index == owners->indices[0] ? owners->indices[1]
							      : owners->indices[0];

	memset(index, 0, sizeof(owners->indices[0]));
	for (uint16_t id = OWNER_FIRST; id < OWNER_IDS; id++)
		if ((owners->sources[id].flags & (USED | FORGOTTEN)) == USED)
			owners_index(
				index, owners_hash(owners, &owners->sources[id]), id);
	__atomic_store_n(&owners->index, index, __ATOMIC_RELEASE);
}

bool
owners_forget(struct owners *owners)
{
	uint32_t left = 0, full;

	/* the index may be exchanged again only after all have seen that it was */
	if (owners->n_forgotten > 0)
		return true;
	pthread_mutex_lock(&owners->lock);
	full = __atomic_exchange_n(&owners->full, 0, __ATOMIC_RELAXED);
	if (owners->n_forgeable >= FORGEABLE_MAX ||
		(full & FULL_FOR_FORGEABLE && owners->n_unused == 0))
		left += forget_half(owners, 0);
	if (full & FULL_FOR_PROVEN)
		left += forget_half(owners, PROVEN);
	if (left > 0)
		rebuild_index(owners);
	for (size_t i = 0; i < sizeof(owners->seen_once); i++)
		__atomic_store_n(&owners->seen_once[i], 0, __ATOMIC_RELAXED);
	owners->n_forgotten = left;
	pthread_mutex_unlock(&owners->lock);
	return left > 0;
}

uint16_t
owners_heir(const struct owners *owners, uint16_t id)
{
	if (id < OWNER_FIRST || id >= OWNER_IDS ||
		!(source_flags(&owners->sources[id]) & FORGOTTEN))
		return id;
	return owners->sources[id].crowd;
}

void
owners_inherit(const struct owners *owners, uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint16_t id = word_id(words[i]), heir = owners_heir(owners, id);

		if (heir != id)
			words[i] ^= owner_word(id ^ heir, 0);
	}
}

void
owners_reuse(struct owners *owners)
{
	pthread_mutex_lock(&owners->lock);
	for (uint16_t id = OWNER_FIRST; id < OWNER_IDS; id++) {
		struct source *source = &owners->sources[id];

		if (!(source->flags & FORGOTTEN))
			continue;
		if (source->flags & NAMED)
			*owners->names[source->detail] = '\0';
		if (!(source->flags & PROVEN))
			__atomic_store_n(&owners->n_forgeable, owners->n_forgeable - 1,
				__ATOMIC_RELAXED);
		__atomic_store_n(&source->flags, 0, __ATOMIC_RELAXED);
		owners->unused[owners->n_unused++] = id;
	}
	/* who came while room was made finds it now */
	__atomic_store_n(&owners->full, 0, __ATOMIC_RELAXED);
	owners->n_forgotten = 0;
	pthread_mutex_unlock(&owners->lock);
}
