/* SPDX-License-Identifier: MIT */
/* Runs a display with a canvas of its own size that only has the test card on it. */
#include "app/test-card.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/log.h"
#include "base/util.h"
#include "canvas/canvas.h"
#include "display/display.h"

#define LOOK_MS 500

struct test_card {
	struct config_display config;
	struct display display;
	struct canvas canvas;
	struct mural_brush brush;
	struct font_bitmap bitmap;
	uv_loop_t loop;
	uv_timer_t look;
	uv_signal_t signals[2];
	char words[256]; /* drawn on the card */
};

/* Before there is a screen, the size is all that is known. */
static void
describe_mode(struct test_card *card, char *words, size_t len)
{
	display_describe(&card->display, words, len);
	if (*words == '\0')
		snprintf(words, len, "%ux%u", card->display.width, card->display.height);
}

static void
show_words(struct test_card *card, const char *words)
{
	const struct font_bitmap *bitmap = &card->bitmap;

	snprintf(card->words, sizeof(card->words), "%s", words);
	test_card_draw(bitmap, words);
	for (uint32_t y = 0; y < bitmap->height; y++)
		mural_row(&card->brush, 0, y, bitmap->width,
			bitmap->pixels + y * bitmap->stride);
	canvas_publish(&card->canvas, &card->brush);
}

/* The display chooses and changes its mode on a thread of its own. */
static void
on_look(uv_timer_t *timer)
{
	struct test_card *card = timer->data;
	char words[sizeof(card->words)];

	describe_mode(card, words, sizeof(words));
	if (strcmp(words, card->words) != 0)
		show_words(card, words);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	log_info("stopping: %s", number == SIGINT ? "SIGINT" : "SIGTERM");
	uv_stop(handle->loop);
}

static void
run_until_signal(struct test_card *card)
{
	static const int numbers[] = { SIGTERM, SIGINT };
	uv_loop_t *loop = &card->loop;

	uv_loop_init(loop);
	uv_timer_init(loop, &card->look);
	card->look.data = card;
	uv_timer_start(&card->look, on_look, LOOK_MS, LOOK_MS);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uv_signal_init(loop, &card->signals[i]);
		uv_signal_start(&card->signals[i], on_signal, numbers[i]);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&card->look, NULL);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		uv_close((uv_handle_t *)&card->signals[i], NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	uv_loop_close(loop);
}

static int
make_canvas(struct test_card *card)
{
	uint32_t width = card->display.width, height = card->display.height;
	int ret = canvas_init(&card->canvas, width, height, 0xff000000);

	if (ret == 0)
		ret = canvas_brush_init(&card->canvas, &card->brush, 0, 0, width, height);
	card->bitmap = (struct font_bitmap){ calloc((size_t)width * height, 4), width,
		width, height };
	if (ret == 0 && !card->bitmap.pixels)
		ret = -ENOMEM;
	if (ret < 0)
		log_error("test card: %ux%u: %s", width, height, strerror(-ret));
	return ret;
}

int
test_card_run(const struct config *config)
{
	struct test_card card = { .config = config->display };
	char words[sizeof(card.words)];
	int ret;

	card.config.scale = SCALE_FIT;
	card.config.hud = false;
	card.config.blanking = (struct config_blank){ 0 };
	if ((ret = display_open(&card.display, &card.config)) < 0)
		return ret;
	if (!display_wanted(&card.display)) {
		log_error("test card: there is no display to show it on; murald --doctor "
			  "says why");
		ret = -ENODEV;
	}
	if (ret == 0 && (ret = make_canvas(&card)) == 0) {
		describe_mode(&card, words, sizeof(words));
		show_words(&card, words);
		ret = display_start(&card.display, &card.canvas, NULL);
	}
	if (ret == 0)
		run_until_signal(&card);
	display_stop(&card.display);
	canvas_brush_finish(&card.brush);
	canvas_finish(&card.canvas);
	display_close(&card.display);
	free(card.bitmap.pixels);
	return ret;
}
