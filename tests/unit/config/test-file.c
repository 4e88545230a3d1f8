/* SPDX-License-Identifier: MIT */
/* The syntax of a config file: what is taken, and every error in it. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "fuzz/fuzz.h"
#include "support/config-run.h"
#include "support/folder.h"

TEST(blanks_and_line_ends_do_not_matter)
{
	struct run *run = run_good_file("\xef\xbb\xbf[canvas] # first\r\n"
					"\tsize=5x6\r\n"
					"   background\t=  #ff0000 ; not part of it\r\n"
					"snapshot = /a;b\r\n"
					"snapshot_interval: 1h\r\n"
					"\xef\xbb\xbf  [ display ]\n"
					"scale = fill"); /* no end of line */

	assert_int_equal(run->config.canvas.size.width, 5);
	assert_int_equal(run->config.canvas.size.height, 6);
	assert_int_equal(run->config.canvas.background, 0xffff0000);
	assert_string_equal(run->config.canvas.snapshot, "/a;b");
	assert_true(run->config.canvas.snapshot_interval == 3600000);
	assert_int_equal(run->config.display.scale, SCALE_FILL);
	run_free(run);
}

TEST(an_indented_line_is_no_continuation)
{
	expect_errors("[canvas]\nsnapshot = /a\n  /b\n",
		"t.conf:3: this line is neither [section] nor key = value\n");
}

TEST(all_errors_are_reported_at_once)
{
	expect_errors("[canvas]\n"
		      "sizee = 3x3\n"
		      "size = 3 by 3\n"
		      "[canvs]\n"
		      "size = what\n"
		      "[display\n"
		      "scale = what\n"
		      "[display]\n"
		      "scale = what\n"
		      "mode = 800x600@\n"
		      "device = card0\n"
		      "connector =\n"
		      "hut = on\n"
		      "[server]\n"
		      "workers = 65\n"
		      "= 5\n"
		      "no equals sign\n"
		      "[plugin]\n"
		      "[plugin a b c]\n"
		      "[plugn icmp]\n"
		      "[plugin ../../evil]\n"
		      "[plugin .hidden]\n"
		      "[icmp]\n"
		      "[]\n"
		      "[plugin x] y = 1\n",
		"t.conf:2: canvas.sizee: unknown option, did you mean size?\n"
		"t.conf:3: canvas.size: \"3 by 3\" is not a size; write WxH or auto, "
		"such "
		"as 1280x720\n"
		"t.conf:4: canvs: unknown section, did you mean [canvas]?\n"
		"t.conf:6: this line has no ] after the section's name\n"
		"t.conf:9: display.scale: \"what\" is not one of: fit, integer, fill, "
		"none\n"
		"t.conf:13: display.hut: unknown option, did you mean hud?\n"
		"t.conf:15: server.workers: \"65\" is out of range; write a number from "
		"0 to 64, or auto\n"
		"t.conf:16: this line has no key before the =\n"
		"t.conf:17: this line is neither [section] nor key = value\n"
		"t.conf:18: plugin: unknown section, did you mean [plugin MODULE] or "
		"[plugin MODULE NAME]?\n"
		"t.conf:19: plugin a b c: unknown section, did you mean [plugin MODULE] "
		"or [plugin MODULE NAME]?\n"
		"t.conf:20: plugn icmp: unknown section, did you mean [plugin MODULE] or "
		"[plugin MODULE NAME]?\n"
		"t.conf:21: plugin ../../evil: names of modules, instances and outputs "
		"may only have letters, digits and - _ .\n"
		"t.conf:22: plugin .hidden: names of modules, instances and outputs may "
		"only have letters, digits and - _ .\n"
		"t.conf:23: icmp: unknown section, did you mean [plugin icmp]? The "
		"others are [canvas], [display], [server], [record] and [control]\n"
		"t.conf:24: : unknown section, there are [canvas], [display], [server], "
		"[record], [control], [output NAME] and [plugin MODULE]\n"
		"t.conf:25: this line has text after the section's ]; put it on a line "
		"of its own\n"
		"t.conf:10: display.mode: \"800x600@\" is not a mode; write preferred, "
		"WxH or WxH@HZ, such as 1920x1080@60\n"
		"t.conf:11: display.device: \"card0\" is not a device; write auto or a "
		"path such as /dev/dri/card0\n"
		"t.conf:12: display.connector: is empty; write auto or a name such as "
		"HDMI-A-1\n");
}

TEST(settings_of_an_unreadable_section_are_skipped)
{
	expect_errors("[canvas]\n[display\nscale = what\n[canvas]\nscale = fit\n",
		"t.conf:2: this line has no ] after the section's name\n"
		"t.conf:5: canvas.scale: unknown option, this section takes size, "
		"background, snapshot, snapshot-interval, owners\n");
}

TEST(lines_may_be_long)
{
	static char value[300000], text[sizeof(value) + 100];
	struct run *run;

	memset(value, 'v', sizeof(value) - 1);
	snprintf(text, sizeof(text), "[server]\nplugin-path=%s\n[canvas]\nsize=2x2\n",
		value);
	run = run_good_file(text);
	assert_string_equal(run->config.server.plugin_path, value);
	assert_int_equal(run->config.canvas.size.width, 2);
	run_free(run);
	snprintf(text, sizeof(text), "# %s\n[canvas]\nsizee=2\n", value);
	expect_errors(
		text, "t.conf:3: canvas.sizee: unknown option, did you mean size?\n");
	snprintf(text, sizeof(text), "%s\n", value);
	expect_errors(text, "t.conf:1: this line is neither [section] nor key = value\n");
}

/* An error ends with what to do, however long the value before it is. */
TEST(errors_about_long_values_are_whole)
{
	char value[4000], text[5000], error[5000];

	memset(value, '5', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(text, sizeof(text), "[server]\nworkers = %s\n", value);
	snprintf(error, sizeof(error),
		"t.conf:2: server.workers: \"%s\" is not a number; write a number from 0 "
		"to 64, or auto\n",
		value);
	expect_errors(text, error);
}

TEST(section_names_are_bounded)
{
	char text[100], value[50];

	memset(value, 'v', sizeof(value));
	snprintf(text, sizeof(text), "[plugin icmp %.36s]\n", value);
	run_free(run_good_file(text));
	snprintf(text, sizeof(text), "[plugin icmp %.37s]\nx = 1\n", value);
	expect_errors(
		text, "t.conf:1: this line has a section name longer than 48 bytes\n");
}

TEST(only_text_is_read)
{
	static const char nul[] = "[canvas]\nsize = 1x1\0\nsize = 2x2\n";
	struct run *run;

	write_bytes("t.conf", nul, sizeof(nul) - 1);
	expect_errors_of(
		"t.conf", "t.conf:2: this line holds a NUL byte; is this a text file?\n");
	expect_errors("[canvas]\nsnapshot = /\xe4\n"
		      "snapshot = /\xc0\xaf\n"
		      "snapshot = /\xed\xa0\x80\n"
		      "snapshot = /\xf5\x80\x80\x80\n"
		      "snapshot = /\xe2\x82\n"
		      "snapshot = /\x1b[2J\n"
		      "snapshot = /\x7f\n",
		"t.conf:2: this line is not UTF-8; write it in that encoding\n"
		"t.conf:3: this line is not UTF-8; write it in that encoding\n"
		"t.conf:4: this line is not UTF-8; write it in that encoding\n"
		"t.conf:5: this line is not UTF-8; write it in that encoding\n"
		"t.conf:6: this line is not UTF-8; write it in that encoding\n"
		"t.conf:7: this line holds a control character; remove it\n"
		"t.conf:8: this line holds a control character; remove it\n");
	run = run_good_file(
		"[canvas]\nsnapshot = /\xc3\xa4/\xe2\x82\xac/\xf0\x9f\x8e\xa8\n");
	assert_string_equal(
		run->config.canvas.snapshot, "/\xc3\xa4/\xe2\x82\xac/\xf0\x9f\x8e\xa8");
	run_free(run);
}

TEST(what_cannot_be_a_config_file_is_refused)
{
	expect_errors_of("missing.conf",
		"missing.conf: cannot be opened: No such file or directory\n");
	expect_errors_of("/", "/: cannot be read: Is a directory\n");
	expect_errors_of("/dev/zero",
		"/dev/zero:1: this line holds a NUL byte; is this a text file?\n"
		"/dev/zero: is larger than 1048576 bytes; is this a config file?\n");
}

/* Random pieces of config syntax: each error is one line. */
TEST(any_bytes_are_survived)
{
	static const char *const pieces[] = { "[", "]", "=", ":", "\n", "\r\n", " ", "\t",
		";", "#", "canvas", "plugin ", "size", "1x1", ".", "\xef\xbb\xbf", "\xff",
		"\x01", "server", "workers", "0", "[canvas]\n", "[plugin a]\n", "auto",
		"x", "-", "canvas.size=3x3\n", "\xc3\xa4" };
	char text[1500];

	srandom(12345);
	for (int round = 0; round < 2000; round++) {
		size_t len = 0;
		struct run *run;
		unsigned errors = 0;

		for (int i = 0; i < 60; i++) {
			const char *piece = pieces[random() % ARRAY_LEN(pieces)];

			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
			if (random() % 16 == 0)
				text[len++] = '\0';
		}
		write_bytes("t.conf", text, len);
		run = run_config("-c", "t.conf", NULL);
		for (char *line = strtok(run->err, "\n"); line; line = strtok(NULL, "\n"))
			errors += strncmp(line, "murald: warning: ", 17) != 0;
		assert_int_equal(errors, run->config.errors);
		run_free(run);
	}
}

TEST(the_corpus_is_survived)
{
	assert_true(fuzz_replay("config") > 10);
}

UNIT_TESTS(enter_folder, leave_folder)
