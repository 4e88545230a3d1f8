/* SPDX-License-Identifier: MIT */
/* Finds a generator by each of its keys, in a hash table for each. */
#include "http/board/generator-index.h"

#include <string.h>

#include "http/board/generators.h"
#include "lib/fnv.h"

static uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	hash = fnv1a(hash, bytes, len);
	return (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct generator **
bucket_of(struct generator_index *index, const struct generator *generator,
	enum generator_key key)
{
	uint64_t hash = index->seed;

	switch (key) {
	case BY_ID:
		hash = hash_bytes(hash, generator->id, STORE_ID_LEN);
		break;
	case BY_IDENTITY:
		hash = hash_bytes(hash, generator->name, strlen(generator->name) + 1);
		hash = hash_bytes(hash, generator->author, strlen(generator->author));
		if (!index->by_name)
			hash = hash_bytes(hash, generator->secret, STORE_SECRET_LEN);
		break;
	case BY_SECRET:
		hash = hash_bytes(hash, generator->secret, STORE_SECRET_LEN);
		hash = hash_bytes(hash, &generator->holder->source, sizeof(uint64_t));
		break;
	case BY_NAME:
		hash = hash_bytes(hash, generator->name, strlen(generator->name));
		break;
	default:
		hash = hash_bytes(hash, &generator->number, sizeof(generator->number));
	}
	return &index->buckets[key][hash >> 32 & (GENERATOR_BUCKETS - 1)];
}

static bool
is_equal(const struct generator_index *index, const struct generator *a,
	const struct generator *b, enum generator_key key)
{
	bool same_secret = memcmp(a->secret, b->secret, STORE_SECRET_LEN) == 0;

	switch (key) {
	case BY_ID:
		return memcmp(a->id, b->id, STORE_ID_LEN) == 0;
	case BY_IDENTITY:
		return (index->by_name || same_secret) && strcmp(a->name, b->name) == 0 &&
		       strcmp(a->author, b->author) == 0;
	case BY_SECRET:
		return same_secret && a->holder->source == b->holder->source;
	case BY_NAME:
		return strcmp(a->name, b->name) == 0;
	default:
		return a->number == b->number;
	}
}

struct generator *
index_find(struct generator_index *index, const struct generator *wanted,
	enum generator_key key)
{
	struct generator *generator = *bucket_of(index, wanted, key);

	while (generator && !is_equal(index, generator, wanted, key))
		generator = generator->same[key];
	return generator;
}

void
index_add(struct generator_index *index, struct generator *generator,
	enum generator_key key)
{
	struct generator **head = bucket_of(index, generator, key);

	generator->same[key] = *head;
	generator->same_link[key] = head;
	if (*head)
		(*head)->same_link[key] = &generator->same[key];
	*head = generator;
}

/* Many may share a bucket, as all with one secret do. */
void
index_remove(struct generator *generator, enum generator_key key)
{
	*generator->same_link[key] = generator->same[key];
	if (generator->same[key])
		generator->same[key]->same_link[key] = generator->same_link[key];
}
