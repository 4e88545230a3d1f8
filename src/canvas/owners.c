/* SPDX-License-Identifier: MIT */
/* Gives ids to sources and finds them again, in memory of fixed size. */
#include "canvas/owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canvas/owners-private.h"
#include "lib/fnv.h"
#include "lib/hash-salt.h"
#include "lib/utf8.h"

struct owners *
owners_new(void)
{
	struct owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->salt = hash_salt(owners);
	pthread_mutex_init(&owners->lock, NULL);
	owners->index = owners->indices[0];
	for (uint16_t id = OWNER_IDS - 1; id >= OWNER_FIRST; id--)
		owners->unused[owners->n_unused++] = id;
	return owners;
}

void
owners_free(struct owners *owners)
{
	if (!owners)
		return;
	pthread_mutex_destroy(&owners->lock);
	free(owners);
}

uint16_t
owners_crowd(struct owners *owners, const char *instance)
{
	int i = 0;

	while (i < OWNER_CROWDS - 1 && *owners->instances[i] &&
		strncmp(owners->instances[i], instance,
			sizeof(owners->instances[i]) - 1) != 0)
		i++;
	if (i == OWNER_CROWDS - 1)
		instance = "others";
	snprintf(owners->instances[i], sizeof(owners->instances[i]), "%s", instance);
	return (uint16_t)(OWNER_CROWD + i);
}

static uint64_t
mix(uint64_t hash)
{
	hash *= 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static uint64_t
hash_name(const char *name, uint64_t salt)
{
	return mix(fnv1a(FNV_START ^ salt, name, strlen(name)));
}

/* What tells the source apart from others. */
static struct source
source_of(const struct owners *owners, const struct owner_key *key, uint16_t crowd)
{
	struct source source = { .crowd = (uint8_t)crowd };

	if (key->address) {
		source.high = key->address->high;
		source.low = key->address->low;
		source.detail = key->address->scope;
		source.flags = key->address->v4 ? IPV4 : 0;
	} else {
		source.high = crowd;
		source.low = hash_name(key->name, owners->salt);
		source.flags = NAMED;
	}
	source.flags |= USED | (key->proven ? PROVEN : 0);
	return source;
}

uint64_t
owners_hash(const struct owners *owners, const struct source *source)
{
	uint64_t hash = mix((source->high ^ owners->salt) + source->flags);

	return mix(hash ^ source->low);
}

static bool
is_same(const struct source *a, const struct source *b)
{
	return a->low == b->low && a->high == b->high &&
	       source_flags(a) == source_flags(b) &&
	       (a->detail == b->detail || a->flags & NAMED);
}

/* 0: it has none. */
static uint16_t
find_id(const struct owners *owners, const struct source *source, uint64_t hash)
{
	const uint16_t *index = __atomic_load_n(&owners->index, __ATOMIC_ACQUIRE);

	for (uint32_t slot = hash % INDEX_SLOTS;; slot = (slot + 1) % INDEX_SLOTS) {
		uint16_t id = __atomic_load_n(&index[slot], __ATOMIC_ACQUIRE);

		if (id == 0 || is_same(&owners->sources[id], source))
			return id;
	}
}

void
owners_index(uint16_t *index, uint64_t hash, uint16_t id)
{
	uint32_t slot = hash % INDEX_SLOTS;

	while (index[slot])
		slot = (slot + 1) % INDEX_SLOTS;
	__atomic_store_n(&index[slot], id, __ATOMIC_RELEASE);
}

/* Room for a name; 0: there is none.  Lock held. */
static uint32_t
names_add(struct owners *owners, const char *name)
{
	uint32_t i = 1;

	while (i < NAMES && *owners->names[i])
		i++;
	if (i == NAMES)
		return 0;
	utf8_copy(owners->names[i], NAME_MAX_BYTES, *name ? name : "-");
	return i;
}

/* Other threads may look at the flags of an id that is not assigned yet. */
static void
source_write(struct source *to, const struct source *from)
{
	to->high = from->high;
	to->low = from->low;
	to->detail = from->detail;
	to->crowd = from->crowd;
	to->users = to->painted = 0;
	__atomic_store_n(&to->flags, from->flags, __ATOMIC_RELAXED);
}

/* Lock held. */
static uint16_t
assign_id(struct owners *owners, struct source *source, uint64_t hash, const char *name)
{
	bool proven = source->flags & PROVEN;
	uint16_t id;

	if (owners->n_unused == 0 || (!proven && owners->n_forgeable >= FORGEABLE_MAX))
		return 0;
	if (source->flags & NAMED && !(source->detail = names_add(owners, name)))
		return 0;
	id = owners->unused[--owners->n_unused];
	__atomic_store_n(
		&owners->n_forgeable, owners->n_forgeable + !proven, __ATOMIC_RELAXED);
	source_write(&owners->sources[id], source);
	owners_index(owners->index, hash, id);
	return id;
}

/* Whether a forgeable source was seen before; notes that it was. */
static bool
was_seen_before(struct owners *owners, uint64_t hash)
{
	uint32_t at = hash >> 40 & (SEEN_ONCE_BITS - 1);
	uint8_t bit = (uint8_t)(1 << (at & 7));

	return __atomic_fetch_or(&owners->seen_once[at / 8], bit, __ATOMIC_RELAXED) & bit;
}

static void
source_painted(struct source *source)
{
	uint32_t painted = __atomic_load_n(&source->painted, __ATOMIC_RELAXED);

	/* not atomic: a lost increment does no harm */
	__atomic_store_n(&source->painted, painted + 1, __ATOMIC_RELAXED);
}

/* Loads first: those of a flood would all write to one cache line. */
static void
note_full(struct owners *owners, uint32_t class)
{
	if (!(__atomic_load_n(&owners->full, __ATOMIC_RELAXED) & class))
		__atomic_fetch_or(&owners->full, class, __ATOMIC_RELAXED);
}

uint16_t
owners_find(struct owners *owners, const struct owner_key *key, uint16_t crowd)
{
	struct source source = source_of(owners, key, crowd);
	uint64_t hash = owners_hash(owners, &source);
	uint16_t id = find_id(owners, &source, hash);

	if (id) {
		source_painted(&owners->sources[id]);
		return id;
	}
	if (!key->proven) {
		if (!was_seen_before(owners, hash))
			return crowd;
		if (__atomic_load_n(&owners->n_forgeable, __ATOMIC_RELAXED) >=
			FORGEABLE_MAX) {
			note_full(owners, FULL_FOR_FORGEABLE);
			return crowd;
		}
	}
	pthread_mutex_lock(&owners->lock);
	id = find_id(owners, &source, hash);
	if (!id)
		id = assign_id(owners, &source, hash, key->name);
	if (!id)
		note_full(owners, key->proven ? FULL_FOR_PROVEN : FULL_FOR_FORGEABLE);
	pthread_mutex_unlock(&owners->lock);
	return id ? id : crowd;
}

/* It may have been forgotten since it was found: then it is not found again. */
uint16_t
owners_take(struct owners *owners, const struct owner_key *key, uint16_t crowd)
{
	struct source source = source_of(owners, key, crowd);
	uint16_t id = owners_find(owners, key, crowd);

	if (id < OWNER_FIRST || id >= OWNER_IDS)
		return id;
	pthread_mutex_lock(&owners->lock);
	id = find_id(owners, &source, owners_hash(owners, &source));
	if (id)
		owners->sources[id].users++;
	pthread_mutex_unlock(&owners->lock);
	return id ? id : crowd;
}

void
owners_release(struct owners *owners, uint16_t id)
{
	if (id < OWNER_FIRST || id >= OWNER_IDS)
		return;
	pthread_mutex_lock(&owners->lock);
	owners->sources[id].users--;
	pthread_mutex_unlock(&owners->lock);
}
