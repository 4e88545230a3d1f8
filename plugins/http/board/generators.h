/* SPDX-License-Identifier: MIT */
/*
 * Generators: the programs and people that may set cells, each with a name, an author,
 * the secret it registered with, and a token (its id) that it must present.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/board/generator-index.h"
#include "http/board/holders.h"
#include "http/store/store.h"

struct generators;
struct mural_host;

/* At a time; bounds memory and the database. */
#define GENERATORS_MAX 32768

/* Of one source: enough for a school behind one address. */
#define GENERATORS_SHARE (GENERATORS_MAX / 8)

/* The longest name or author, in bytes. */
#define NAME_MAX_BYTES 200

struct generator {
	char id[STORE_ID_LEN + 1]; /* "": removed */
	uint32_t number;
	char *name, *author;
	char *label;   /* NAME (AUTHOR), as a JSON string with its quotes */
	char *painter; /* by which it paints; nobody else does (names.h) */
	uint8_t secret[STORE_SECRET_LEN];
	uint64_t pixels, unnecessary;
	uint64_t ready_ns;              /* by uv_hrtime(): end of its cooldown */
	uint64_t mark;                  /* store_mark() of its registration */
	uint64_t used_ns;               /* by uv_hrtime(), 0: in an earlier run */
	struct holder *holder;          /* who used it last; NULL: removed */
	uint32_t cells;                 /* of the board that it is the painter of */
	struct generator *next, **link; /* the one registered before it */

	/* in the index, by each key */
	struct generator *same[GENERATOR_KEYS], **same_link[GENERATOR_KEYS];
};

/* `by_name`: name and author are a generator's identity, else the secret belongs to it,
 * too. 0 or -errno; then *generators may be set all the same, for
 * generators_stop(), which accepts NULL. */
int generators_start(struct generators **generators, struct mural_host *host,
	struct store *store, bool by_name);
void generators_stop(struct generators *generators);

/* Those below that find one give NULL if there is none.  By id: */
struct generator *generators_find(
	struct generators *generators, const char *id, size_t len);

/* By what it registered with, if it was not removed. */
struct generator *generators_find_identity(struct generators *generators,
	const char *name, const char *author, const char *secret);

/* The last one with that secret that this source registered or used. */
struct generator *generators_find_secret(
	struct generators *generators, const char *secret, uint64_t source);

/* Also one that was removed. */
struct generator *generators_find_number(struct generators *generators, uint32_t number);

/* How many seconds a source (mural_source()) must wait before its next registration; 0:
 * none, and this one is counted. */
unsigned generators_register_wait(struct generators *generators, uint64_t source);

/* Adds one with a new token, held by the source, and stores it; when there are too many,
 * others give way.  0 or -errno. */
int generators_add(struct generators *generators, const char *name, const char *author,
	const char *secret, uint64_t source, struct generator **added);

/* Adds one that was registered on another wall, without telling the watcher.  `source`
 * stands for the source there, so that generators of one source give way together.  NULL:
 * there is no room. */
const struct generator *generators_adopt(struct generators *generators,
	const struct store_generator *from, uint64_t source);

/* Who holds it; not after it was removed. */
uint64_t generators_source(const struct generator *generator);

/* Calls changed(arg, ...) for each one that is added or removed; NULL: no more. */
void generators_watch(struct generators *generators,
	void (*changed)(void *arg, const struct generator *generator, bool is_removed),
	void *arg);

/* The source uses it now, and holds it from here on. */
void generators_use(
	struct generators *generators, struct generator *generator, uint64_t source);

/* NULL: the source holds none. */
const struct holder *generators_holder(
	const struct generators *generators, uint64_t source);

/* How many there are; and how many were removed and are in the list yet, because cells
 * have them as painters. */
size_t generators_count(const struct generators *generators);
size_t generators_removed(const struct generators *generators);

/* Evicts as many as it takes for the source to register another: idle ones of its own
 * beyond its share, and in a full board of the source that holds most.  evict.c */
void generators_make_room(struct generators *generators, uint64_t source);

/* Revokes its token.  It is freed once it is the painter of no cell. */
void generators_remove(struct generators *generators, struct generator *generator);

/* A cell changes its painter; either may be NULL. */
void generators_repaint(
	struct generators *generators, struct generator *before, struct generator *after);

/* The list, newest first, removed ones included. */
struct generator *generators_first(const struct generators *generators);
