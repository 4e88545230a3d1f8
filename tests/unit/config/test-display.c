/* SPDX-License-Identifier: MIT */
/* The values of [display] that are more than one word or number. */
#include <stdio.h>

#include "support/config-run.h"
#include "support/folder.h"

/* Of each list, which a NULL ends, all values are taken, or refused with one error. */
static void
check_values(const char *key, const char *const *right, const char *const *wrong)
{
	char text[128];
	struct run *run;

	for (; *right; right++) {
		snprintf(text, sizeof(text), "[display]\n%s = %s\n", key, *right);
		run_free(run_good_file(text));
	}
	for (; *wrong; wrong++) {
		snprintf(text, sizeof(text), "[display]\n%s = %s\n", key, *wrong);
		write_file("t.conf", text);
		run = run_config("-c", "t.conf", NULL);
		assert_int_equal(run->config.errors, 1);
		run_free(run);
	}
}

TEST(modes_are_checked)
{
	static const char *const right[] = { "preferred", "1x1", "1920x1080",
		"1920x1080@60", "8192x8192@1000", NULL };
	static const char *const wrong[] = { "", "auto", "1920", "1920x", "1920x1080@",
		"1920x1080@0", "1920x1080@1001", "1920x1080@59.94", "1920x1080@60Hz",
		"9000x1", "@60", "1920x1080@60@60", "preferred@60", NULL };

	check_values("mode", right, wrong);
}

TEST(blanking_is_checked)
{
	static const char *const right[] = { "", "00:00-23:59", "idle 1s", "idle 30min",
		"22:00-08:00 idle 30min", "idle 2h 22:00-08:00", "  idle   2h ", NULL };
	static const char *const wrong[] = { "22-8", "22:00", "22:00-24:00",
		"22:00-08:60", "9:00-10:00", "22:00 - 08:00", "22:00-08:00x",
		"22:00_08:00", "08:00-08:00", "22:00-08:00 01:00-02:00", "idle",
		"22:00-08:00 idle", "idle 0", "idle 10ms", "idle 30", "idle idle 2h",
		"idle 2h idle 3h", "idle 200h", "always", "30min",
		"22:00-08:00 idle 30min on Sundays", NULL };

	check_values("blank", right, wrong);
	expect_errors("[display]\nblank = at night\n",
		"t.conf:2: display.blank: \"at\" is not understood; write HH:MM-HH:MM, "
		"idle DURATION, or both, such as 22:00-08:00 idle 30min\n");
	expect_errors("[display]\nblank = idle soon\n",
		"t.conf:2: display.blank: \"soon\" is not a duration; write a number "
		"followed by ms, s, min, h or d, such as 30s\n");
}

TEST(looks_are_checked)
{
	static const char *const colours[] = { "#000000 #ffffff #ffff00 #00ffff",
		"  #fff0f0   #000000 #000000 #400000", NULL };
	static const char *const wrong_colours[] = { "", "#000000",
		"black white white white", "#000000 #ffffff #ffff00",
		"#000000 #ffffff #ffff00 #00ffff #ffffff",
		"#000000 #ffffff #ff0000 #00ffff", NULL };
	static const char *const fonts[] = { "", "/a.ttf", "/a.ttf /b.ttf", NULL };
	static const char *const wrong_fonts[] = { "a.ttf", "DejaVuSans", NULL };
	static const char *const sizes[] = { "auto", "8", "40", NULL };
	static const char *const wrong_sizes[] = { "", "7", "41", "16%", NULL };
	static const char *const edges[] = { "0", "20", NULL };
	static const char *const wrong_edges[] = { "", "21", "-1", "auto", NULL };
	static const char *const logos[] = { "", "/srv/logo.png", NULL };

	check_values("hud-colours", colours, wrong_colours);
	check_values("font", fonts, wrong_fonts);
	check_values("hud-size", sizes, wrong_sizes);
	check_values("safe-area", edges, wrong_edges);
	check_values("logo", logos, logos + 2);
	expect_errors("[display]\nhud-colours = #10141a #ffffff #808080 #9fd3ff\n",
		"t.conf:2: display.hud-colours: accent #808080 on ground has a contrast "
		"of "
		"4.7:1; at least 7:1 is legible from the back of a room\n");
}

TEST(titles_are_checked)
{
	static const char *const right[] = { "", "FrogCon 2026", "Größe \xd7\xa9", NULL };
	static const char *const wrong[] = { "a\tb", "\xe2\x80\xae reversed",
		"isolated\xe2\x81\xa9", "bell\a", "\xff", NULL };
	char text[10100] = "[display]\ntitle = ";
	size_t len = strlen(text);

	check_values("title", right, wrong);
	memset(text + len, 'x', 10000);
	strcpy(text + len + 10000, "\n");
	expect_errors(text, "t.conf:2: display.title: has 10000 bytes; 200 is the limit, "
			    "and what fits "
			    "on a screen is less\n");
}

/* None of the errors has the value in it. */
TEST(a_wifi_is_checked)
{
	static const char no_name[] = "t.conf:2: display.wifi: has no SSID of 1 to 32 "
				      "bytes before a colon; write SSID:PASSWORD, or "
				      "SSID: where there is no password\n";
	struct run *run = run_good_file("[display]\nwifi = Frog Con:it's: \"open\"\n");
	struct config_display copy;

	assert_int_equal(config_display_copy(&copy, &run->config.display), 0);
	run_free(run);
	assert_string_equal(copy.wifi, "Frog Con:it's: \"open\"");
	config_display_finish(&copy);
	run_free(run_good_file("[display]\nwifi = Frogs:\n"));
	write_file("wifi", "Frogs:from a file\n");
	run = run_good_file("[display]\nwifi = @wifi\n");
	assert_string_equal(run->config.display.wifi, "Frogs:from a file");
	run_free(run);

	expect_errors("[display]\nwifi = frogs\n", no_name);
	expect_errors("[display]\nwifi = :12345678\n", no_name);
	expect_errors("[display]\nwifi = 123456789012345678901234567890123:\n", no_name);
	expect_errors("[display]\nwifi = frogs:short\n",
		"t.conf:2: display.wifi: has a password of 5 bytes; WPA's have 8 to "
		"63\n");
	write_file("wifi", "Frogs:from\ta file\n");
	expect_errors("[display]\nwifi = @wifi\n",
		"t.conf:2: display.wifi: holds what cannot be shown on the screen\n");
}

TEST(connectors_are_checked)
{
	char word[8];

	run_free(run_good_file("[display]\nconnector = HDMI-A-1  DP-1\n"));
	assert_true(config_word(" HDMI-A-1\tDP-1  eDP-1 ", 1, word, sizeof(word)));
	assert_string_equal(word, "DP-1");
	assert_true(config_word("HDMI-A-1", 0, word, sizeof(word)));
	assert_string_equal(word, "HDMI-A-");
	assert_false(config_word("HDMI-A-1 ", 1, word, sizeof(word)));
	assert_false(config_word("", 0, word, sizeof(word)));
	expect_errors("[display]\nconnector = auto HDMI-A-1\n",
		"t.conf:2: display.connector: auto cannot be combined; write auto alone, "
		"or names such as HDMI-A-1 HDMI-A-2\n");
	expect_errors("[display]\nconnector = DP-1 DP-2 DP-1\n",
		"t.conf:2: display.connector: names DP-1 twice\n");
	expect_errors("[display]\nconnector = 1 2 3 4 5 6 7 8 9\n",
		"t.conf:2: display.connector: names 9 connectors; 8 is the limit\n");
}

/* A copy outlives what it was made of. */
TEST(a_display_can_be_copied)
{
	struct run *run = run_good_file("[display]\nconnector = DP-1\nblank = idle 5s\n");
	struct config_display copy;

	assert_int_equal(config_display_copy(&copy, &run->config.display), 0);
	run_free(run);
	assert_string_equal(copy.connector, "DP-1");
	assert_string_equal(copy.mode, "preferred");
	assert_true(copy.blanking.idle == 5000);
	config_display_finish(&copy);
}

UNIT_TESTS(enter_folder, leave_folder)
