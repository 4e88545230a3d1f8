/* SPDX-License-Identifier: MIT */
/*
 * Sends what was painted here: compares damaged tiles with the shared picture.
 *
 * Comparing is done on the loop, a tile at a time in the processor's cache, so that both
 * pictures are of one moment: what an entry paints after that is on neither, and so not
 * taken for paint of this wall.  What differs is packed in the thread pool, and on its
 * way from then on: if an entry painted a pixel that is about to be sent, nobody would
 * say that the canvas is newer than what comes back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/of-four.h"
#include "lib/thread.h"
#include "link/link.h"

/* The most tiles of a batch: a megapixel. */
#define JOB_TILES 1024
#define JOB_PARTS 8

/* Comparing was in vain if at most 1 / VAIN_PIXELS of the pixels differ.  It is then to
 * take 1 / VAIN_SHARE of the loop's time, but rests for VAIN_REST_MAX ms at most. */
#define VAIN_PIXELS 64
#define VAIN_SHARE 64
#define VAIN_REST_MAX 100

struct job {
	uv_work_t work;
	struct link *link;
	uint32_t n_tiles;
	struct {
		uint8_t *payload;
		size_t len;
		uint32_t end; /* its tiles are those from the end of the part before */
	} parts[JOB_PARTS];
	unsigned n_parts;
	bool is_out_of_memory;
	uint32_t n_changed;
	struct frame frame;
	struct tile_pixels tiles[JOB_TILES]; /* what has changed */
};

/* ------------------------------------------------------------ in the thread pool */

static void
job_finish_part(struct job *job, uint32_t end)
{
	uint8_t *payload =
		job->frame.used > 0 && job->n_parts < JOB_PARTS
			? frame_pack(&job->frame, &job->parts[job->n_parts].len)
			: NULL;

	if (payload) {
		job->parts[job->n_parts].end = end;
		job->parts[job->n_parts++].payload = payload;
	} else if (job->frame.used > 0)
		job->is_out_of_memory = true;
	job->frame.used = 0;
}

static void
job_run(uv_work_t *work)
{
	struct job *job = work->data;

	for (uint32_t i = 0; i < job->n_tiles; i++) {
		const struct tile_pixels *pixels = &job->tiles[i];

		if (!frame_add(&job->frame, pixels)) {
			job_finish_part(job, i);
			frame_add(&job->frame, pixels);
		}
	}
	job_finish_part(job, job->n_tiles);
}

/* -------------------------------------------------------------------- sending */

static void
job_put_back(struct job *job)
{
	for (uint32_t i = 0; i < job->n_tiles; i++) {
		flight_remove(job->link, &job->tiles[i]);
		mural_tiles_add(job->link->pending, job->tiles[i].tile);
	}
	for (unsigned i = 0; i < job->n_parts; i++)
		free(job->parts[i].payload);
}

/* After comparing, also if there was nothing to send, and after sending. */
static void
rest(struct link *link, uint64_t bytes)
{
	const uint64_t by_rate = 1000 / (uint64_t)link->config->rate;
	const uint64_t by_bytes = bytes * 1000 / link->config->bandwidth;
	const uint64_t allowed = by_rate > by_bytes ? by_rate : by_bytes;

	link->next_send = uv_now(link->host->loop) +
			  (allowed > link->vain_rest ? allowed : link->vain_rest);
}

const struct tile_pixels *
flight_tiles(const struct link *link, const struct sent *sent, uint32_t *n)
{
	const struct job *job = link->job;
	const uint64_t part = sent->seq - link->flight.first;
	const uint32_t first = part > 0 ? job->parts[part - 1].end : 0;

	*n = job->parts[part].end - first;
	return &job->tiles[first];
}

static void
job_send(struct job *job)
{
	struct link *link = job->link;
	uint64_t bytes = 0;

	link->flight = (struct flight){
		.first = link->seq, .n = job->n_parts, .at = uv_now(link->host->loop)
	};
	for (unsigned i = 0; i < job->n_parts; i++) {
		bytes += job->parts[i].len;
		sent_add(link, job->parts[i].payload, job->parts[i].len);
	}
	rest(link, bytes);
	if (link->flight.refused == link->flight.n)
		flight_cancel(link);
	mural_metric_add(link->host, METRIC_ENTRIES_OUT, job->n_parts);
	mural_metric_add(link->host, METRIC_BYTES_OUT, (int64_t)bytes);
	mural_metric_add(link->host, METRIC_PIXELS_OUT, job->n_changed);
}

static void
on_job_done(uv_work_t *work, int status)
{
	struct job *job = work->data;
	struct link *link = job->link;

	mural_metric_set(link->host, METRIC_DIRTY, job->n_changed);
	if (status < 0 || link->phase != PHASE_LINKED || job->is_out_of_memory)
		job_put_back(job);
	else if (job->n_parts > 0)
		job_send(job);
	link->is_comparing = false;
	publish_soon(link);
	link_job_done(link);
}

/* What is expected in a row of the picture; `room` is for one that has to be written. */
static const uint32_t *
expected_row(const struct link *link, uint32_t place, uint32_t width, uint32_t *room)
{
	if (link->n_held == 0)
		return &link->shared.pixels[place];
	for (uint32_t x = 0; x < width; x++)
		room[x] = link_expected(link, place + x);
	return room;
}

/* A bit for each pixel.  Four at a time, and without a branch: in paint all over the
 * place no processor foresees which pixels differ. */
static uint32_t
row_differs(const uint32_t *expected, const uint32_t *canvas, uint32_t width)
{
	four_pixels bits = { 1, 2, 4, 8 }, found = { 0 };
	uint32_t differs, x = 0;

	for (; x + 4 <= width; x += 4, bits <<= 4)
		found |= (four_pixels)(*(const four_pixels *)(expected + x) !=
				       *(const four_pixels *)(canvas + x)) &
			 bits;
	differs = found[0] | found[1] | found[2] | found[3];
	for (; x < width; x++)
		differs |= (uint32_t)(expected[x] != canvas[x]) << x;
	return differs;
}

/* The colours of those that differ: two rows at a time, for no processor foresees where
 * one ends. */
static void
take_colours(struct tile_pixels *pixels, const uint32_t canvas[TILE_PIXELS])
{
	pixels->n = 0;
	for (uint32_t y = 0; y < MURAL_TILE; y += 2) {
		const uint32_t *rows = &canvas[y * MURAL_TILE];
		uint64_t left = pixels->rows[y] | (uint64_t)pixels->rows[y + 1] << 32;

		for (; left != 0; left &= left - 1)
			pixels->colours[pixels->n++] = rows[__builtin_ctzll(left)];
	}
}

/* Which pixels of the shown part of a tile are not what is expected. */
static void
find_changed(const struct link *link, const struct mural_rect *rect,
	const struct mural_rect *shown, const uint32_t canvas[TILE_PIXELS],
	uint32_t rows[MURAL_TILE])
{
	const uint32_t width = link->shared.view.width, left = shown->x - rect->x;
	const uint32_t ahead = ROWS_AHEAD * width;
	uint32_t room[MURAL_TILE];

	memset(rows, 0, MURAL_TILE * sizeof(*rows));
	for (uint32_t y = 0; y < shown->height; y++) {
		const uint32_t row = shown->y + y - rect->y;
		const uint32_t place = (shown->y + y) * width + shown->x;

		if (y + ROWS_AHEAD < shown->height) {
			__builtin_prefetch(&link->shared.pixels[place + ahead]);
			__builtin_prefetch(
				&link->shared.pixels[place + ahead + shown->width - 1]);
		}
		rows[row] = row_differs(expected_row(link, place, shown->width, room),
				    &canvas[row * MURAL_TILE + left], shown->width)
			    << left;
	}
}

/* Where the wall shows nothing, nothing differs. */
static void
job_compare(const struct link *link, uint32_t tile, struct tile_pixels *pixels)
{
	const struct mural_rect rect = mural_tile_rect(&link->shared.view, tile);
	uint32_t canvas[TILE_PIXELS];
	struct mural_rect shown;

	pixels->tile = tile;
	pixels->n = 0;
	if (!window_cut(&link->window, &rect, &shown))
		return;
	window_copy(&link->window, link->host, link->reader, &shown,
		&canvas[(shown.y - rect.y) * MURAL_TILE + shown.x - rect.x], MURAL_TILE);
	find_changed(link, &rect, &shown, canvas, pixels->rows);
	take_colours(pixels, canvas);
}

/* A flood that paints what is there already must not keep this wall comparing. */
static uint64_t
rest_after(uint64_t took_ns, const struct job *job, uint32_t n_compared)
{
	const uint64_t ms = took_ns * VAIN_SHARE / 1000000;

	if (job->n_changed > n_compared * (TILE_PIXELS / VAIN_PIXELS))
		return 0;
	return ms < VAIN_REST_MAX ? ms : VAIN_REST_MAX;
}

/* Moves link->turn on to the next tile that is pending, round and round: if each batch
 * began with the first one, tiles that are painted all the time would keep the others
 * from being compared.  False: none is pending. */
static bool
find_pending(struct link *link)
{
	const struct mural_view *view = &link->shared.view;

	if (mural_tiles_next(view, link->pending, &link->turn))
		return true;
	link->turn = 0;
	return mural_tiles_next(view, link->pending, &link->turn);
}

/* Takes tiles that are pending and differ. */
static void
job_take(struct job *job)
{
	const uint64_t begun = thread_worked_ns();
	struct link *link = job->link;
	uint32_t n = 0;

	for (; n < JOB_TILES && find_pending(link); n++) {
		struct tile_pixels *pixels = &job->tiles[job->n_tiles];
		const uint32_t tile = link->turn++;

		mural_tiles_remove(link->pending, tile);
		job_compare(link, tile, pixels);
		if (pixels->n > 0)
			flight_add(link, pixels);
		job->n_tiles += pixels->n > 0;
		job->n_changed += pixels->n;
	}
	link->vain_rest = rest_after(thread_worked_ns() - begun, job, n);
	rest(link, 0);
}

static void
job_start(struct link *link)
{
	struct job *job = link->job;
	uint32_t first = 0;

	memset(job, 0, offsetof(struct job, frame));
	job->work.data = job;
	job->link = link;
	job->frame.view = &link->shared.view;
	job->frame.used = 0;
	job_take(job);
	if (job->n_tiles == 0) {
		mural_metric_set(link->host, METRIC_DIRTY, 0);
		if (mural_tiles_next(&link->shared.view, link->pending, &first))
			publish_soon(link);
		return;
	}
	if (uv_queue_work(link->host->loop, &job->work, job_run, on_job_done) < 0) {
		job_put_back(job);
		return;
	}
	link->is_comparing = true;
	link->jobs++;
}

/* ------------------------------------------------------------------ the ticks */

/* Adds a damaged tile of the canvas: it may lie in four of the picture. */
static void
add_damaged(struct link *link, const struct mural_rect *rect)
{
	const struct mural_view *view = &link->shared.view;
	struct mural_rect part;

	if (!window_from_canvas(&link->window, link->host, rect, &part))
		return;
	for (uint32_t y = part.y / MURAL_TILE; y * MURAL_TILE < part.y + part.height; y++)
		for (uint32_t x = part.x / MURAL_TILE;
			x * MURAL_TILE < part.x + part.width; x++)
			mural_tiles_add(link->pending, y * view->tiles_x + x);
}

static void
take_damage(struct link *link)
{
	const struct mural_view *canvas = mural_reader_view(link->reader);
	uint64_t tiles[MURAL_SIDE_MAX / MURAL_TILE * (MURAL_SIDE_MAX / MURAL_TILE) / 64];

	do {
		while (mural_reader_take(link->reader, tiles))
			for (uint32_t tile = 0; mural_tiles_next(canvas, tiles, &tile);
				tile++) {
				const struct mural_rect rect =
					mural_tile_rect(canvas, tile);

				add_damaged(link, &rect);
			}
	} while (mural_reader_arm(link->reader));
}

/* A wall that only shows has no paint of its own. */
static void
put_back(struct link *link)
{
	const struct picture *shared = &link->shared;
	struct mural_brush *brush = link->host->brush;
	uint32_t now = 0;

	for (uint32_t tile = 0; mural_tiles_next(&shared->view, link->pending, &tile);
		tile++) {
		const struct mural_rect rect = mural_tile_rect(&shared->view, tile);

		mural_tiles_remove(link->pending, tile);
		for (uint32_t i = 0; i < rect.width * rect.height; i++) {
			const struct spot spot = picture_spot(
				shared, (rect.y + i / rect.width) * shared->view.width +
						rect.x + i % rect.width);
			uint32_t x, y;

			if (window_find(&link->window, &spot, &x, &y) &&
				mural_get(brush, x, y, &now) &&
				now != link_expected(link, spot.place))
				link_put_back(link, &spot, now);
		}
	}
	mural_publish(link->host);
}

static void
on_tick(const struct mural_event *event, struct mural_brush *brush)
{
	struct link *link = event->arg;

	(void)brush;
	if (link->phase != PHASE_LINKED || link->flight.n > 0 || link->is_comparing)
		return;
	take_damage(link);
	if (link->config->role == ROLE_VIEW) {
		put_back(link);
		rest(link, 0);
	} else
		job_start(link);
}

void
publish_soon(struct link *link)
{
	const uint64_t now = uv_now(link->host->loop);

	if (link->phase == PHASE_LINKED && !link->is_stopping)
		mural_timer_again(
			link->tick, link->next_send > now ? link->next_send - now : 0, 0);
}

static void
on_damage(const struct mural_event *event, struct mural_brush *brush)
{
	(void)brush;
	publish_soon(event->arg);
}

void
publish_pixel(struct link *link, const struct spot *spot)
{
	mural_tiles_add(link->pending, picture_tile(&link->shared, spot));
}

void
publish_all(struct link *link)
{
	mural_tiles_add_all(&link->shared.view, link->pending);
}

int
publish_start(struct link *link)
{
	const struct mural_view *view = &link->shared.view;

	TAILQ_INIT(&link->sent);
	link->pending = calloc(view->words, sizeof(uint64_t));
	link->in_flight = calloc((size_t)view->tiles_x * view->tiles_y * MURAL_TILE,
		sizeof(*link->in_flight));
	link->job = calloc(1, sizeof(*link->job));
	link->reader = mural_reader_new(link->host, NULL, on_damage, link);
	link->tick = mural_timer_start(link->host, NULL, 0, 0, on_tick, link);
	if (!link->pending || !link->in_flight || !link->job || !link->reader ||
		!link->tick)
		return -ENOMEM;
	/* it is what the log says, or publish_pixel() was told */
	mural_reader_ignore(link->reader, link->host->brush);
	return 0;
}

void
publish_finish(struct link *link)
{
	sent_forget(link, true);
	free(link->pending);
	free(link->in_flight);
	frame_finish(&link->frame);
	if (link->job)
		frame_finish(&link->job->frame);
	free(link->job);
}
