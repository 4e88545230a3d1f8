/* SPDX-License-Identifier: MIT */
/* The sections [output NAME], and what [display] says where there are none. */
#include <stdio.h>

#include "support/config-run.h"
#include "support/folder.h"

static const struct config_output *
outputs_of(const struct run *run)
{
	return run->config.display.outputs;
}

TEST(without_sections_all_show_the_same)
{
	struct run *run = run_good_file("[display]\nconnector = DP-1 HDMI-A-2\n"
					"mode = 800x600@60\nscale = fill\nrotate = 90\n"
					"mirror = x\nhud = off\n");
	const struct config_output *outputs = outputs_of(run);

	assert_string_equal(outputs[0].connector, "DP-1");
	assert_string_equal(outputs[1].connector, "HDMI-A-2");
	assert_string_equal(outputs[2].connector, "");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(outputs[i].name, "");
		assert_string_equal(outputs[i].mode_text, "800x600@60");
		assert_int_equal(outputs[i].mode.width, 800);
		assert_int_equal(outputs[i].view.width, 0);
		assert_int_equal(outputs[i].scale, SCALE_FILL);
		assert_int_equal(outputs[i].rotate, 1);
		assert_int_equal(outputs[i].mirror, MIRROR_X);
		assert_int_equal(outputs[i].hud, HUD_NO);
	}
	run_free(run);
}

/* What a section leaves out is as in [display], wherever that comes. */
TEST(each_section_is_an_output)
{
	struct run *run = run_good_file(
		"[output left]\nconnector = DP-1\nview = 960x1080+0+0\nhud = call\n"
		"[output right]\nconnector = DP-2\nview = 960x1080+960+0\n"
		"mode = 1024x768\nscale = none\nrotate = 180\nmirror = no\nhud = lines\n"
		"[display]\nhud-place = corner\nmirror = x\nmode = 1920x1080@50\nhud = "
		"off\n"
		"[canvas]\nsize = 1920x1080\n");
	const struct config_output *left = outputs_of(run), *right = left + 1;

	assert_string_equal(left->name, "left");
	assert_string_equal(left->connector, "DP-1");
	assert_int_equal(left->mode.hz, 50);
	assert_int_equal(left->view.width, 960);
	assert_int_equal(left->view.x, 0);
	assert_int_equal(left->scale, SCALE_FIT);
	assert_int_equal(left->mirror, MIRROR_X);
	assert_int_equal(left->hud, HUD_CALL);
	assert_int_equal(left->hud_place, PLACE_CORNER);
	assert_string_equal(right->name, "right");
	assert_int_equal(right->view.x, 960);
	assert_int_equal(right->view.height, 1080);
	assert_int_equal(right->mode.width, 1024);
	assert_int_equal(right->mode.hz, 0);
	assert_int_equal(right->scale, SCALE_NONE);
	assert_int_equal(right->rotate, 2);
	assert_int_equal(right->mirror, MIRROR_NO);
	assert_int_equal(right->hud, HUD_LINES);
	assert_string_equal(right[1].connector, "");
	run_free(run);
}

TEST(connectors_belong_to_one_output)
{
	expect_errors("[output a]\nconnector = DP-1\n[output b]\nconnector = DP-1\n",
		"t.conf:4: output b.connector: DP-1 is the connector of [output a] "
		"already\n");
	expect_errors("[output a]\nmode = preferred\n",
		"t.conf:1: output a: has no connector; write connector = and a name such "
		"as HDMI-A-1 from murald --list-displays\n");
	expect_errors("[output a]\nconnector = DP-1 DP-2\n",
		"t.conf:2: output a.connector: \"DP-1 DP-2\" is not one connector; write "
		"a section for each\n");
	expect_errors("[output a]\nconnector = auto\n[output b]\nconnector = DP-1\n",
		"t.conf:2: output a.connector: auto is for a single output; write a name "
		"such as HDMI-A-1\n");
	expect_errors("[display]\nconnector = DP-1\n[output a]\nconnector = DP-2\n",
		"t.conf:2: display.connector: names a connector, and so does [output a]; "
		"remove one of them\n");
	run_free(run_good_file(
		"[display]\nconnector = auto\n[output a]\nconnector = auto\n"));
}

TEST(views_lie_on_the_canvas)
{
	static const char *const wrong[] = { "960x540", "960x540+0", "960x540+0+0+0",
		"0x540+0+0", "960x0+0+0", "960x540-1+0", "960x540+8000+0", "left",
		"9000x1+0+0" };
	char text[128], errors[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), "[output a]\nconnector = DP-1\nview = %s\n",
			wrong[i]);
		snprintf(errors, sizeof(errors),
			"t.conf:3: output a.view: \"%s\" is not a part of a canvas; "
			"write WxH+X+Y, such as 960x1080+960+0\n",
			wrong[i]);
		expect_errors(text, errors);
	}
	expect_errors("[canvas]\nsize = 1280x720\n[output a]\nconnector = DP-1\n"
		      "view = 640x720+641+0\n",
		"t.conf:5: output a.view: \"640x720+641+0\" reaches beyond the canvas, "
		"which is 1280x720\n");
	run_free(run_good_file("[output a]\nconnector = DP-1\nview =\n"));
	run_free(run_good_file("[output a]\nconnector = DP-1\nview = 8192x8192+0+0\n"));
}

TEST(values_and_names_are_checked)
{
	expect_errors("[output a]\nconnector = DP-1\nmode = large\nscale = big\nhud = "
		      "on\n"
		      "colour = red\n",
		"t.conf:4: output a.scale: \"big\" is not one of: fit, integer, fill, "
		"none\n"
		"t.conf:6: output a.colour: unknown option, this section takes "
		"connector, mode, view, scale, rotate, mirror, hud\n"
		"t.conf:3: output a.mode: \"large\" is not a mode; write preferred, WxH "
		"or WxH@HZ, such as 1920x1080@60\n");
	expect_errors("[output]\nconnector = DP-1\n",
		"t.conf:1: output: unknown section, did you mean [output NAME]?\n");
	expect_errors("[output a b]\n",
		"t.conf:1: output a b: unknown section, did you mean [output NAME]?\n");
	expect_errors("[output a]\nconnector = DP-1\n[output b]\nconnector = DP-2\n"
		      "[output a]\nhud = no\n",
		"t.conf:5: output a: is in line 1 already; give each output a name of "
		"its own\n");
	expect_errors("[output 1]\nconnector = 1\n[output 2]\nconnector = 2\n"
		      "[output 3]\nconnector = 3\n[output 4]\nconnector = 4\n"
		      "[output 5]\nconnector = 5\n[output 6]\nconnector = 6\n"
		      "[output 7]\nconnector = 7\n[output 8]\nconnector = 8\n"
		      "[output 9]\nconnector = 9\n",
		"t.conf:17: output 9: is one output too many; 8 is the limit\n");
}

/* What another file, or the command line, says of an output adds to it. */
TEST(sections_are_merged_and_printed)
{
	struct run *run;

	write_file("t.conf", "[output a]\nconnector = DP-1\n[display]\nscale = fill\n"
			     "hud = off\n");
	run = run_plugins("-c", "t.conf", "-s", "output a.view=5x4+3+2", "-s",
		"output b.connector=DP-2", NULL);
	assert_int_equal(run->config.errors, 0);
	assert_int_equal(outputs_of(run)[0].view.x, 3);
	assert_string_equal(outputs_of(run)[1].name, "b");
	run_print(run);
	assert_non_null(strstr(run->out, "output a.connector = DP-1  ; t.conf:2\n"
					 "output a.mode = preferred  ; default\n"
					 "output a.view = 5x4+3+2  ; -s\n"
					 "output a.scale = fill  ; as in [display]\n"
					 "output a.rotate = 0  ; default\n"
					 "output a.mirror = no  ; default\n"
					 "output a.hud = no  ; as in [display]\n"
					 "output b.connector = DP-2  ; -s\n"));
	run_free(run);
}

UNIT_TESTS(enter_folder, leave_folder)
