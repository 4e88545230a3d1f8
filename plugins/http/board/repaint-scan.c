/* SPDX-License-Identifier: MIT */
/* Finds the cells that others painted over: from changed tiles to cells to colours. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "lib/of-four.h"

/* After a scan that took longer than LONG_SCAN_NS there is none for REST_FACTOR times as
 * long. */
#define LONG_SCAN_NS 200000
#define REST_FACTOR 8

/* After an act, the loop has other things to do first: what it has painted over is looked
 * at in turns.  Of more parts than PARTS_MAX, by acts that follow each other closely, at
 * once. */
#define TURN_NS 1000000
#define TURN_EVERY_MS 20
#define PARTS_MAX 16384

/* The colour that every pixel of the cell has, as far as the board knows. */
static uint32_t
expected_colour(const struct board *board, size_t place)
{
	return board->bare[place] ? board->web->host->background
				  : board->palette.colours[board->colours[place]];
}

static bool
is_dirty(const struct board *board, size_t place)
{
	return board->dirty[place / 64] >> place % 64 & 1;
}

/* ------------------------------------------------------------ tiles to cells */

/* The cells, along one axis, that canvas pixels `from` to before `to` touch; false: none.
 */
static bool
cells_between(uint32_t from, uint32_t to, uint32_t edge, uint32_t cell, uint32_t n,
	uint32_t *first, uint32_t *last)
{
	if (to <= edge)
		return false;
	from = from > edge ? from - edge : 0;
	*first = from / cell;
	*last = (to - edge - 1) / cell;
	if (*last >= n)
		*last = n - 1;
	return *first <= *last;
}

static void
mark_tile(struct board *board, uint32_t tile)
{
	const struct mural_host *host = board->web->host;
	const struct mural_view *view = mural_reader_view(board->reader);
	struct mural_rect at = mural_tile_rect(view, tile);
	uint32_t left, right, top, bottom;

	if (!cells_between(at.x, at.x + at.width, host->left, board->cell, board->width,
		    &left, &right) ||
		!cells_between(at.y, at.y + at.height, host->top, board->cell,
			board->height, &top, &bottom))
		return;
	for (uint32_t row = top; row <= bottom; row++)
		for (uint32_t column = left; column <= right; column++) {
			size_t place = (size_t)row * board->width + column;

			board->dirty[place / 64] |= UINT64_C(1) << place % 64;
		}
}

static bool
mark_tiles(struct board *board)
{
	const struct mural_view *view = mural_reader_view(board->reader);

	if (!mural_reader_take(board->reader, board->tiles))
		return false;
	for (uint32_t tile = 0; mural_tiles_next(view, board->tiles, &tile); tile++)
		mark_tile(board, tile);
	return true;
}

/* -------------------------------------------------------------- cells to colours */

static void
copy_line(const struct board *board, uint32_t x, uint32_t y, uint32_t width)
{
	const struct mural_host *host = board->web->host;

	mural_reader_copy(board->reader, host->left + x, host->top + y, width, 1,
		board->line, width);
}

#define PIXELS 4

static inline uint32_t
add_up(of_four numbers)
{
	return numbers[0] + numbers[1] + numbers[2] + numbers[3];
}

/* Whether all of them look the same, as they do where an operator cleared. */
static bool
is_plain(const uint32_t *pixels, size_t n)
{
	return memcmp(pixels, pixels + 1, (n - 1) * sizeof(*pixels)) == 0;
}

/* Whether all pixels have that colour.  They mostly do: no branch for each. */
static bool
all_are(const uint32_t *pixels, uint32_t n, uint32_t colour)
{
	const of_four zeros = { 0 };
	of_four differ = zeros;
	uint32_t differs = 0, i = 0;

	for (; i + PIXELS <= n; i += PIXELS)
		differ |= four_load(pixels + i) ^ (zeros + colour);
	for (; i < n; i++)
		differs |= pixels[i] ^ colour;
	return (differs | differ[0] | differ[1] | differ[2] | differ[3]) == 0;
}

/* Adds up a line of a cell's pixels, red and blue in one sum while it cannot overflow. */
static void
add_line(struct board_sum *sum, const uint32_t *pixels, uint32_t n)
{
	while (n > 0) {
		const uint32_t some = n < 256 ? n : 256;
		of_four rb = { 0 }, g = { 0 };
		uint32_t i = 0;

		for (; i + PIXELS <= some; i += PIXELS) {
			rb += four_load(pixels + i) & 0xff00ff;
			g += four_load(pixels + i) >> 8 & 0xff;
		}
		for (; i < some; i++) {
			rb[0] += pixels[i] & 0xff00ff;
			g[0] += pixels[i] >> 8 & 0xff;
		}
		sum->r += add_up(rb) >> 16;
		sum->g += add_up(g);
		sum->b += add_up(rb) & 0xffff;
		pixels += some;
		n -= some;
	}
}

static void
add_plain(struct board_sum *sum, uint32_t colour, uint64_t n)
{
	sum->r += (colour >> 16 & 0xff) * n;
	sum->g += (colour >> 8 & 0xff) * n;
	sum->b += (colour & 0xff) * n;
}

static void
scan_line(struct board *board, size_t place, struct board_sum *sum, uint32_t y,
	const uint32_t *pixels, bool plain)
{
	const uint32_t colour = expected_colour(board, place), cell = board->cell;

	if (!sum->differs) {
		if (plain ? *pixels == colour : all_are(pixels, cell, colour))
			return;
		*sum = (struct board_sum){ .differs = true };
		add_plain(sum, colour, (uint64_t)y * cell);
	}
	if (plain)
		add_plain(sum, *pixels, cell);
	else
		add_line(sum, pixels, cell);
}

/* Computes the sums of a row's dirty cells that are not as expected. */
static void
scan_row(struct board *board, uint32_t row, uint32_t first, uint32_t end)
{
	uint32_t cell = board->cell;
	size_t start = (size_t)row * board->width;

	for (uint32_t column = first; column < end; column++)
		board->sums[column].differs = false;
	for (uint32_t y = 0; y < cell; y++) {
		bool plain;

		copy_line(board, first * cell, row * cell + y, (end - first) * cell);
		plain = is_plain(board->line, (size_t)(end - first) * cell);
		for (uint32_t column = first; column < end; column++)
			if (is_dirty(board, start + column))
				scan_line(board, start + column, &board->sums[column], y,
					board->line + (column - first) * cell, plain);
	}
}

/* Calls each(board, place) for the dirty cells of a row that are not as expected. */
static void
each_different_in(struct board *board, uint32_t row,
	void (*each)(struct board *board, size_t place))
{
	const size_t start = (size_t)row * board->width;
	uint32_t first = 0, end = board->width;

	while (first < end && !is_dirty(board, start + first))
		first++;
	while (end > first && !is_dirty(board, start + end - 1))
		end--;
	if (first < end)
		scan_row(board, row, first, end);
	for (uint32_t column = first; column < end; column++) {
		const size_t place = start + column;

		if (!is_dirty(board, place))
			continue;
		board->dirty[place / 64] &= ~(UINT64_C(1) << place % 64);
		if (board->sums[column].differs)
			each(board, place);
	}
}

static void
each_different(struct board *board, void (*each)(struct board *board, size_t place))
{
	for (uint32_t row = 0; row < board->height; row++)
		each_different_in(board, row, each);
}

/* The mean colour of a scanned cell. */
static uint32_t
mean_colour(const struct board *board, const struct board_sum *sum)
{
	uint64_t n = (uint64_t)board->cell * board->cell;

	return 0xff000000 | (uint32_t)((sum->r + n / 2) / n) << 16 |
	       (uint32_t)((sum->g + n / 2) / n) << 8 | (uint32_t)((sum->b + n / 2) / n);
}

static void
adopt_canvas_colour(struct board *board, size_t place)
{
	uint8_t colour = palette_nearest(
		&board->palette, mean_colour(board, &board->sums[place % board->width]));

	/* a few pixels of another colour do not change the painter */
	if (colour != board->colours[place])
		board->covered[place] = true;
	if (colour != board->colours[place] || board->bare[place])
		board_set_cell(board, place, colour, false, NULL);
}

void
board_scan(struct board *board)
{
	uint64_t begun = uv_hrtime(), over;

	if (begun < board->next_scan_ns || !mark_tiles(board))
		return;
	each_different(board, adopt_canvas_colour);
	over = uv_hrtime();
	if (over - begun > LONG_SCAN_NS)
		board->next_scan_ns = over + REST_FACTOR * (over - begun);
}

/* Adds the covered cells of a part of the canvas; they are so no more. */
static size_t
take_covered(
	struct board *board, const struct mural_rect *rect, uint32_t *places, size_t n)
{
	const struct mural_host *host = board->web->host;
	uint32_t left, right, top, bottom;

	if (!cells_between(rect->x, rect->x + rect->width, host->left, board->cell,
		    board->width, &left, &right) ||
		!cells_between(rect->y, rect->y + rect->height, host->top, board->cell,
			board->height, &top, &bottom))
		return n;
	for (uint32_t row = top; row <= bottom; row++)
		for (uint32_t column = left; column <= right; column++) {
			size_t place = (size_t)row * board->width + column;

			if (board->covered[place])
				places[n++] = row << 16 | column;
			board->covered[place] = false;
		}
	return n;
}

static void
forget_parts(struct board *board)
{
	size_t cells = (size_t)board->width * board->height, n = 0;
	uint32_t *places = calloc(cells ? cells : 1, sizeof(*places));

	for (size_t i = 0; places && i < board->n_parts; i++)
		n = take_covered(board, &board->parts[i], places, n);
	store_forget_cells(board->store, places, n);
	free(places);
	board->n_parts = 0;
}

static void
on_turn(const struct mural_event *event, struct mural_brush *brush)
{
	struct board *board = event->arg;
	const uint64_t begun = uv_hrtime();

	(void)brush;
	if (board->n_parts == 0)
		return;
	if (board->next_row == 0)
		mark_tiles(board);
	while (board->next_row < board->height && uv_hrtime() - begun < TURN_NS)
		each_different_in(board, board->next_row++, adopt_canvas_colour);
	if (board->next_row < board->height)
		mural_timer_again(board->turns, TURN_EVERY_MS, 0);
	else
		forget_parts(board);
}

void
board_forget_now(struct board *board)
{
	if (board->n_parts == 0)
		return;
	mark_tiles(board);
	each_different(board, adopt_canvas_colour);
	forget_parts(board);
}

static bool
add_parts(struct board *board, const struct mural_rect *rects, size_t n)
{
	struct mural_rect *parts =
		realloc(board->parts, (board->n_parts + n) * sizeof(*parts));

	if (!parts)
		return false;
	memcpy(parts + board->n_parts, rects, n * sizeof(*parts));
	board->parts = parts;
	board->n_parts += n;
	return true;
}

void
board_forget_covered(struct board *board, const struct mural_rect *rects, size_t n_rects)
{
	if (board->n_parts > PARTS_MAX)
		board_forget_now(board);
	if (!add_parts(board, rects, n_rects)) {
		mural_log(board->web->host, MURAL_ERROR,
			"cells that were painted over are not forgotten: out of memory");
		return;
	}
	board->next_row = 0;
	mural_timer_again(board->turns, TURN_EVERY_MS, 0);
}

/* -------------------------------------------------------------------- restore */

static void
repaint_cell(struct board *board, size_t place)
{
	uint32_t cell = board->cell;

	mural_fill(board->web->host->brush, place % board->width * cell,
		place / board->width * cell, cell, cell, expected_colour(board, place));
}

/* Repaints a stored cell if the canvas was not kept there. */
static void
repaint_if_blank(struct board *board, size_t place)
{
	uint32_t column = place % board->width, row = place / board->width;
	bool blank = !board->bare[place];

	for (uint32_t y = 0; blank && y < board->cell; y++) {
		copy_line(
			board, column * board->cell, row * board->cell + y, board->cell);
		blank = all_are(board->line, board->cell, board->web->host->background);
	}
	if (blank)
		repaint_cell(board, place);
	else
		adopt_canvas_colour(board, place);
}

static void
repaint_if_set(struct board *board, size_t place)
{
	if (board->bare[place])
		adopt_canvas_colour(board, place);
	else
		repaint_cell(board, place);
}

void
board_restore(struct board *board, bool was_clean)
{
	if (mark_tiles(board))
		each_different(board, was_clean ? repaint_if_blank : repaint_if_set);
	mural_publish(board->web->host);
}

/* ----------------------------------------------------------------- start, stop */

int
board_scan_start(struct board *board)
{
	size_t cells = (size_t)board->width * board->height;

	board->reader = mural_watch(board->web->host);
	board->dirty = calloc((cells + 63) / 64, sizeof(uint64_t));
	board->line = malloc((size_t)board->width * board->cell * sizeof(uint32_t));
	if (board->reader)
		board->tiles = malloc(
			mural_reader_view(board->reader)->words * sizeof(uint64_t));
	board->sums = malloc(board->width * sizeof(*board->sums));
	board->turns = mural_timer_start(
		board->web->host, NULL, TURN_EVERY_MS, 0, on_turn, board);
	return board->tiles && board->dirty && board->line && board->sums && board->turns
		       ? 0
		       : -ENOMEM;
}

void
board_scan_stop(struct board *board)
{
	mural_timer_stop(board->turns);
	free(board->parts);
	mural_reader_free(board->reader);
	free(board->tiles);
	free(board->dirty);
	free(board->line);
	free(board->sums);
}
