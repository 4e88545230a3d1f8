/* SPDX-License-Identifier: MIT */
/* Publishes to other walls which cells generators set on this board, and applies theirs.
 */
#include "http/board/fellow-cells.h"

#include <netinet/in.h>
#include <string.h>

#include "http/board/board.h"
#include "http/board/fellows.h"
#include "http/board/generators.h"
#include "lib/hex.h"
#include "lib/peer-address.h"

#define TOPIC "cells"
#define VERSION_BYTE 1
#define TICK_MS 100
#define TRIES 300

/* The kinds of the address of a source: none, or so many of its bytes. */
enum { SOURCE_NONE = 0, SOURCE_V4 = 4, SOURCE_V6 = 6 };

/* How many the engine keeps: only walls that are linked read them. */
#define KEPT 64

/* -------------------------------------------------------------------- telling */

/* Byte by byte: row, column, colour, unnecessary, id, the source's kind and address. */
static uint8_t *
put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return bytes + 2;
}

static void
put_source(uint8_t bytes[17], const struct sockaddr *peer)
{
	const union peer_address *address =
		(const union peer_address *)(const void *)peer;

	memset(bytes, 0, 17);
	if (peer && peer->sa_family == AF_INET) {
		bytes[0] = SOURCE_V4;
		memcpy(bytes + 1, &address->in4.sin_addr, 4);
	} else if (peer && peer->sa_family == AF_INET6) {
		bytes[0] = SOURCE_V6;
		memcpy(bytes + 1, &address->in6.sin6_addr, 16);
	}
}

static void
tell(struct fellow_cells *cells)
{
	const size_t len = 1 + cells->n * FELLOW_CELL_BYTES;

	if (cells->n > 0)
		(void)mural_tell(cells->host, TOPIC, cells->telling, len, KEPT);
	cells->n = 0;
}

static void
ring_soon(struct fellow_cells *cells)
{
	if (!cells->is_due)
		mural_timer_again(cells->timer, TICK_MS, 0);
	cells->is_due = true;
}

/* The cell was set again, so its previous painter does not matter any more. */
static void
forget_waiting(struct fellow_cells *cells, const struct store_pixel *pixel)
{
	size_t left = 0;

	for (size_t i = 0; i < cells->n_waiting; i++) {
		struct fellow_cell cell = cells->waiting[i];

		cell.is_over |= cell.row == pixel->row && cell.column == pixel->column;
		if (!cell.is_over || cell.generator == 0)
			cells->waiting[left++] = cell;
	}
	cells->n_waiting = left;
}

void
fellow_cells_tell(struct fellow_cells *cells, const struct store_pixel *pixel,
	const struct generator *generator, const struct sockaddr *peer)
{
	uint8_t *p = &cells->telling[1 + cells->n * FELLOW_CELL_BYTES];

	if (!cells->host)
		return;
	forget_waiting(cells, pixel);
	p = put16(put16(p, pixel->row), pixel->column);
	*p++ = pixel->colour;
	*p++ = pixel->unnecessary;
	for (size_t i = 0; i < STORE_ID_LEN; i += 2)
		*p++ = (uint8_t)hex_byte(generator->id + i);
	put_source(p, peer);
	if (++cells->n == FELLOW_CELLS)
		tell(cells);
	ring_soon(cells);
}

/* -------------------------------------------------------------------- hearing */

static uint16_t
get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* False: it has no cell of this board, or no source. */
static bool
get_cell(const struct board *board, const uint8_t *p, struct store_pixel *pixel)
{
	*pixel = (struct store_pixel){
		.row = get16(p),
		.column = get16(p + 2),
		.colour = p[4],
		.unnecessary = p[5],
	};
	return pixel->row < board->height && pixel->column < board->width &&
	       pixel->colour < board->palette.n && p[5] <= 1 &&
	       (p[18] == SOURCE_NONE || p[18] == SOURCE_V4 || p[18] == SOURCE_V6);
}

static struct generator *
get_generator(struct board *board, const uint8_t id[STORE_ID_LEN / 2])
{
	static const char digits[] = "0123456789abcdef";
	char text[STORE_ID_LEN];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = digits[id[i / 2] >> (i % 2 ? 0 : 4) & 15];
	return generators_find(board->generators, text, sizeof(text));
}

static uint64_t
get_source(const struct board *board, const uint8_t bytes[17])
{
	union peer_address peer = { 0 };

	if (bytes[0] == SOURCE_V4) {
		peer.in4.sin_family = AF_INET;
		memcpy(&peer.in4.sin_addr, bytes + 1, 4);
	} else if (bytes[0] == SOURCE_V6) {
		peer.in6.sin6_family = AF_INET6;
		memcpy(&peer.in6.sin6_addr, bytes + 1, 16);
	} else {
		return 0;
	}
	return mural_source(board->web->host, &peer.any);
}

/* What waits for its generator is not in the store yet, and must not come back later. */
void
fellow_cells_painted_over(
	struct fellow_cells *cells, const struct mural_rect *rects, size_t n)
{
	const struct mural_host *host = cells->host;

	for (size_t i = 0; i < cells->n_waiting; i++) {
		struct fellow_cell *cell = &cells->waiting[i];
		const uint32_t size = cells->board->cell;
		const int64_t x = host->left + (int64_t)cell->column * size;
		const int64_t y = host->top + (int64_t)cell->row * size;

		for (size_t k = 0; k < n && cell->generator == 0; k++)
			cell->is_over |= x < (int64_t)rects[k].x + rects[k].width &&
					 x + size > rects[k].x &&
					 y < (int64_t)rects[k].y + rects[k].height &&
					 y + size > rects[k].y;
	}
}

/* False: its generator is not known, whose registration is a topic of its own. */
static bool
count(struct board *board, struct fellow_cell *cell)
{
	struct generator *generator = get_generator(board, cell->id);
	struct store_pixel pixel = {
		.row = cell->row,
		.column = cell->column,
		.colour = cell->colour,
		.unnecessary = cell->unnecessary,
	};

	if (!generator)
		return false;
	generator->used_ns = uv_hrtime();
	cell->generator = pixel.generator = generator->number;
	if (cell->is_over) { /* behind what was set since it would be the newer one */
		board_count_late(board, &pixel, generator);
		return true;
	}
	board_count(board, &pixel, generator);
	if (board->on_heard)
		board->on_heard(board, &pixel, generator);
	return true;
}

/* False: the canvas does not show it. */
static bool
sign(struct board *board, const struct fellow_cell *cell)
{
	const size_t place = (size_t)cell->row * board->width + cell->column;
	struct generator *painter =
		generators_find_number(board->generators, cell->generator);

	if (board->colours[place] != cell->colour)
		return false;
	if (painter && *painter->id) {
		board_set_cell(board, place, cell->colour, false, painter);
		board->covered[place] = false;
	}
	return true;
}

/* False: it has to wait. */
static bool
settle(struct board *board, struct fellow_cell *cell)
{
	if (cell->generator == 0 && !count(board, cell))
		return false;
	return cell->is_over || sign(board, cell);
}

static void
have_wait(struct fellow_cells *cells, const struct fellow_cell *cell)
{
	if (cells->n_waiting == FELLOW_CELLS_WAITING)
		memmove(cells->waiting, cells->waiting + 1,
			--cells->n_waiting * sizeof(*cells->waiting));
	cells->waiting[cells->n_waiting++] = *cell;
	ring_soon(cells);
}

static void
hear_cell(struct fellow_cells *cells, const uint8_t *p, const struct store_pixel *pixel)
{
	struct fellow_cell cell = {
		.row = pixel->row,
		.column = pixel->column,
		.colour = pixel->colour,
		.unnecessary = pixel->unnecessary,
	};

	memcpy(cell.id, p + 6, sizeof(cell.id));
	board_debit_paint(cells->board, get_source(cells->board, p + 18));
	forget_waiting(cells, pixel);
	if (!settle(cells->board, &cell))
		have_wait(cells, &cell);
}

bool
fellow_cells_heard(struct fellow_cells *cells, const struct mural_parcel *parcel)
{
	const uint8_t *bytes = parcel->data;
	struct store_pixel pixel;

	if (!bytes || parcel->is_ours)
		return true;
	if (parcel->len < 1 || parcel->len > sizeof(cells->telling) ||
		bytes[0] != VERSION_BYTE || (parcel->len - 1) % FELLOW_CELL_BYTES != 0)
		return false;
	for (size_t i = 1; i < parcel->len; i += FELLOW_CELL_BYTES)
		if (!get_cell(cells->board, bytes + i, &pixel))
			return false;
	board_scan(cells->board);
	for (size_t i = 1; i < parcel->len; i += FELLOW_CELL_BYTES)
		if (get_cell(cells->board, bytes + i, &pixel))
			hear_cell(cells, bytes + i, &pixel);
	return true;
}

static void
settle_waiting(struct fellow_cells *cells)
{
	size_t left = 0;

	if (cells->n_waiting > 0)
		board_scan(cells->board);
	for (size_t i = 0; i < cells->n_waiting; i++) {
		struct fellow_cell cell = cells->waiting[i];

		if (!settle(cells->board, &cell) && ++cell.tries < TRIES)
			cells->waiting[left++] = cell;
	}
	cells->n_waiting = left;
	if (left > 0)
		ring_soon(cells);
}

static void
on_timer(const struct mural_event *event, struct mural_brush *brush)
{
	struct fellow_cells *cells = event->arg;

	(void)brush;
	cells->is_due = false;
	tell(cells);
	settle_waiting(cells);
}

/* ------------------------------------------------------------------ start, stop */

void
fellow_cells_start(struct fellow_cells *cells, struct board *board,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel))
{
	struct mural_host *host = board->web->host;

	memset(cells, 0, sizeof(*cells));
	cells->board = board;
	cells->telling[0] = VERSION_BYTE;
	if (store_missing(board->store) ||
		mural_follow(host, TOPIC, UINT64_MAX, 0, heard) < 0)
		return;
	cells->timer = mural_timer_start(host, NULL, TICK_MS, 0, on_timer, cells);
	cells->is_due = true;
	if (cells->timer)
		cells->host = host;
	else
		(void)mural_follow(host, TOPIC, 0, 0, NULL);
}

void
fellow_cells_stop(struct fellow_cells *cells)
{
	if (!cells->host)
		return;
	tell(cells);
	mural_timer_stop(cells->timer);
	(void)mural_follow(cells->host, TOPIC, 0, 0, NULL);
	cells->host = NULL;
}
