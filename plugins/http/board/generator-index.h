/* SPDX-License-Identifier: MIT */
/* Finds a generator by each of its keys, however many there are.  The main loop's
 * thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GENERATOR_BUCKETS 8192

struct generator;

/* From BY_NUMBER on also those that were removed. */
enum generator_key { BY_ID, BY_IDENTITY, BY_SECRET, BY_NUMBER, BY_NAME, GENERATOR_KEYS };

struct generator_index {
	bool by_name;  /* the identity is name and author alone */
	uint64_t seed; /* so that nobody can choose what shares a bucket */
	struct generator *buckets[GENERATOR_KEYS][GENERATOR_BUCKETS];
};

/* The last one that was added and has the key of `wanted`, of which nothing else is
 * looked at; or NULL. */
struct generator *index_find(struct generator_index *index,
	const struct generator *wanted, enum generator_key key);

/* Its key must not change before it is removed. */
void index_add(struct generator_index *index, struct generator *generator,
	enum generator_key key);
void index_remove(struct generator *generator, enum generator_key key);
