/* SPDX-License-Identifier: MIT */
/* The film on the invitation: its pictures, and when they are shown. */
#include "app/hud-film.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/reel.h"
#include "support/recorded-wall.h"

enum { WIDTH = 640, HEIGHT = 360 };

static void
wall_begin(struct wall *wall, uint32_t width, uint32_t height)
{
	memset(wall, 0, sizeof(*wall));
	wall_begin_on(wall, width, height, 0xff000000);
}

/* The left half of it; then one interval is over. */
static void
record_colour(struct wall *wall, uint32_t colour)
{
	for (uint32_t y = 0; y < wall->brush.height; y++)
		for (uint32_t x = 0; x < wall->brush.width / 2; x++)
			mural_put(&wall->brush, x, y, colour);
	canvas_publish(&wall->canvas, &wall->brush);
	record(wall);
}

TEST_WITH(there_is_a_reel_only_of_what_was_recorded, no_files, NULL)
{
	struct reel *reel = NULL;
	struct wall wall;

	assert_int_equal(reel_open(&reel, file, 0), -ENOENT);
	wall_begin(&wall, WIDTH, HEIGHT);
	record_colour(&wall, 0xffffffff);
	assert_int_equal(reel_open(&reel, file, INT64_MAX), -ENODATA);
	assert_int_equal(reel_open(&reel, file, 0), 0);
	assert_true(reel_begin_ms(reel) > 0);
	reel_close(reel);
	wall_end(&wall);
}

static uint32_t
pixel(const struct reel_picture *picture, uint32_t x, uint32_t y)
{
	return picture->pixels[y * picture->width + x];
}

/* It ends with what is there, and what was there before is never a picture of its own. */
TEST_WITH(pictures_are_small_and_mixed_with_the_one_before, no_files, NULL)
{
	struct reel_picture picture;
	struct reel *reel = NULL;
	bool mixed = false;
	struct wall wall;

	wall_begin(&wall, WIDTH, HEIGHT);
	record_colour(&wall, 0xff0000ff);
	usleep(20000); /* which are two moments */
	record_colour(&wall, 0xffff0000);
	assert_int_equal(reel_open(&reel, file, 0), 0);
	for (uint32_t i = 0; i < REEL_PICTURES; i++) {
		assert_int_equal(reel_show(reel, i, &picture), 0);
		mixed = mixed || pixel(&picture, 0, 0) == 0xff7f007f;
		assert_int_equal(pixel(&picture, picture.width - 1, 0), 0xff000000);
		if (i == 0)
			assert_int_equal(pixel(&picture, 0, 0), 0xff0000ff);
	}
	assert_true(mixed);
	assert_int_equal(picture.width, REEL_WIDTH_MAX);
	assert_int_equal(picture.height, REEL_HEIGHT_MAX);
	assert_int_equal(pixel(&picture, 5, 100), 0xffff0000);
	reel_close(reel);
	wall_end(&wall);
}

/* Nor larger than the canvas. */
TEST_WITH(another_canvas_is_left_out, no_files, NULL)
{
	struct reel_picture picture;
	struct reel *reel = NULL;
	struct wall wall;

	wall_begin(&wall, WIDTH, HEIGHT);
	record_colour(&wall, 0xff0000ff);
	wall_end(&wall);
	usleep(20000); /* which are two moments */
	wall_begin(&wall, 64, 32);
	record_colour(&wall, 0xffff0000);
	assert_int_equal(reel_open(&reel, file, 0), 0);
	assert_int_equal(reel_show(reel, 0, &picture), 0);
	assert_int_equal(picture.width, 64);
	assert_int_equal(picture.height, 32);
	assert_int_equal(pixel(&picture, 0, 0), 0);
	for (uint32_t i = REEL_PICTURES - 2; i < REEL_PICTURES; i++)
		assert_int_equal(reel_show(reel, i, &picture), 0);
	assert_int_equal(pixel(&picture, 0, 0), 0xffff0000);
	reel_close(reel);
	wall_end(&wall);
}

/* ------------------------------------------------------------------ playing */

static uint32_t opened;

static void
on_open(struct hud_film *film)
{
	assert_int_equal(film->width, REEL_WIDTH_MAX);
	assert_int_equal(film->height, REEL_HEIGHT_MAX);
	opened++;
}

/* UV_RUN_ONCE blocks for good if the last timer was due before it. */
static void
turn(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_NOWAIT);
	usleep(1000);
}

static void
run_until_opened(struct wall *wall, uint32_t times)
{
	while (opened < times)
		turn(&wall->loop);
}

static void
wait_for_pictures(struct wall *wall, const struct hud *hud, uint64_t n)
{
	uint64_t shown = 0, more;

	while (shown < n) {
		turn(&wall->loop);
		if (read(hud_fd(hud), &more, sizeof(more)) > 0)
			shown += more;
	}
}

/* A wall that is recorded and has been blue once. */
static struct hud *
film_begin(struct hud_film *film, struct wall *wall)
{
	struct hud *hud = hud_new();

	opened = 0;
	wall_begin(wall, WIDTH, HEIGHT);
	hud_film_start(film, hud, file, &wall->loop, on_open);
	record_colour(wall, 0xff0000ff);
	return hud;
}

static void
film_finish(struct hud_film *film, struct wall *wall, struct hud *hud)
{
	hud_film_stop(film);
	wall_end(wall);
	hud_free(hud);
}

/* Its last pictures come at once. */
static void
play_to_end(struct hud_film *film, struct wall *wall)
{
	film->began_ns -= UINT64_C(60000000000);
	while (film->job)
		turn(&wall->loop);
}

TEST_WITH(it_plays_while_it_is_wanted, no_files, NULL)
{
	struct hud_film film = { 0 };
	struct wall wall;
	struct hud *hud;

	hud_film_stop(&film);
	hud = film_begin(&film, &wall);
	hud_film_play(&film);
	hud_film_play(&film);
	run_until_opened(&wall, 1);
	wait_for_pictures(&wall, hud, 3);
	play_to_end(&film, &wall);
	assert_true(film.plays && uv_is_active((uv_handle_t *)&film.next));
	assert_in_range(uv_timer_get_due_in(&film.next), 1, 300 * 1000);
	assert_int_equal(opened, 1);

	/* and again */
	hud_film_end(&film);
	assert_false(uv_is_active((uv_handle_t *)&film.next));
	hud_film_play(&film);
	run_until_opened(&wall, 2);
	/* in the hour's last minutes, it is the last time */
	film.wanted_ns -= UINT64_C(3400) * 1000000000;
	play_to_end(&film, &wall);
	assert_false(uv_is_active((uv_handle_t *)&film.next));

	/* ended while it is read */
	hud_film_end(&film);
	hud_film_play(&film);
	while (!film.is_working)
		turn(&wall.loop);
	hud_film_end(&film);
	film_finish(&film, &wall, hud);
	assert_int_equal(opened, 2);
}

/* The colour in its left upper corner, as a screen draws it. */
static uint32_t
drawn_colour(struct hud *hud)
{
	uint32_t pixels[8 * 8] = { 0 };
	struct hud_cards cards = { .film = { .place = { .right = 8, .bottom = 8 } } };

	cards.film.pixels = pixels;
	assert_true(hud_draw_film(hud, &cards));
	return pixels[0];
}

TEST_WITH(it_ends_with_what_is_there_although_pictures_were_left_out, no_files, NULL)
{
	struct hud_film film = { 0 };
	struct wall wall;
	struct hud *hud = film_begin(&film, &wall);

	usleep(20000); /* which are two moments */
	record_colour(&wall, 0xffff0000);
	hud_film_play(&film);
	run_until_opened(&wall, 1);
	play_to_end(&film, &wall);
	assert_int_equal(drawn_colour(hud), 0xffff0000);
	film_finish(&film, &wall, hud);
}

/* What was before it was cleared is no more shown than what was never recorded. */
TEST_WITH(a_wall_that_was_cleared_has_no_past, no_files, NULL)
{
	struct hud_film film = { 0 };
	struct wall wall;
	struct hud *hud = film_begin(&film, &wall);

	usleep(2000); /* which is a later millisecond */
	hud_film_forget(&film);
	hud_film_play(&film);
	while (film.working > 0 || !uv_is_active((uv_handle_t *)&film.next) ||
		uv_timer_get_due_in(&film.next) < 1000)
		turn(&wall.loop);
	assert_int_equal(opened, 0);
	assert_int_equal(film.width, 0);
	film_finish(&film, &wall, hud);
}

UNIT_TESTS(enter_folder, leave_folder)
