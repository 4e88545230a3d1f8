/* SPDX-License-Identifier: MIT */
/* What the HUD is told of an instance, and when. */
#include "app/hud-status.h"

#include <string.h>

#include "support/unit.h"

/* Turns the loop until nothing but a change can wake it. */
static void
run_until_idle(struct hud_status *hud_status, uv_loop_t *loop)
{
	while (uv_is_active((uv_handle_t *)&hud_status->second))
		uv_run(loop, UV_RUN_ONCE);
}

TEST(a_state_is_shown_though_nobody_paints)
{
	static const struct mural_plugin plugin = { .name = "odd" };
	struct instance instance = { .plugin = &plugin, .is_open = true };
	struct plugins plugins = { .instances = &instance };
	struct ingest ingest = { .plugins = &plugins };
	struct hud *hud = hud_new();
	struct hud_status hud_status;
	struct canvas canvas = { 0 };
	uint64_t version;
	uint32_t pixel;
	uv_loop_t loop;

	instance.host.name = "odd";
	assert_int_equal(said_init(&instance.said, NULL), 0);
	assert_int_equal(canvas_init(&canvas, 64, 32, 0xff000000), 0);
	uv_loop_init(&loop);
	assert_int_equal(hud_status_start(&hud_status, hud, &ingest, &canvas, &loop), 0);
	run_until_idle(&hud_status, &loop);
	assert_string_equal(hud_status.text.lines[0].state, "");
	version = hud_draw(hud, &pixel, 1, 1);

	assert_true(said_set_state(&instance.said, "waiting for the engine"));
	assert_false(said_set_state(&instance.said, "waiting for\n the engine"));
	hud_status_wake(&hud_status);
	assert_true(uv_is_active((uv_handle_t *)&hud_status.second));
	hud_status_wake(&hud_status);
	run_until_idle(&hud_status, &loop);
	assert_string_equal(hud_status.text.lines[0].state, "waiting for the engine");
	assert_true(hud_draw(hud, &pixel, 1, 1) != version);

	hud_status_stop(&hud_status);
	hud_status_wake(&hud_status);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	canvas_finish(&canvas);
	hud_free(hud);
	said_finish(&instance.said);
}

UNIT_TESTS(NULL, NULL)
