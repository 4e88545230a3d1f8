/* SPDX-License-Identifier: MIT */
/*
 * Who may set cells: generators, each with a name, an author, the secret it came with,
 * and a token (its id) that it must show.
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_BOARD_GENERATORS_H
#define HTTP_BOARD_GENERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/store/store.h"

struct http;

/* More are not taken in: memory, and the file, have an end. */
#define GENERATORS_MAX 32768

/* Of a name, and of an author, in bytes. */
#define NAME_MAX_BYTES 200

struct generator {
	char id[STORE_ID_LEN + 1]; /* "": it was removed */
	uint32_t number;
	char *name, *author;
	char *label; /* NAME (AUTHOR), as a JSON string with its quotes */
	uint8_t secret[STORE_SECRET_LEN];
	uint64_t pixels, unnecessary;
	uint64_t ready_ns;         /* by uv_hrtime(); it may set a cell from then on */
	uint64_t mark;             /* the store's, of its registration */
	uint64_t stale_ns;         /* by uv_hrtime(), 0: of an earlier run; if it never
				    * set a cell it may give way from then on */
	uint32_t cells;            /* of the board that show it as their painter */
	struct generator *same[4]; /* generators.c's: the next with the same hash */
	struct generator *next, **link; /* the one registered before it */
};

int generators_start(struct http *http);
void generators_stop(struct http *http);

/* Reads the secrets and the admin token again; what is wrong with one is logged, and then
 * both stay. */
void generators_reload(struct http *http);

/* The live one with that id; NULL: nobody has it. */
struct generator *generators_find(struct http *http, const char *id, size_t len);

/* The live one with that name and author. */
struct generator *generators_find_name(
	struct http *http, const char *name, const char *author);

/* The one that registered last with that secret. */
struct generator *generators_find_secret(struct http *http, const char *secret);

/* Also one that was removed; NULL: unknown. */
struct generator *generators_find_number(struct http *http, uint32_t number);

/* How many seconds this source (mural_source()) has to wait before it may register
 * another one; 0: none, and that is counted. */
unsigned generators_register_wait(struct http *http, uint64_t source);

/* A new one, with a token; it is handed to the store.  When there are too many, the
 * oldest give way that have never set a cell for an hour.  0, -ENOSPC: there are none, or
 * another -errno. */
int generators_add(struct http *http, const char *name, const char *author,
	const char *secret, struct generator **generator);

/* Its token is dead from now on.  It goes when no cell shows it any more. */
void generators_remove(struct http *http, struct generator *generator);

/* A cell shows another painter; either may be NULL. */
void generators_repaint(
	struct http *http, struct generator *before, struct generator *after);

/* Newest first, the removed ones among them. */
struct generator *generators_first(const struct http *http);

/* Whether one may register with that secret. */
bool generators_accept_secret(const struct http *http, const char *secret);

/* Whether it is the admin token; never when there is none. */
bool generators_is_admin(const struct http *http, const char *token);

#endif
