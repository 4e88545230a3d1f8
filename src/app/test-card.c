/* SPDX-License-Identifier: MIT */
/* Runs a display with a canvas of its own size, and paints the test card on it. */
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

#define POLL_MS 500

struct test_card {
	struct config_display config;
	struct display display;
	struct canvas canvas;
	struct mural_brush brush;
	struct font_bitmap bitmap;
	uv_loop_t loop;
	uv_timer_t poll;
	uv_signal_t signals[2];
	char text[256]; /* as drawn */
};

/* Draws and publishes the card again if the mode, or before there is one the size,
 * changed. The display's thread finds and changes it by itself. */
static void
update_card(struct test_card *card)
{
	const struct font_bitmap *bitmap = &card->bitmap;
	char text[sizeof(card->text)];

	display_describe(&card->display, text, sizeof(text));
	if (*text == '\0')
		snprintf(text, sizeof(text), "%ux%u", bitmap->width, bitmap->height);
	if (strcmp(text, card->text) == 0)
		return;
	memcpy(card->text, text, sizeof(text));
	test_card_draw(bitmap, text);
	for (uint32_t y = 0; y < bitmap->height; y++)
		mural_row(&card->brush, 0, y, bitmap->width,
			bitmap->pixels + y * bitmap->stride);
	canvas_publish(&card->canvas, &card->brush);
}

static void
on_poll(uv_timer_t *timer)
{
	update_card(timer->data);
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
	uv_timer_init(loop, &card->poll);
	card->poll.data = card;
	uv_timer_start(&card->poll, on_poll, POLL_MS, POLL_MS);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uv_signal_init(loop, &card->signals[i]);
		uv_signal_start(&card->signals[i], on_signal, numbers[i]);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&card->poll, NULL);
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
	int ret;

	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		card.config.outputs[i].view = (struct mural_rect){ 0 };
		card.config.outputs[i].scale = SCALE_FIT;
		card.config.outputs[i].hud = HUD_NO;
		card.config.outputs[i].safe_area = 0;
	}
	card.config.blanking = (struct config_blank){ 0 };
	if ((ret = display_open(&card.display, &card.config)) < 0)
		return ret;
	if (!card.display.found_screen) {
		log_error("test card: %s; see murald --doctor",
			display_wanted(&card.display)
				? "no screen is connected to show it on"
				: "there is no display to show it on");
		ret = -ENODEV;
	}
	if (ret == 0 && (ret = make_canvas(&card)) == 0) {
		update_card(&card);
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
