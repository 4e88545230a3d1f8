/* SPDX-License-Identifier: MIT */
/*
 * The cells that generators set on the boards of other walls, with server.limits =
 * shared: each board has all of them in its log and counts, who painted them, and what
 * their sources may still set.  Their colours come with the picture.
 *
 * Told ten times a second while there are some; what is set while a wall is alone stays
 * its own.  The main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "http/store/store.h"

struct board;
struct generator;

/* Cells in a parcel; if more are set within a tenth of a second, it is sent at once. */
#define FELLOW_CELLS 1024
#define FELLOW_CELL_BYTES 35

/* Cells whose colour or generator has not come yet, of which the newest wait half a
 * minute. */
#define FELLOW_CELLS_WAITING 1024

struct fellow_cell {
	uint32_t generator; /* 0: not known, and the cell is not counted yet */
	uint16_t row, column;
	uint16_t tries;
	uint8_t colour, unnecessary;
	bool is_over; /* set again since: whose it is does not matter any more */
	uint8_t id[STORE_ID_LEN / 2];
};

struct fellow_cells {
	struct mural_host *host; /* NULL: there are none */
	struct board *board;
	struct mural_timer *timer;
	bool is_due; /* the timer will ring */
	size_t n;    /* to be told */
	uint8_t telling[1 + FELLOW_CELLS * FELLOW_CELL_BYTES];
	size_t n_waiting;
	struct fellow_cell waiting[FELLOW_CELLS_WAITING];
};

/* `heard` passes on to fellow_cells_heard(). */
void fellow_cells_start(struct fellow_cells *cells, struct board *board,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel));

/* Accepts a zeroed struct. */
void fellow_cells_stop(struct fellow_cells *cells);

/* A generator has set one here, for the client at `peer`; NULL: not known. */
void fellow_cells_tell(struct fellow_cells *cells, const struct store_pixel *pixel,
	const struct generator *generator, const struct sockaddr *peer);

/* An operator has painted over parts of the canvas. */
void fellow_cells_painted_over(
	struct fellow_cells *cells, const struct mural_rect *rects, size_t n);

/* Calls board->on_heard for each that was not set again.  False: it makes no sense. */
bool fellow_cells_heard(struct fellow_cells *cells, const struct mural_parcel *parcel);
