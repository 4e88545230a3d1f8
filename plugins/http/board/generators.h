/* SPDX-License-Identifier: MIT */
/*
 * Generators: the programs and people that may set cells, each with a name, an author,
 * the secret it registered with, and a token (its id) that it must present.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "http/store/store.h"

struct generators;
struct mural_host;

/* At a time; bounds memory and the database. */
#define GENERATORS_MAX 32768

/* The longest name or author, in bytes. */
#define NAME_MAX_BYTES 200

struct generator {
	char id[STORE_ID_LEN + 1]; /* "": removed */
	uint32_t number;
	char *name, *author;
	char *label; /* NAME (AUTHOR), as a JSON string with its quotes */
	uint8_t secret[STORE_SECRET_LEN];
	uint64_t pixels, unnecessary;
	uint64_t ready_ns;         /* by uv_hrtime(): end of its cooldown */
	uint64_t mark;             /* store_mark() of its registration */
	uint64_t stale_ns;         /* by uv_hrtime(), 0: of an earlier run: if it never
				    * set a cell, it may be evicted from then on */
	uint32_t cells;            /* of the board that it is the painter of */
	struct generator *same[4]; /* the next in each hash bucket */
	struct generator *next, **link; /* the one registered before it */
};

/* 0 or -errno, logged; then *generators may be set all the same, for generators_stop(),
 * which accepts NULL. */
int generators_start(
	struct generators **generators, struct mural_host *host, struct store *store);
void generators_stop(struct generators *generators);

/* Those below that find one give NULL if there is none.  By id: */
struct generator *generators_find(
	struct generators *generators, const char *id, size_t len);

/* By name and author, if it was not removed. */
struct generator *generators_find_name(
	struct generators *generators, const char *name, const char *author);

/* The one that registered last with that secret. */
struct generator *generators_find_secret(
	struct generators *generators, const char *secret);

/* Also one that was removed. */
struct generator *generators_find_number(struct generators *generators, uint32_t number);

/* How many seconds a source (mural_source()) must wait before its next registration; 0:
 * none, and this one is counted. */
unsigned generators_register_wait(struct generators *generators, uint64_t source);

/* Adds one with a new token, and stores it.  When there are too many, the oldest that set
 * no cell within an hour are evicted.  0, -ENOSPC: none could be, or another -errno. */
int generators_add(struct generators *generators, const char *name, const char *author,
	const char *secret, struct generator **added);

/* Revokes its token.  It is freed once it is the painter of no cell. */
void generators_remove(struct generators *generators, struct generator *generator);

/* A cell changes its painter; either may be NULL. */
void generators_repaint(
	struct generators *generators, struct generator *before, struct generator *after);

/* The list, newest first, removed ones included. */
struct generator *generators_first(const struct generators *generators);
