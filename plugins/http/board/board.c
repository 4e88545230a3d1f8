/* SPDX-License-Identifier: MIT */
/* Keeps the board's cells and painters, and paints them on the canvas. */
#include "http/board/board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/board/generators.h"

/* Sources whose cells are counted at a time. */
#define PAINTING_SOURCES 4096

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
	generators_repaint(board->generators, before, painter);
}

static int64_t
wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
add_pixel(
	struct board *board, const struct store_pixel *pixel, struct generator *generator)
{
	board->pixels++;
	generator->pixels++;
	board->unnecessary += pixel->unnecessary;
	generator->unnecessary += pixel->unnecessary;
}

void
board_count(struct board *board, struct store_pixel *pixel, struct generator *generator)
{
	pixel->time_ms = wall_clock_ms();
	add_pixel(board, pixel, generator);
	store_add_pixel(board->store, pixel);
}

void
board_count_late(
	struct board *board, const struct store_pixel *pixel, struct generator *generator)
{
	add_pixel(board, pixel, generator);
	store_count_pixel(board->store, pixel);
}

/* Why a brush painted nothing since it had counted that. */
static enum mural_reason
reason_since(const struct mural_brush *brush, const uint64_t discarded[MURAL_REASONS])
{
	enum mural_reason reason = 0;

	while (reason < MURAL_REASONS && brush->discarded[reason] == discarded[reason])
		reason++;
	return reason;
}

enum mural_reason
board_paint(struct board *board, uint32_t column, uint32_t row, uint8_t colour,
	struct generator *generator)
{
	struct mural_host *host = board->web->host;
	const uint64_t painted = host->brush->painted;
	uint64_t discarded[MURAL_REASONS];
	size_t place = (size_t)row * board->width + column;
	struct store_pixel pixel = {
		.row = row,
		.column = column,
		.colour = colour,
		.unnecessary = board->colours[place] == colour,
		.generator = generator->number,
	};

	memcpy(discarded, host->brush->discarded, sizeof(discarded));
	mural_fill(host->brush, column * board->cell, row * board->cell, board->cell,
		board->cell, board->palette.colours[colour]);
	/* frozen, protected or banned: murald counts it, and it must not come back later
	 */
	if (host->brush->painted == painted)
		return reason_since(host->brush, discarded);
	board_set_cell(board, place, colour, false, generator);
	board->covered[place] = false;
	board_count(board, &pixel, generator);
	if (board->on_pixel)
		board->on_pixel(board, &pixel, generator);
	return MURAL_REASONS;
}

/* Each generator has a cooldown of its own, but a source may have thousands.  NULL: there
 * is no limit. */
static struct mural_bucket *
paint_bucket(struct board *board, uint64_t source, struct mural_rate *limit)
{
	uint64_t rate_ms = board->settings.rate_ms, painters = board->config.painters;
	const struct mural_rate rate = {
		.per_1000s = rate_ms > 0 ? painters * 1000000 / rate_ms + 1 : 0,
		.burst = painters,
	};

	if (source == 0 || rate_ms == 0 || painters == 0)
		return NULL;
	if (!board->paints || board->paints_rate_ms != rate_ms) {
		mural_ratelimit_free(board->paints);
		board->paints = mural_ratelimit_new(&rate, PAINTING_SOURCES);
		board->paints_rate_ms = rate_ms;
	}
	*limit = rate;
	return board->paints
		       ? mural_ratelimit_bucket(board->paints, source, mural_now_ms())
		       : NULL;
}

uint64_t
board_paint_wait_ms(struct board *board, uint64_t source)
{
	struct mural_rate rate;
	struct mural_bucket *bucket = paint_bucket(board, source, &rate);
	const uint64_t wait_ms = bucket ? mural_bucket_wait_ms(bucket, &rate, 1) : 0;

	if (bucket && wait_ms == 0)
		mural_bucket_debit(bucket, &rate, 1);
	return wait_ms;
}

void
board_credit_paint(struct board *board, uint64_t source)
{
	struct mural_rate rate;
	struct mural_bucket *bucket = paint_bucket(board, source, &rate);

	if (!bucket)
		return;
	mural_bucket_debit(bucket, &rate, -1);
	if (bucket->debt < 0)
		bucket->debt = 0;
}

void
board_debit_paint(struct board *board, uint64_t source)
{
	struct mural_rate rate;
	struct mural_bucket *bucket = paint_bucket(board, source, &rate);

	/* no debt: what is forged costs its source no more than it may set at once */
	if (bucket && mural_bucket_wait_ms(bucket, &rate, 1) == 0)
		mural_bucket_debit(bucket, &rate, 1);
}

void
board_forget_removed(struct board *board)
{
	size_t cells = (size_t)board->width * board->height;

	for (size_t i = 0; i < cells; i++)
		if (board->painters[i] && !*board->painters[i]->id)
			board_set_cell(board, i, board->colours[i], board->bare[i], NULL);
}

/* ----------------------------------------------------------------- start, stop */

static int
choose_size(struct board *board)
{
	const struct board_config *config = &board->config;
	const struct mural_host *host = board->web->host;
	uint32_t cell = config->cell;
	uint32_t most_x = host->width / cell, most_y = host->height / cell;

	board->cell = cell;
	board->width = config->size.width ? config->size.width : most_x;
	board->height = config->size.height ? config->size.height : most_y;
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
			generators_find_number(board->generators, pixel->generator));
}

static int
allocate_cells(struct board *board)
{
	size_t cells = (size_t)board->width * board->height;

	board->colours = calloc(cells, sizeof(*board->colours));
	board->bare = malloc(cells * sizeof(*board->bare));
	board->painters = calloc(cells, sizeof(struct generator *));
	board->covered = calloc(cells, sizeof(*board->covered));
	if (!board->colours || !board->bare || !board->painters || !board->covered)
		return -ENOMEM;
	memset(board->colours, board->ground, cells);
	for (size_t i = 0; i < cells; i++)
		board->bare[i] = true;
	return 0;
}

static int
load_secrets(struct board *board)
{
	char why[300] = "";
	int ret = secrets_load(&board->secrets, board->config.secrets, why, sizeof(why));

	if (ret < 0)
		mural_log(board->web->host, MURAL_ERROR, "secrets %s", why);
	return ret;
}

void
board_reload(struct board *board)
{
	if (load_secrets(board) < 0)
		mural_log(board->web->host, MURAL_WARN, "the secrets stay as they were");
}

int
board_start(struct board *board, struct web *web, struct store *store,
	const struct board_config *config)
{
	int ret;

	board->web = web;
	board->store = store;
	board->config = *config;
	palette_parse(&board->palette, config->palette);
	board->ground = palette_nearest(&board->palette, web->host->background);
	ret = load_secrets(board);
	if (ret == 0)
		ret = generators_start(
			&board->generators, web->host, store, config->identity_is_name);
	if (ret == 0)
		ret = board_settings_start(&board->settings, store, config->rate_ms);
	if (ret == 0)
		ret = choose_size(board);
	if (ret == 0)
		ret = allocate_cells(board);
	if (ret == 0)
		ret = board_scan_start(board);
	if (ret == 0)
		ret = board_json_start(board);
	if (ret == 0)
		ret = store_each_cell(store, load_cell, board);
	if (ret < 0)
		return ret;
	board->pixels = store_number(store, "pixels", 0);
	board->unnecessary = store_number(store, "unnecessary", 0);
	board_restore(board, store_was_clean(store));
	return 0;
}

void
board_stop(struct board *board)
{
	board_forget_now(board);
	board_json_stop(board);
	board_scan_stop(board);
	free(board->colours);
	free(board->bare);
	free(board->covered);
	free(board->painters);
	leaderboard_stop(board);
	board_settings_stop(&board->settings);
	mural_ratelimit_free(board->paints);
	generators_stop(board->generators);
	secrets_finish(&board->secrets);
}
