/* SPDX-License-Identifier: MIT */
/* What the HUD is told of an instance, and when. */
#include "app/hud-status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

/* UV_RUN_ONCE blocks for good if the last timer was due before it. */
static void
turn(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_NOWAIT);
	usleep(1000);
}

/* Turns the loop until nothing but a change can wake it. */
static void
run_until_idle(struct hud_status *hud_status, uv_loop_t *loop)
{
	while (uv_is_active((uv_handle_t *)&hud_status->second))
		turn(loop);
}

TEST(what_is_said_is_shown_though_nobody_paints)
{
	static const struct mural_plugin plugin = { .name = "odd" };
	struct instance instance = { .plugin = &plugin, .is_open = true };
	struct plugins plugins = { .instances = &instance };
	const struct config_server server = { .public_url = "",
		.public_address = "192.0.2.1" };
	uv_loop_t loop;
	struct ingest ingest = { .plugins = &plugins, .server = &server, .loop = &loop };
	struct hud *hud = hud_new();
	struct hud_status hud_status = { 0 };
	struct canvas canvas = { 0 };
	const struct hud_room room = { .width = 1, .height = 1, .strip = true };
	const struct box strip = { 0, 0, 1, 1 };
	const struct mural_rect parts[HUD_FROZEN_MAX + 1] = { { 3, 4, 10, 5 } };
	const struct box part = { 3, 4, 13, 9 };
	uint64_t version;
	uint32_t pixel;

	instance.ingest = &ingest;
	instance.host.name = "odd";
	instance.common.advertise = "yes";
	assert_int_equal(said_init(&instance.said, NULL), 0);
	assert_int_equal(canvas_init(&canvas, 64, 32, 0xff000000), 0);
	uv_loop_init(&loop);
	assert_int_equal(
		hud_status_start(&hud_status, hud, &ingest, &canvas, "", &loop), 0);
	run_until_idle(&hud_status, &loop);
	assert_int_equal(hud_status.text.n_lines, 0);
	version = hud_draw(hud, &pixel, &room, &strip);

	assert_true(said_set_state(&instance.said, "waiting for the engine"));
	assert_false(said_set_state(&instance.said, "waiting for\n the engine"));
	hud_status_wake(&hud_status);
	assert_true(uv_is_active((uv_handle_t *)&hud_status.second));
	hud_status_wake(&hud_status);
	run_until_idle(&hud_status, &loop);
	assert_string_equal(hud_status.text.lines[0].state, "waiting for the engine");
	assert_true(hud_draw(hud, &pixel, &room, &strip) != version);

	hud_status_frozen(&hud_status, false, parts, ARRAY_LEN(parts));
	assert_int_equal(hud_status.text.n_frozen, HUD_FROZEN_MAX);
	assert_memory_equal(&hud_status.text.frozen[0], &part, sizeof(part));
	hud_status_frozen(&hud_status, true, parts, ARRAY_LEN(parts));
	assert_true(hud_status.text.paused);
	assert_int_equal(hud_status.text.n_frozen, 0);
	hud_status_notice(&hud_status, "the doors close at 23:00");
	assert_string_equal(hud_status.text.notice, "the doors close at 23:00");

	hud_status_stop(&hud_status);
	hud_status_wake(&hud_status);
	hud_status_frozen(&hud_status, false, NULL, 0);
	hud_status_notice(&hud_status, "");
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	canvas_finish(&canvas);
	hud_free(hud);
	said_finish(&instance.said);
}

/* Turns the loop until the next tick. */
static void
run_a_second(struct hud_status *hud_status, uv_loop_t *loop)
{
	const uint64_t before = hud_status->counted_ns;

	while (hud_status->counted_ns == before)
		turn(loop);
}

static void
paint(struct canvas *canvas)
{
	struct mural_brush brush;

	assert_int_equal(canvas_brush_init(canvas, &brush, 0, 0, 64, 32), 0);
	mural_put(&brush, 3, 4, 0xffffffff);
	canvas_publish(canvas, &brush);
	canvas_brush_finish(&brush);
}

/* A HUD's status with what it needs. */
struct desk {
	struct plugins plugins;
	struct config_server server;
	uv_loop_t loop;
	struct ingest ingest;
	struct canvas canvas;
	struct hud *hud;
	struct hud_status hud_status;
};

/* `instance` may be NULL. */
static void
begin(struct desk *desk, struct instance *instance)
{
	desk->plugins.instances = instance;
	desk->ingest.plugins = &desk->plugins;
	desk->ingest.server = &desk->server;
	desk->ingest.loop = &desk->loop;
	desk->hud = hud_new();
	if (instance)
		instance->ingest = &desk->ingest;
	assert_int_equal(canvas_init(&desk->canvas, 64, 32, 0xff000000), 0);
	uv_loop_init(&desk->loop);
	assert_int_equal(hud_status_start(&desk->hud_status, desk->hud, &desk->ingest,
				 &desk->canvas, "", &desk->loop),
		0);
}

static void
end(struct desk *desk)
{
	hud_status_stop(&desk->hud_status);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&desk->loop), 0);
	canvas_finish(&desk->canvas);
	hud_free(desk->hud);
}

/* Also when that is all that is ever painted. */
TEST(who_paints_the_first_pixel_is_somebody)
{
	struct desk desk = { .server = { .public_url = "", .public_address = "" } };
	struct hud_status *hud_status = &desk.hud_status;

	begin(&desk, NULL);
	run_until_idle(hud_status, &desk.loop);
	assert_int_equal(hud_status->text.painting, 0);
	paint(&desk.canvas);
	run_a_second(hud_status, &desk.loop);
	assert_int_equal(hud_status->text.painting, 1);
	run_a_second(hud_status, &desk.loop);
	assert_int_equal(hud_status->text.painting, 1);
	end(&desk);
}

/* At once when somebody paints, and back again when long nobody did. */
TEST(a_quiet_wall_is_told_from_a_busy_one)
{
	struct desk desk = { .server = { .public_url = "", .public_address = "" },
		.hud_status.hides = true };
	struct hud_status *hud_status = &desk.hud_status;
	const struct hud_room room = { .width = 1, .height = 1, .hides = true };

	begin(&desk, NULL);
	assert_true(hud_status->text.quiet);
	run_until_idle(hud_status, &desk.loop);
	assert_false(hud_is_hidden(desk.hud, &room));
	paint(&desk.canvas);
	while (!uv_is_active((uv_handle_t *)&hud_status->second))
		turn(&desk.loop);
	assert_true(hud_is_hidden(desk.hud, &room));
	run_a_second(hud_status, &desk.loop);
	assert_true(hud_is_hidden(desk.hud, &room));
	/* all but the last of the seconds that follow */
	hud_status->quiet_s += 17;
	run_a_second(hud_status, &desk.loop);
	assert_true(hud_is_hidden(desk.hud, &room));
	run_a_second(hud_status, &desk.loop);
	assert_false(hud_is_hidden(desk.hud, &room));
	end(&desk);
}

/* It moves with what changes after so long, and wakes nobody by itself. */
TEST(ten_minutes_move_it)
{
	struct desk desk = { .server = { .public_url = "", .public_address = "" } };
	struct hud_status *hud_status = &desk.hud_status;

	begin(&desk, NULL);
	run_until_idle(hud_status, &desk.loop);
	assert_int_equal(hud_status->text.orbit, 0);
	hud_status->began_ns -= 600 * UINT64_C(1000000000);
	assert_false(uv_is_active((uv_handle_t *)&hud_status->second));
	paint(&desk.canvas);
	while (!uv_is_active((uv_handle_t *)&hud_status->second))
		turn(&desk.loop);
	run_a_second(hud_status, &desk.loop);
	assert_int_equal(hud_status->text.orbit, 1);
	end(&desk);
}

static int
block_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	if (host->config && request->width > 0)
		return snprintf(text, len, "paint %ux%u at %u,%u on %s", request->width,
			request->height, request->x, request->y, request->address);
	return snprintf(
		text, len, "paint %u,%u on %s", request->x, request->y, request->address);
}

static void
run_until_invited(struct desk *desk)
{
	while (!desk->hud_status.text.invites)
		turn(&desk->loop);
}

/* The wall says so once, by itself, and stops with the first pixel. */
TEST(people_are_invited_when_long_nobody_painted)
{
	static const struct mural_plugin plugin = { .name = "odd", .hint = block_hint };
	struct instance instance = {
		.plugin = &plugin, .is_open = true, .common.advertise = "yes"
	};
	struct desk desk = {
		.server = { .public_url = "", .public_address = "192.0.2.1" },
		.hud_status.attract_ms = 1,
	};
	struct hud_status *hud_status = &desk.hud_status;

	instance.host = (struct mural_host){ .name = "odd", .width = 64, .height = 32 };
	assert_int_equal(said_init(&instance.said, NULL), 0);
	begin(&desk, &instance);
	assert_false(hud_status->text.invites);
	run_until_invited(&desk);
	assert_false(uv_is_active((uv_handle_t *)&hud_status->second));
	assert_false(uv_is_active((uv_handle_t *)&hud_status->invitation));
	assert_string_equal(hud_status->text.block, ""); /* it has none */

	instance.host.config = "";
	hud_status_refresh(hud_status);
	assert_string_equal(hud_status->text.block, "paint 4x1 at 30,15 on 192.0.2.1");
	assert_int_equal(hud_status->text.block_width, 4);
	assert_int_equal(hud_status->text.block_height, 1);
	instance.common.advertise = "Ask at the bar";
	hud_status_refresh(hud_status);
	assert_string_equal(hud_status->text.block, "");

	hud_status_frozen(hud_status, true, NULL, 0);
	assert_false(hud_status->text.invites);
	hud_status_frozen(hud_status, false, NULL, 0);
	assert_true(hud_status->text.invites);

	hud_status_wake(hud_status); /* its figures move, and still the pixel ends it */
	hud_status->attract_ms = 3600 * 1000;
	paint(&desk.canvas);
	uv_run(&desk.loop, UV_RUN_ONCE);
	assert_false(hud_status->text.invites);
	run_until_idle(hud_status, &desk.loop);
	assert_true(uv_is_active((uv_handle_t *)&hud_status->invitation));
	assert_false(hud_status->text.invites);
	end(&desk);
	said_finish(&instance.said);
}

static void
on_film_is_done(uv_timer_t *timer)
{
	struct desk *desk = timer->data;

	desk->hud_status.film.working--;
	uv_close((uv_handle_t *)timer, NULL);
}

/* Though the loop turns until the film's thread is done. */
TEST(what_is_painted_during_the_stop_wakes_nothing)
{
	struct desk desk = { .server = { .public_url = "", .public_address = "" } };
	struct hud_status *hud_status = &desk.hud_status;
	uv_timer_t done = { .data = &desk };

	begin(&desk, NULL);
	run_until_idle(hud_status, &desk.loop);
	hud_status->film.working = 1;
	uv_timer_init(&desk.loop, &done);
	uv_timer_start(&done, on_film_is_done, 10, 0);
	paint(&desk.canvas);
	end(&desk);
	assert_false(hud_status->people.watching);
}

static int
local_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	return snprintf(text, len, "http://%s:80/",
		request->is_public ? request->address : (const char *)host->config);
}

/* What a HUD shows of one instance of http. */
static struct hud_text
shown(struct instance *instance, const char *url, const char *address)
{
	static const struct mural_plugin plugin = { .name = "http", .hint = local_hint };
	struct desk desk = { .server = { .public_url = url, .public_address = address } };

	instance->plugin = &plugin;
	instance->host.name = "http";
	begin(&desk, instance);
	end(&desk);
	return desk.hud_status.text;
}

TEST(people_are_shown_what_they_can_use)
{
	struct instance instance = { .is_open = true, .common.advertise = "yes" };
	struct hud_text text;

	assert_int_equal(said_init(&instance.said, NULL), 0);
	instance.host.config = "127.0.0.1";
	text = shown(&instance, "", "");
	assert_string_not_equal(text.url, "http://127.0.0.1:80/");
	text = shown(&instance, "", "192.0.2.1");
	assert_string_equal(text.url, "http://192.0.2.1:80/");
	text = shown(&instance, "https://wall.example.org/", "192.0.2.1");
	assert_string_equal(text.url, "https://wall.example.org/");
	assert_int_equal(text.n_lines, 0);
	instance.common.advertise = "Ask at the bar";
	text = shown(&instance, "", "");
	assert_string_equal(text.lines[0].hint, "Ask at the bar");
	assert_true(text.lines[0].is_words);
	assert_string_equal(text.url, "");
	/* without a network all that can be said is what is missing */
	assert_false(text.waits_for_network);
	instance.common.advertise = "no";
	assert_int_equal(shown(&instance, "https://x/", "192.0.2.1").n_lines, 0);
	said_finish(&instance.said);
}

TEST(another_address_is_marked)
{
	static const struct mural_plugin plugin = { .name = "http", .hint = local_hint };
	struct instance instance = {
		.plugin = &plugin, .is_open = true, .common.advertise = "yes"
	};
	struct desk desk = {
		.server = { .public_url = "", .public_address = "192.0.2.1" },
	};
	struct hud_status *hud_status = &desk.hud_status;

	instance.host.name = "http";
	instance.host.config = "127.0.0.1";
	assert_int_equal(said_init(&instance.said, NULL), 0);
	begin(&desk, &instance);
	assert_false(hud_status->text.url_is_new);
	instance.is_open = false;
	hud_status_refresh(hud_status);
	instance.is_open = true;
	hud_status_refresh(hud_status);
	assert_false(hud_status->text.url_is_new);
	desk.server.public_address = "192.0.2.2";
	hud_status_refresh(hud_status);
	assert_true(hud_status->text.url_is_new);
	hud_status_refresh(hud_status);
	assert_true(hud_status->text.url_is_new);
	hud_status->lines.new_until_ns = uv_hrtime();
	hud_status_refresh(hud_status);
	assert_false(hud_status->text.url_is_new);
	end(&desk);
	said_finish(&instance.said);
}

TEST(what_waits_is_shown)
{
	struct instance instance = { .common.advertise = "yes" };
	struct hud_text text;

	assert_int_equal(said_init(&instance.said, NULL), 0);
	assert_int_equal(shown(&instance, "", "192.0.2.1").n_lines, 0);
	said_set_trouble(&instance.said, "waiting: there is no such interface");
	text = shown(&instance, "", "192.0.2.1");
	assert_int_equal(text.n_lines, 1);
	assert_string_equal(text.lines[0].state, "waiting: there is no such interface");
	assert_string_equal(text.lines[0].hint, "");
	said_finish(&instance.said);
}

/* A reload replaces all instances, also those that go on. */
TEST(what_a_reload_brings_is_shown)
{
	static const struct mural_plugin plugin = { .name = "odd" };
	struct instance instances[2];
	struct plugins next = { .instances = &instances[1] };
	struct desk desk = { .server = {
				     .public_url = "", .public_address = "192.0.2.1" } };
	const struct hud_text *text = &desk.hud_status.text;

	for (int i = 0; i < 2; i++) {
		instances[i] = (struct instance){ .plugin = &plugin,
			.ingest = &desk.ingest,
			.host.name = "odd",
			.common.advertise = "yes" };
		assert_int_equal(said_init(&instances[i].said, NULL), 0);
		said_set_state(&instances[i].said, i == 0 ? "before" : "after");
	}
	begin(&desk, &instances[0]);
	assert_string_equal(text->lines[0].state, "before");
	desk.ingest.plugins = &next;
	hud_status_refresh(&desk.hud_status);
	assert_int_equal(text->n_lines, 1);
	assert_string_equal(text->lines[0].state, "after");
	end(&desk);
	for (int i = 0; i < 2; i++)
		said_finish(&instances[i].said);
}

/* And nobody is invited to what they cannot reach. */
TEST(without_a_network_that_is_said)
{
	static const struct mural_plugin plugin = { .name = "odd" };
	struct instance instance = { .plugin = &plugin, .common.advertise = "yes" };
	struct desk desk = { .server = { .public_url = "", .public_address = "" },
		.hud_status.attract_ms = 1 };
	struct hud_status *hud_status = &desk.hud_status;
	const char *none[] = { "", "127.0.0.1" };

	instance.host.name = "odd";
	assert_int_equal(said_init(&instance.said, NULL), 0);
	begin(&desk, &instance);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		strcpy(hud_status->lines.address4, none[i]);
		*hud_status->lines.address6 = '\0';
		hud_status_refresh(hud_status);
		assert_true(hud_status->text.waits_for_network);
		assert_string_equal(hud_status->text.url, "");
		assert_int_equal(hud_status->text.n_lines, 2);
		assert_non_null(strstr(hud_status->text.lines[0].hint, "no address"));
		assert_string_equal(hud_status->text.lines[1].hint, "murald --doctor");
	}
	run_until_idle(hud_status, &desk.loop);
	for (int i = 0; i < 50; i++)
		turn(&desk.loop);
	assert_false(hud_status->text.invites);
	strcpy(hud_status->lines.address4, "192.0.2.1");
	hud_status_refresh(hud_status);
	assert_false(hud_status->text.waits_for_network);
	assert_true(hud_status->text.invites);
	end(&desk);
	said_finish(&instance.said);
}

UNIT_TESTS(NULL, NULL)
