/* SPDX-License-Identifier: MIT */
/* Keeps the ids of sources, in memory of fixed size. */
#include "canvas/owners.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "lib/fnv.h"
#include "lib/hash-salt.h"
#include "lib/utf8.h"

/* The most ids for forgeable sources. */
#define FORGEABLE_MAX 12288

#define INDEX_SLOTS 65536
#define DOOR_BITS (1 << 15)
#define NAME_MAX_BYTES 40
#define NAMES 2000

enum { USED = 1, PROVEN = 2, NAMED = 4, IPV4 = 8, FORGOTTEN = 16 };

struct source {
	uint64_t high, low; /* an address; or the crowd of its instance and a hash */
	uint32_t detail;    /* of an address its link, of a name its place in `names` */
	uint16_t heard;     /* when; relaxed */
	uint8_t crowd;
	uint8_t flags;
	uint32_t users;   /* that hold it; lock */
	uint32_t painted; /* how often it came, halved when others make room; relaxed */
};
_Static_assert(sizeof(struct source) == 32, "20480 of them are 640 KiB");

struct owners {
	pthread_mutex_t lock;
	uint64_t salt;
	uint16_t *index; /* one of the two below; acquire, release */
	uint32_t n_forgeable, n_unused;
	uint32_t full; /* owners_is_full(); any thread, relaxed */
	uint16_t indices[2][INDEX_SLOTS];
	uint8_t door[DOOR_BITS / 8]; /* forgeable ones heard of once */
	uint16_t unused[OWNER_IDS];
	struct source sources[OWNER_IDS];
	char names[NAMES][NAME_MAX_BYTES];
	char instances[OWNER_CROWDS][32];
};
_Static_assert(sizeof(struct owners) <= 1024 * 1024, "what the manual promises");

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

/* ------------------------------------------------------------------ looking up */

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

/* What is compared of a source. */
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

static uint64_t
source_hash(const struct owners *owners, const struct source *source)
{
	uint64_t hash = mix((source->high ^ owners->salt) + source->flags);

	return mix(hash ^ source->low);
}

static uint8_t
source_flags(const struct source *source)
{
	return __atomic_load_n(&source->flags, __ATOMIC_RELAXED);
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
find(const struct owners *owners, const struct source *source, uint64_t hash)
{
	const uint16_t *index = __atomic_load_n(&owners->index, __ATOMIC_ACQUIRE);

	for (uint32_t slot = hash % INDEX_SLOTS;; slot = (slot + 1) % INDEX_SLOTS) {
		uint16_t id = __atomic_load_n(&index[slot], __ATOMIC_ACQUIRE);

		if (id == 0 || is_same(&owners->sources[id], source))
			return id;
	}
}

static void
index_add(uint16_t *index, uint64_t hash, uint16_t id)
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

/* Others look at the flags of an id that is not given. */
static void
source_write(struct source *to, const struct source *from)
{
	to->high = from->high;
	to->low = from->low;
	to->detail = from->detail;
	to->heard = from->heard;
	to->crowd = from->crowd;
	to->users = to->painted = 0;
	__atomic_store_n(&to->flags, from->flags, __ATOMIC_RELAXED);
}

/* Lock held. */
static uint16_t
give_id(struct owners *owners, struct source *source, uint64_t hash, const char *name)
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
	index_add(owners->index, hash, id);
	return id;
}

/* Whether a forgeable source was heard of before. */
static bool
door_passes(struct owners *owners, uint64_t hash)
{
	uint32_t at = hash >> 40 & (DOOR_BITS - 1);
	uint8_t bit = (uint8_t)(1 << (at & 7));

	return __atomic_fetch_or(&owners->door[at / 8], bit, __ATOMIC_RELAXED) & bit;
}

static void
source_came(struct source *source, uint16_t when)
{
	uint32_t painted = __atomic_load_n(&source->painted, __ATOMIC_RELAXED);

	/* of two threads one may be lost */
	__atomic_store_n(&source->painted, painted + 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&source->heard, __ATOMIC_RELAXED) != when)
		__atomic_store_n(&source->heard, when, __ATOMIC_RELAXED);
}

uint16_t
owners_find(
	struct owners *owners, const struct owner_key *key, uint16_t crowd, uint16_t when)
{
	struct source source = source_of(owners, key, crowd);
	uint64_t hash = source_hash(owners, &source);
	uint16_t id = find(owners, &source, hash);

	if (id) {
		source_came(&owners->sources[id], when);
		return id;
	}
	if (!key->proven) {
		if (!door_passes(owners, hash))
			return crowd;
		if (__atomic_load_n(&owners->n_forgeable, __ATOMIC_RELAXED) >=
			FORGEABLE_MAX) {
			__atomic_store_n(&owners->full, 1, __ATOMIC_RELAXED);
			return crowd;
		}
	}
	source.heard = when;
	pthread_mutex_lock(&owners->lock);
	id = find(owners, &source, hash);
	if (!id)
		id = give_id(owners, &source, hash, key->name);
	pthread_mutex_unlock(&owners->lock);
	if (!id)
		__atomic_store_n(&owners->full, 1, __ATOMIC_RELAXED);
	return id ? id : crowd;
}

/* It may have been forgotten since it was found: then it is not found again. */
uint16_t
owners_take(
	struct owners *owners, const struct owner_key *key, uint16_t crowd, uint16_t when)
{
	struct source source = source_of(owners, key, crowd);
	uint16_t id = owners_find(owners, key, crowd, when);

	if (id < OWNER_FIRST || id >= OWNER_IDS)
		return id;
	pthread_mutex_lock(&owners->lock);
	id = find(owners, &source, source_hash(owners, &source));
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

/* ------------------------------------------------------------------ making room */

/* Busier ones are all the same. */
#define BUSY_MAX 255

bool
owners_is_full(const struct owners *owners)
{
	return __atomic_load_n(&owners->full, __ATOMIC_RELAXED) != 0;
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

/* Marks half of a class, the least busy first; how many. */
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

/* In the index that nobody has looked at since the last time. */
static void
rebuild_index(struct owners *owners)
{
	uint16_t *index = owners->index == owners->indices[0] ? owners->indices[1]
							      : owners->indices[0];

	memset(index, 0, sizeof(owners->indices[0]));
	for (uint16_t id = OWNER_FIRST; id < OWNER_IDS; id++)
		if ((owners->sources[id].flags & (USED | FORGOTTEN)) == USED)
			index_add(index, source_hash(owners, &owners->sources[id]), id);
	__atomic_store_n(&owners->index, index, __ATOMIC_RELEASE);
}

bool
owners_forget(struct owners *owners)
{
	uint32_t left = 0;

	pthread_mutex_lock(&owners->lock);
	if (owners->n_forgeable >= FORGEABLE_MAX)
		left += forget_half(owners, 0);
	if (owners->n_unused == 0 || left == 0)
		left += forget_half(owners, PROVEN);
	if (left > 0)
		rebuild_index(owners);
	for (size_t i = 0; i < sizeof(owners->door); i++)
		__atomic_store_n(&owners->door[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&owners->full, 0, __ATOMIC_RELAXED);
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
	pthread_mutex_unlock(&owners->lock);
}

/* ------------------------------------------------------------------ telling */

/* Without the low half it is a prefix, which has 64 bits unless the config says so. */
static void
write_address(const struct source *source, char *text, size_t len)
{
	const struct ip_key key = { .high = source->high,
		.low = source->low,
		.scope = source->detail,
		.v4 = source->flags & IPV4 };

	ip_key_text(&key, source->low ? 128 : 64, text, len);
}

static const char *
crowd_name(const struct owners *owners, uint16_t crowd)
{
	return owners->instances[crowd - OWNER_CROWD];
}

void
owners_describe(struct owners *owners, uint16_t id, struct owner *owner)
{
	const struct source *source = &owners->sources[id % OWNER_IDS];

	*owner = (struct owner){ 0 };
	if (id == OWNER_OPERATOR)
		snprintf(owner->source, sizeof(owner->source), "operator");
	if (id < OWNER_CROWD || id >= OWNER_IDS)
		return;
	if (id < OWNER_FIRST) {
		snprintf(owner->instance, sizeof(owner->instance), "%s",
			crowd_name(owners, id));
		snprintf(owner->source, sizeof(owner->source), "%s:crowd",
			owner->instance);
		owner->forgeable = true;
		return;
	}
	pthread_mutex_lock(&owners->lock);
	if (source->flags & USED) {
		snprintf(owner->instance, sizeof(owner->instance), "%s",
			crowd_name(owners, source->crowd));
		owner->forgeable = !(source->flags & PROVEN);
		if (source->flags & NAMED)
			snprintf(owner->source, sizeof(owner->source), "%s:%s",
				owner->instance, owners->names[source->detail]);
		else
			write_address(source, owner->source, sizeof(owner->source));
	}
	pthread_mutex_unlock(&owners->lock);
}

static bool
is_in_network(const struct source *source, const struct cidr *network)
{
	const struct ip_key key = {
		.high = source->high, .low = source->low, .v4 = source->flags & IPV4
	};
	const struct cidr_list list = { .all = (struct cidr *)network, .n = 1 };

	return !(source->flags & NAMED) && cidr_list_contains(&list, &key);
}

int
owners_match(struct owners *owners, const char *text, uint64_t ids[65536 / 64])
{
	struct cidr network;
	bool is_network = cidr_parse(text, &network);
	int n = 0;

	if (!is_network && !strchr(text, ':') && strcmp(text, "operator") != 0)
		return -EINVAL;
	for (uint16_t id = OWNER_OPERATOR; id < OWNER_IDS; id++) {
		const struct source *source = &owners->sources[id];
		struct owner owner;

		if (id >= OWNER_FIRST && !(source->flags & USED))
			continue;
		if (is_network && id >= OWNER_FIRST && is_in_network(source, &network)) {
			ids[id / 64] |= UINT64_C(1) << id % 64;
			n++;
			continue;
		}
		if (is_network)
			continue;
		owners_describe(owners, id, &owner);
		if (strcmp(owner.source, text) != 0)
			continue;
		ids[id / 64] |= UINT64_C(1) << id % 64;
		n++;
	}
	return n;
}
