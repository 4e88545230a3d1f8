/* SPDX-License-Identifier: MIT */
/* Cells, their painters, and the canvas under them. */
#include "http/board/board.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "http/board/generators.h"
#include "http/http.h"

void
board_set_cell(struct board *board, size_t place, uint8_t colour, bool bare,
	struct generator *painter)
{
	struct generator *before = board->painters[place];

	if (board->colours[place] != colour)
		board->changes++;
	if (board->colours[place] != colour || before != painter)
		board->signatures++;
	board->colours[place] = colour;
	board->bare[place] = bare;
	board->painters[place] = painter;
	generators_repaint(board->http, before, painter);
}

static int64_t
wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
board_paint(struct board *board, uint32_t column, uint32_t row, uint8_t colour,
	struct generator *generator)
{
	struct http *http = board->http;
	size_t place = (size_t)row * board->width + column;
	struct store_pixel pixel = {
		.time_ms = wall_clock_ms(),
		.row = row,
		.column = column,
		.colour = colour,
		.unnecessary = board->colours[place] == colour,
		.generator = generator->number,
	};

	mural_fill(http->host->brush, column * board->cell, row * board->cell,
		board->cell, board->cell, board->palette.colours[colour]);
	mural_publish(http->host);
	board_set_cell(board, place, colour, false, generator);
	board->pixels++;
	generator->pixels++;
	board->unnecessary += pixel.unnecessary;
	generator->unnecessary += pixel.unnecessary;
	store_add_pixel(http->store, &pixel);
}

/* ----------------------------------------------------------------- start, stop */

static int
choose_size(struct board *board)
{
	const struct http_config *config = board->http->config;
	const struct mural_host *host = board->http->host;
	uint32_t cell = config->cell;
	uint32_t most_x = host->width / cell, most_y = host->height / cell;

	board->cell = cell;
	board->width = config->board.width ? config->board.width : most_x;
	board->height = config->board.height ? config->board.height : most_y;
	if (board->width == 0 || board->width > most_x || board->height == 0 ||
		board->height > most_y) {
		mural_log(host, MURAL_ERROR,
			"a board of %ux%u cells of %u pixels does not fit a region of "
			"%ux%u; choose a smaller board or a smaller cell",
			board->width, board->height, cell, host->width, host->height);
		return -ERANGE;
	}
	if ((uint64_t)board->width * board->height > BOARD_CELLS_MAX) {
		mural_log(host, MURAL_ERROR,
			"a board of %ux%u cells is too large; choose a larger cell",
			board->width, board->height);
		return -ERANGE;
	}
	return 0;
}

static void
load_cell(const struct store_pixel *pixel, void *arg)
{
	struct board *board = arg;
	size_t place = (size_t)pixel->row * board->width + pixel->column;

	if (pixel->row < board->height && pixel->column < board->width &&
		pixel->colour < board->palette.n)
		board_set_cell(board, place, pixel->colour, false,
			generators_find_number(board->http, pixel->generator));
}

static void
load_counters(struct board *board)
{
	board->pixels = store_number(board->http->store, "pixels", 0);
	board->unnecessary = store_number(board->http->store, "unnecessary", 0);
}

int
board_start(struct http *http)
{
	struct board *board = calloc(1, sizeof(*board));
	size_t cells;
	int ret;

	if (!board)
		return -ENOMEM;
	http->board = board;
	board->http = http;
	palette_parse(&board->palette, http->config->palette);
	ret = choose_size(board);
	if (ret < 0)
		return ret;
	cells = (size_t)board->width * board->height;
	board->colours = calloc(cells, sizeof(*board->colours));
	board->bare = malloc(cells * sizeof(*board->bare));
	board->painters = calloc(cells, sizeof(struct generator *));
	if (!board->colours || !board->bare || !board->painters)
		return -ENOMEM;
	for (size_t i = 0; i < cells; i++)
		board->bare[i] = true;
	ret = board_scan_start(board);
	if (ret == 0)
		ret = board_json_start(board);
	if (ret == 0)
		ret = store_each_cell(http->store, load_cell, board);
	if (ret < 0)
		return ret;
	load_counters(board);
	board_restore(board, store_was_clean(http->store));
	return 0;
}

void
board_stop(struct http *http)
{
	struct board *board = http->board;

	if (!board)
		return;
	board_json_stop(board);
	board_scan_stop(board);
	free(board->colours);
	free(board->bare);
	free(board->painters);
	free(board);
	http->board = NULL;
}
