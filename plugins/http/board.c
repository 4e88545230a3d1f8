/* SPDX-License-Identifier: MIT */
/* Cells and the canvas under them. */
#include "board.h"

#include <errno.h>
#include <stdlib.h>

#include "http.h"

int
board_start(struct http *http)
{
	const struct http_config *config = http->config;
	const struct mural_host *host = http->host;
	struct board *board = calloc(1, sizeof(*board));
	uint32_t most_x = host->width / config->cell;
	uint32_t most_y = host->height / config->cell;

	if (!board)
		return -ENOMEM;
	http->board = board;
	palette_parse(&board->palette, config->palette);
	board->cell = config->cell;
	board->width = config->board.width ? config->board.width : most_x;
	board->height = config->board.height ? config->board.height : most_y;
	if (board->width == 0 || board->width > most_x || board->height == 0 ||
		board->height > most_y) {
		mural_log(host, MURAL_ERROR,
			"a board of %ux%u cells of %u pixels does not fit a region of "
			"%ux%u pixels; choose a smaller board or cell",
			board->width, board->height, board->cell, host->width,
			host->height);
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

void
board_stop(struct http *http)
{
	free(http->board);
	http->board = NULL;
}
