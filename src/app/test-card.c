/* SPDX-License-Identifier: MIT */
/* Runs a display with a canvas of its own size, and paints the test card on it, for each
 * output a page of its own. */
#include "app/test-card.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "app/hud-status.h"
#include "base/host-address.h"
#include "base/log.h"
#include "base/util.h"
#include "canvas/canvas.h"
#include "display/display.h"
#include "display/layout.h"

#define POLL_MS 500

/* How a card differs from output to output. */
struct page {
	struct test_card_page drawn;
	uint32_t left, top; /* on the canvas */
	char mode[256], output[256];
};

struct test_card {
	struct config_display config;
	struct display display;
	struct canvas canvas;
	struct mural_brush brush;
	struct hud *hud;
	struct hud_status hud_status; /* its looks only */
	struct text *text;
	uint32_t width, height; /* of a page */
	uint32_t n_pages;
	struct page pages[CONFIG_CONNECTORS];
	uv_loop_t loop;
	uv_timer_t poll;
	uv_signal_t signals[2];
};

/* Draws and publishes a page again if the mode, or before there is one the size, changed.
 * The display's thread finds and changes it by itself. */
static void
update_page(struct test_card *card, uint32_t output)
{
	struct page *page = &card->pages[output];
	const struct font_bitmap *bitmap = &page->drawn.bitmap;
	char mode[sizeof(page->mode)];

	display_describe_output(&card->display, output, mode, sizeof(mode));
	if (*mode == '\0')
		snprintf(mode, sizeof(mode), "%ux%u", bitmap->width, bitmap->height);
	if (strcmp(mode, page->mode) == 0)
		return;
	memcpy(page->mode, mode, sizeof(mode));
	if (test_card_draw(&page->drawn) < 0) {
		log_error("test card: out of memory");
		return;
	}
	for (uint32_t y = 0; y < bitmap->height; y++)
		mural_row(&card->brush, page->left, page->top + y, bitmap->width,
			bitmap->pixels + y * bitmap->stride);
	canvas_publish(&card->canvas, &card->brush);
}

static void
update_card(struct test_card *card)
{
	for (uint32_t i = 0; i < card->n_pages; i++)
		update_page(card, i);
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

/* ------------------------------------------------------------------ pages */

/* The name of the output in the config, and what it shows there. */
static void
describe_output(const struct config_output *output, char *text, size_t len)
{
	static const char *const scales[] = { "fit", "integer", "fill", "none" };
	static const char *const huds[] = { "no", "yes", "call", "lines", "plain",
		"only" };
	const struct mural_rect *view = &output->view;
	char part[64] = "all of the canvas";

	if (view->width > 0)
		snprintf(part, sizeof(part), "view %ux%u+%u+%u", view->width,
			view->height, view->x, view->y);
	snprintf(text, len, "%s: %s, scale %s, rotate %u, hud %s",
		*output->name ? output->name : output->connector, part,
		scales[output->scale], output->rotate * 90, huds[output->hud]);
}

static int
make_page(struct test_card *card, const struct config *config, uint32_t i)
{
	const struct config_output *output = &config->display.outputs[i];
	const bool all = output->view.width == 0;
	const uint32_t columns = MAX(MURAL_SIDE_MAX / card->width, 1);
	struct page *page = &card->pages[i];
	struct test_card_page *drawn = &page->drawn;

	*drawn = (struct test_card_page){
		.bitmap = { calloc((size_t)card->width * card->height, sizeof(uint32_t)),
			card->width, card->width, card->height },
		.hud = card->hud,
		.room = layout_room(output, card->width, card->height),
		.text = card->text,
		.mode = page->mode,
		.output = page->output,
	};
	if (!drawn->bitmap.pixels)
		return -ENOMEM;
	drawn->room.only = drawn->room.hides = false;
	drawn->room.strip = drawn->room.strip && output->hud != HUD_PLAIN;
	hud_place(&drawn->room, all ? config->canvas.size.width : output->view.width,
		all ? config->canvas.size.height : output->view.height, &drawn->strip,
		&drawn->picture);
	describe_output(output, page->output, sizeof(page->output));
	page->left = i % columns * card->width;
	page->top = i / columns * card->height;
	return 0;
}

/* The page's address as the config has it, though nothing listens now. */
static void
write_url(const struct config *config, char *url, size_t len)
{
	const struct section *section = config->sections;
	const struct setting *listen = NULL;
	char address[ADDRESS_TEXT_MAX] = "192.0.2.10";
	const char *port = NULL;

	if (*config->server.public_url) {
		snprintf(url, len, "%s", config->server.public_url);
		return;
	}
	(void)host_address_get(AF_INET, address);
	while (section && strcmp(section->module, "http") != 0)
		section = section->next;
	if (section)
		listen = section_find(section, "listen");
	if (listen)
		port = strrchr(listen->value, ':');
	snprintf(url, len, "http://%s:%.5s/",
		*config->server.public_address ? config->server.public_address : address,
		port ? port + 1 : "8080");
}

/* What a busy wall says. */
static void
make_text(const struct config *config, struct hud_text *text)
{
	*text = (struct hud_text){
		.rate = 12345678,
		.total = 48200000000,
		.painting = 17,
		.watching = 5,
		.quiet = true,
		.n_lines = 1,
		.lines = { { .name = "icmp",
			.hint = "ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10" } },
	};
	write_url(config, text->url, sizeof(text->url));
}

static int
make_hud(struct test_card *card, const struct config *config)
{
	struct hud_text text;

	card->hud = hud_new();
	card->text = text_open(config->display.font);
	if (!card->hud || !card->text)
		return -ENOMEM;
	hud_status_dress(&card->hud_status, card->hud, &config->display);
	make_text(config, &text);
	hud_set_text(card->hud, &text);
	return 0;
}

static int
make_pages(struct test_card *card, const struct config *config)
{
	uint32_t width = card->display.width, height = card->display.height;
	int ret = make_hud(card, config);

	if (ret == 0)
		ret = canvas_init(&card->canvas, width, height, 0xff000000);
	if (ret == 0)
		ret = canvas_brush_init(&card->canvas, &card->brush, 0, 0, width, height);
	for (uint32_t i = 0; i < card->n_pages && ret == 0; i++)
		ret = make_page(card, config, i);
	if (ret < 0)
		log_error("test card: %ux%u: %s", width, height, strerror(-ret));
	return ret;
}

/* ------------------------------------------------------------------ the display */

static void
prepare_config(struct test_card *card)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct config_output *output = &card->config.outputs[i];

		output->view = (struct mural_rect){ 0 };
		output->scale = SCALE_FIT;
		output->hud = HUD_NO;
		output->safe_area = 0;
		card->n_pages += *output->connector != '\0';
	}
	card->config.blanking = (struct config_blank){ 0 };
}

/* As many pages as a canvas has room for, side by side and below each other; each output
 * shows its own. */
static void
share_canvas(struct test_card *card)
{
	const uint32_t columns = MAX(MURAL_SIDE_MAX / card->width, 1);
	const uint32_t rows = MAX(MURAL_SIDE_MAX / card->height, 1);

	card->n_pages = MIN(card->n_pages, columns * rows);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const uint32_t page = MIN(i, card->n_pages - 1);

		if (*card->config.outputs[i].connector)
			card->config.outputs[i].view =
				(struct mural_rect){ page % columns * card->width,
					page / columns * card->height, card->width,
					card->height };
	}
}

/* Twice where there are several: the size of the first is that of all pages. */
static int
open_display(struct test_card *card)
{
	int ret = display_open(&card->display, &card->config);

	card->width = card->display.width;
	card->height = card->display.height;
	if (ret < 0 || card->n_pages < 2 || !card->display.found_screen)
		return ret;
	display_close(&card->display);
	share_canvas(card);
	return display_open(&card->display, &card->config);
}

static void
finish_card(struct test_card *card)
{
	display_stop(&card->display);
	canvas_brush_finish(&card->brush);
	canvas_finish(&card->canvas);
	display_close(&card->display);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		free(card->pages[i].drawn.bitmap.pixels);
	text_close(card->text);
	hud_free(card->hud);
	free(card);
}

static int
show_card(struct test_card *card, const struct config *config)
{
	int ret = 0;

	if (!card->display.found_screen) {
		log_error("test card: %s; see murald --doctor",
			display_wanted(&card->display)
				? "no screen is connected to show it on"
				: "there is no display to show it on");
		return -ENODEV;
	}
	ret = make_pages(card, config);
	if (ret < 0)
		return ret;
	update_card(card);
	ret = display_start(&card->display, &card->canvas, NULL);
	if (ret == 0)
		run_until_signal(card);
	return ret;
}

int
test_card_run(const struct config *config)
{
	struct test_card *card = calloc(1, sizeof(*card));
	int ret;

	if (!card)
		return -ENOMEM;
	card->config = config->display;
	prepare_config(card);
	ret = open_display(card);
	if (ret == 0)
		ret = show_card(card, config);
	finish_card(card);
	return ret;
}
