/* SPDX-License-Identifier: MIT */
/* Command line, files, drop-ins, -s: what becomes of them, and every complaint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "fuzz/fuzz.h"
#include "support/config-run.h"

/* The config that a file with this text makes, without a complaint. */
static struct run *
load(const char *text)
{
	struct run *run;

	write_file("t.conf", text);
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.errors, 0);
	return run;
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* A file with this text gets just these complaints, all of them errors. */
static void
complains_about_bytes(const void *bytes, size_t len, const char *complaints)
{
	struct run *run;

	write_bytes("t.conf", bytes, len);
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err, complaints);
	assert_int_equal(run->config.errors, count_lines(complaints));
	run_free(run);
}

static void
complains(const char *text, const char *complaints)
{
	complains_about_bytes(text, strlen(text), complaints);
}

static void
an_empty_file_means_the_defaults(void **state)
{
	struct run *run = load("");
	const struct config *config = &run->config;

	(void)state;
	assert_int_equal(config->verb, VERB_RUN);
	assert_int_equal(config->canvas.size.width, 0);
	assert_int_equal(config->canvas.size.height, 0);
	assert_int_equal(config->canvas.background, 0xff000000);
	assert_string_equal(config->canvas.snapshot, "/var/lib/murald/canvas.png");
	assert_true(config->canvas.snapshot_interval == 30000);
	assert_int_equal(config->display.output, OUTPUT_AUTO);
	assert_string_equal(config->display.device, "auto");
	assert_string_equal(config->display.connector, "auto");
	assert_string_equal(config->display.mode, "preferred");
	assert_int_equal(config->display.scale, SCALE_FIT);
	assert_int_equal(config->display.rotate, 0);
	assert_int_equal(config->display.mirror, MIRROR_NO);
	assert_string_equal(config->display.blank, "");
	assert_int_equal(config->display.blank_mode, BLANK_OFF);
	assert_true(config->display.hud);
	assert_int_equal(config->display.wanted_mode.width, 0);
	assert_false(config->display.blanking.scheduled);
	assert_true(config->display.blanking.idle == 0);
	assert_true(config->server.workers == -1);
	assert_string_equal(config->server.plugin_path, "/usr/lib/murald");
	assert_null(config->sections);
	run_free(run);
}

static void
a_file_sets_values(void **state)
{
	struct run *run =
		load("# a comment\n; another\n\n"
		     "[canvas]\nsize = 640x480\nbackground=#102030\nsnapshot =\n"
		     "snapshot-interval = 2min\n"
		     "[display]\noutput = headless\ndevice=/dev/dri/card7\n"
		     "connector = HDMI-A-1\nmode = 1920x1080@60\nscale = none\n"
		     "rotate = 270\nmirror = x\nblank = 22:30-08:05 idle 2min\n"
		     "blank-mode = black\nhud = off\n"
		     "[server]\nworkers = 3\nplugin-path = /a:/b\n");
	const struct config *config = &run->config;

	(void)state;
	assert_int_equal(config->canvas.size.width, 640);
	assert_int_equal(config->canvas.size.height, 480);
	assert_int_equal(config->canvas.background, 0xff102030);
	assert_string_equal(config->canvas.snapshot, "");
	assert_true(config->canvas.snapshot_interval == 120000);
	assert_int_equal(config->display.output, OUTPUT_HEADLESS);
	assert_string_equal(config->display.device, "/dev/dri/card7");
	assert_string_equal(config->display.connector, "HDMI-A-1");
	assert_string_equal(config->display.mode, "1920x1080@60");
	assert_int_equal(config->display.wanted_mode.width, 1920);
	assert_int_equal(config->display.wanted_mode.height, 1080);
	assert_int_equal(config->display.wanted_mode.hz, 60);
	assert_int_equal(config->display.scale, SCALE_NONE);
	assert_int_equal(config->display.rotate, 3);
	assert_int_equal(config->display.mirror, MIRROR_X);
	assert_true(config->display.blanking.scheduled);
	assert_int_equal(config->display.blanking.from, 22 * 60 + 30);
	assert_int_equal(config->display.blanking.to, 8 * 60 + 5);
	assert_true(config->display.blanking.idle == 120000);
	assert_int_equal(config->display.blank_mode, BLANK_BLACK);
	assert_false(config->display.hud);
	assert_true(config->server.workers == 3);
	assert_string_equal(config->server.plugin_path, "/a:/b");
	run_free(run);
}

static void
layout_does_not_matter(void **state)
{
	struct run *run = load("\xef\xbb\xbf[canvas] # first\r\n"
			       "\tsize=5x6\r\n"
			       "   background\t=  #ff0000 ; not part of it\r\n"
			       "snapshot = a;b\r\n"
			       "snapshot_interval = 1h\r\n"
			       "  [ display ]\n"
			       "scale = fill"); /* no end of line */

	(void)state;
	assert_int_equal(run->config.canvas.size.width, 5);
	assert_int_equal(run->config.canvas.size.height, 6);
	assert_int_equal(run->config.canvas.background, 0xffff0000);
	assert_string_equal(run->config.canvas.snapshot, "a;b");
	assert_true(run->config.canvas.snapshot_interval == 3600000);
	assert_int_equal(run->config.display.scale, SCALE_FILL);
	run_free(run);
}

static void
an_indented_line_is_no_continuation(void **state)
{
	(void)state;
	complains("[canvas]\nsnapshot = /a\n  /b\n",
		"t.conf:3: this line is neither [section] nor key = value\n");
}

static void
plugin_sections_are_kept(void **state)
{
	struct run *run = load("[plugin dots]\n"
			       "[plugin  icmp   lobby]\ninterface = lo\n"
			       "[canvas]\nsize = 9x9\n"
			       "[plugin icmp lobby]\nalpha = mix\n"
			       "plugin = no.name\n");
	const struct section *dots = run->config.sections, *lobby = dots->next;

	(void)state;
	assert_null(lobby->next);
	assert_string_equal(dots->title, "plugin dots");
	assert_string_equal(dots->module, "dots");
	assert_string_equal(dots->name, "dots");
	assert_null(dots->settings);
	assert_int_equal(dots->line, 1);
	assert_string_equal(lobby->title, "plugin icmp lobby");
	assert_string_equal(lobby->module, "icmp");
	assert_string_equal(lobby->name, "lobby");
	assert_string_equal(lobby->file, "t.conf");
	assert_int_equal(lobby->line, 2);
	assert_string_equal(section_find(lobby, "interface")->value, "lo");
	assert_int_equal(section_find(lobby, "interface")->line, 3);
	assert_string_equal(section_find(lobby, "alpha")->value, "mix");
	assert_int_equal(section_find(lobby, "alpha")->line, 7);
	assert_null(section_find(lobby, "size"));
	run_free(run);
}

static void
every_error_is_told_at_once(void **state)
{
	(void)state;
	complains("[canvas]\n"
		  "sizee = 3x3\n"
		  "size = 3 x 3\n"
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
		"t.conf:3: canvas.size: \"3 x 3\" is no size; write WxH or auto, such as "
		"1280x720\n"
		"t.conf:4: canvs: unknown section, did you mean [canvas]?\n"
		"t.conf:6: this line has no ] after the section's name\n"
		"t.conf:9: display.scale: \"what\" is not one of: fit, integer, fill, "
		"none\n"
		"t.conf:13: display.hut: unknown option, did you mean hud?\n"
		"t.conf:15: server.workers: \"65\" is out of range; write a number from "
		"0 to "
		"64, or auto\n"
		"t.conf:16: this line has no key before the =\n"
		"t.conf:17: this line is neither [section] nor key = value\n"
		"t.conf:18: plugin: unknown section, did you mean [plugin MODULE] or "
		"[plugin "
		"MODULE NAME]?\n"
		"t.conf:19: plugin a b c: unknown section, did you mean [plugin MODULE] "
		"or "
		"[plugin MODULE NAME]?\n"
		"t.conf:20: plugn icmp: unknown section, did you mean [plugin MODULE] or "
		"[plugin MODULE NAME]?\n"
		"t.conf:21: plugin ../../evil: modules and names are made of letters, "
		"digits "
		"and - _ .\n"
		"t.conf:22: plugin .hidden: modules and names are made of letters, "
		"digits "
		"and - _ .\n"
		"t.conf:23: icmp: unknown section, did you mean [plugin icmp]? The "
		"others are [canvas], [display], [server] and [record]\n"
		"t.conf:24: : unknown section, there are [canvas], [display], "
		"[server], [record] and [plugin MODULE]\n"
		"t.conf:25: this line goes on after the section's ]; put that on a line "
		"of "
		"its own\n"
		"t.conf:10: display.mode: \"800x600@\" is no mode; write preferred, WxH "
		"or "
		"WxH@HZ, such as 1920x1080@60\n"
		"t.conf:11: display.device: \"card0\" is no device; write auto or a path "
		"such as /dev/dri/card0\n"
		"t.conf:12: display.connector: is empty; write auto or a name such as "
		"HDMI-A-1\n");
}

static void
what_follows_an_unreadable_section_is_left_alone(void **state)
{
	(void)state;
	complains("[canvas]\n[display\nscale = what\n[canvas]\nscale = fit\n",
		"t.conf:2: this line has no ] after the section's name\n"
		"t.conf:5: canvas.scale: unknown option, this section takes size, "
		"background, snapshot, snapshot-interval\n");
}

static void
modes_are_checked(void **state)
{
	static const char *const right[] = { "preferred", "1x1", "1920x1080",
		"1920x1080@60", "8192x8192@1000" };
	static const char *const wrong[] = { "", "auto", "1920", "1920x", "1920x1080@",
		"1920x1080@0", "1920x1080@1001", "1920x1080@59.94", "1920x1080@60Hz",
		"9000x1", "@60", "1920x1080@60@60", "preferred@60" };
	char text[128];
	struct run *run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		snprintf(text, sizeof(text), "[display]\nmode = %s\n", right[i]);
		run_free(load(text));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(text, sizeof(text), "[display]\nmode = %s\n", wrong[i]);
		write_file("t.conf", text);
		run = run_config("-c", "t.conf", NULL);
		assert_int_equal(run->config.errors, 1);
		run_free(run);
	}
}

static void
blanking_is_checked(void **state)
{
	static const char *const right[] = { "", "00:00-23:59", "idle 1s", "idle 30min",
		"22:00-08:00 idle 30min", "idle 2h 22:00-08:00", "  idle   2h " };
	static const char *const wrong[] = { "22-8", "22:00", "22:00-24:00",
		"22:00-08:60", "9:00-10:00", "22:00 - 08:00", "22:00-08:00x",
		"22:00_08:00", "08:00-08:00", "22:00-08:00 01:00-02:00", "idle",
		"22:00-08:00 idle", "idle 0", "idle 10ms", "idle 30", "idle idle 2h",
		"idle 2h idle 3h", "idle 200h", "always", "30min",
		"22:00-08:00 idle 30min on Sundays" };
	char text[128];
	struct run *run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		snprintf(text, sizeof(text), "[display]\nblank = %s\n", right[i]);
		run_free(load(text));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(text, sizeof(text), "[display]\nblank = %s\n", wrong[i]);
		write_file("t.conf", text);
		run = run_config("-c", "t.conf", NULL);
		assert_int_equal(run->config.errors, 1);
		run_free(run);
	}
	complains("[display]\nblank = at night\n",
		"t.conf:2: display.blank: \"at\" is not understood; write HH:MM-HH:MM, "
		"idle "
		"DURATION, or both, such as 22:00-08:00 idle 30min\n");
	complains("[display]\nblank = idle soon\n",
		"t.conf:2: display.blank: \"soon\" is no duration; write a number with "
		"ms, s, "
		"min or h behind it, such as 30s\n");
}

static void
connectors_are_checked(void **state)
{
	char word[8];

	(void)state;
	run_free(load("[display]\nconnector = HDMI-A-1  DP-1\n"));
	assert_true(config_word(" HDMI-A-1\tDP-1  eDP-1 ", 1, word, sizeof(word)));
	assert_string_equal(word, "DP-1");
	assert_true(config_word("HDMI-A-1", 0, word, sizeof(word)));
	assert_string_equal(word, "HDMI-A-");
	assert_false(config_word("HDMI-A-1 ", 1, word, sizeof(word)));
	assert_false(config_word("", 0, word, sizeof(word)));
	complains("[display]\nconnector = auto HDMI-A-1\n",
		"t.conf:2: display.connector: auto stands alone: write it, or names such "
		"as "
		"HDMI-A-1 HDMI-A-2\n");
	complains("[display]\nconnector = DP-1 DP-2 DP-1\n",
		"t.conf:2: display.connector: names DP-1 twice\n");
	complains("[display]\nconnector = 1 2 3 4 5 6 7 8 9\n",
		"t.conf:2: display.connector: names 9 connectors; 8 are the most\n");
}

/* A copy outlives what it was made of. */
static void
a_display_can_be_copied(void **state)
{
	struct run *run = load("[display]\nconnector = DP-1\nblank = idle 5s\n");
	struct config_display copy;

	(void)state;
	assert_int_equal(config_display_copy(&copy, &run->config.display), 0);
	run_free(run);
	assert_string_equal(copy.connector, "DP-1");
	assert_string_equal(copy.mode, "preferred");
	assert_true(copy.blanking.idle == 5000);
	config_display_finish(&copy);
}

static void
lines_may_be_long(void **state)
{
	static char value[300000], text[sizeof(value) + 100];
	struct run *run;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	snprintf(text, sizeof(text), "[canvas]\nsnapshot=%s\nsize=2x2\n", value);
	run = load(text);
	assert_string_equal(run->config.canvas.snapshot, value);
	assert_int_equal(run->config.canvas.size.width, 2);
	run_free(run);
	snprintf(text, sizeof(text), "# %s\n[canvas]\nsizee=2\n", value);
	complains(text, "t.conf:3: canvas.sizee: unknown option, did you mean size?\n");
	snprintf(text, sizeof(text), "%s\n", value);
	complains(text, "t.conf:1: this line is neither [section] nor key = value\n");
}

/* An error ends with what to do, however long the value before it is. */
static void
errors_about_long_values_are_whole(void **state)
{
	char value[4000], text[5000], error[5000];

	(void)state;
	memset(value, '5', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(text, sizeof(text), "[server]\nworkers = %s\n", value);
	snprintf(error, sizeof(error),
		"t.conf:2: server.workers: \"%s\" is no number; write a number from 0 "
		"to 64, or auto\n",
		value);
	complains(text, error);
}

static void
section_names_are_bounded(void **state)
{
	char text[100], value[50];

	(void)state;
	memset(value, 'v', sizeof(value));
	snprintf(text, sizeof(text), "[plugin icmp %.36s]\n", value);
	run_free(load(text));
	snprintf(text, sizeof(text), "[plugin icmp %.37s]\nx = 1\n", value);
	complains(text, "t.conf:1: this line has a section name longer than 48 bytes\n");
}

static void
only_text_is_read(void **state)
{
	static const char nul[] = "[canvas]\nsize = 1x1\0\nsize = 2x2\n";
	struct run *run;

	(void)state;
	complains_about_bytes(nul, sizeof(nul) - 1,
		"t.conf:2: this line holds a NUL byte; is this a text file?\n");
	complains("[canvas]\nsnapshot = /\xe4\n"
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
	run = load("[canvas]\nsnapshot = /\xc3\xa4/\xe2\x82\xac/\xf0\x9f\x8e\xa8\n");
	assert_string_equal(
		run->config.canvas.snapshot, "/\xc3\xa4/\xe2\x82\xac/\xf0\x9f\x8e\xa8");
	run_free(run);
}

static void
what_cannot_be_a_config_file_is_refused(void **state)
{
	static const struct {
		const char *path, *complaint;
	} cases[] = {
		{ "missing.conf", "missing.conf: cannot be opened: No such file or "
				  "directory\n" },
		{ "/", "/: cannot be read: Is a directory\n" },
		{ "/dev/zero",
			"/dev/zero:1: this line holds a NUL byte; is this a text "
			"file?\n"
			"/dev/zero: is larger than 1048576 bytes; is this a config "
			"file?\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run *run = run_config("-c", cases[i].path, NULL);

		assert_int_equal(run->status, -1);
		assert_string_equal(run->err, cases[i].complaint);
		assert_int_equal(run->config.errors, count_lines(cases[i].complaint));
		run_free(run);
	}
}

static void
of_two_values_in_a_file_the_later_counts_and_is_remarked_on(void **state)
{
	struct run *run;

	(void)state;
	write_file("t.conf", "[canvas]\nsize = 1x1\n[server]\n[canvas]\nsize = 2x2\n");
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->config.errors, 0);
	assert_int_equal(run->config.canvas.size.width, 2);
	assert_string_equal(run->err,
		"murald: warning: t.conf:5: canvas.size: already set "
		"in line 2; this one counts\n");
	run_free(run);
}

static void
drop_ins_come_in_the_order_of_their_names(void **state)
{
	struct run *run;

	(void)state;
	mkdir("etc", 0755);
	mkdir("etc/murald", 0755);
	mkdir("etc/murald/murald.conf.d", 0755);
	write_file(
		"etc/murald/murald.conf", "[canvas]\nsize = 1x1\nbackground = #010101\n");
	write_file("etc/murald/murald.conf.d/9.conf", "[canvas]\nsize = 9x9\n");
	write_file("etc/murald/murald.conf.d/10.conf",
		"[canvas]\nsize = 10x10\nsnapshot = /ten\n[plugin dots]\n");
	write_file("etc/murald/murald.conf.d/B.conf", "[plugin dots]\nopaque = yes\n");
	write_file("etc/murald/murald.conf.d/.z.conf", "[canvas]\nsize = what\n");
	write_file("etc/murald/murald.conf.d/z.conf~", "[canvas]\nsize = what\n");
	run = run_config("-s", "canvas.background=#020202", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.canvas.size.width, 9);
	assert_int_equal(run->config.canvas.background, 0xff020202);
	assert_string_equal(run->config.canvas.snapshot, "/ten");
	assert_string_equal(config_setting(&run->config, "canvas", "size")->file,
		"etc/murald/murald.conf.d/9.conf");
	assert_int_equal(config_setting(&run->config, "canvas", "size")->line, 2);
	assert_string_equal(
		config_setting(&run->config, "canvas", "background")->file, "-s");
	assert_null(config_setting(&run->config, "display", "mode"));
	assert_string_equal(
		run->config.sections->file, "etc/murald/murald.conf.d/10.conf");
	assert_string_equal(section_find(run->config.sections, "opaque")->file,
		"etc/murald/murald.conf.d/B.conf");
	run_free(run);

	/* with -c they are left alone */
	write_file("t.conf", "");
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->config.canvas.size.width, 0);
	assert_null(run->config.sections);
	run_free(run);

	write_file("etc/murald/murald.conf.d/9.conf", "[canvas]\nsize = what\n");
	run = run_config(NULL, NULL);
	assert_string_equal(run->err, "etc/murald/murald.conf.d/9.conf:2: canvas.size: "
				      "\"what\" is no size; write "
				      "WxH or auto, such as 1280x720\n");
	run_free(run);
	assert_int_equal(system("rm -r etc"), 0);
}

static void
without_a_file_there_is_only_a_list(void **state)
{
	static const char *const verbs[] = { "--check-config", "--print-config", "-v" };
	static const char *const lists[] = { "--list-plugins", "--list-displays" };
	struct run *run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		run = run_config(verbs[i], NULL);
		assert_int_equal(run->status, -1);
		assert_int_equal(run->config.errors, 1);
		assert_string_equal(run->err,
			"etc/murald/murald.conf: there is no such "
			"file; write one, or name another with -c\n");
		run_free(run);
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		run = run_config(lists[i], NULL);
		assert_int_equal(run->status, -1);
		assert_int_equal(run->config.errors, 0);
		assert_string_equal(run->err, "");
		run_free(run);
	}
}

static void
the_command_line_overrides(void **state)
{
	char text[2000] = "canvas.snapshot=";
	struct run *run;
	const struct section *section;

	(void)state;
	write_file("t.conf", "[canvas]\nsize = 1x1\n[plugin icmp]\ninterface = eth0\n");
	run = run_config("-c", "t.conf", "-s", "canvas.size=5x5",
		"--set=canvas.size=640x480", "-s", "plugin icmp.interface=lo", "-s",
		"plugin  icmp v2.1.alpha = a=b ", "-s", "canvas.snapshot=", NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.canvas.size.width, 640);
	assert_string_equal(run->config.canvas.snapshot, "");
	section = run->config.sections;
	assert_string_equal(section_find(section, "interface")->value, "lo");
	assert_string_equal(section_find(section, "interface")->file, "-s");
	assert_int_equal(section_find(section, "interface")->line, 0);
	section = section->next;
	assert_string_equal(section->title, "plugin icmp v2.1");
	assert_string_equal(section->name, "v2.1");
	assert_string_equal(section->file, "-s");
	assert_string_equal(section_find(section, "alpha")->value, "a=b");
	run_free(run);

	/* such as a palette of 256 colours */
	memset(text + strlen(text), '/', 1800);
	run = run_config("-c", "t.conf", "-s", text, NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(strlen(run->config.canvas.snapshot), 1800);
	run_free(run);
}

static void
the_command_line_is_checked_like_a_file(void **state)
{
	struct run *run;

	(void)state;
	write_file("t.conf", "");
	run = run_config("-c", "t.conf", "-s", "canvas.sizee=1x1", "-s",
		"canvas.size=one", "-s", "wall.size=1x1", "-s", "canvas.snapshot=/a ;b",
		"-s", "canvas.snapshot=/\xff", "-s", "canvas.snapshot=/a\nb", "-s",
		"display.mode=large", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err,
		"-s: canvas.sizee: unknown option, did you mean size?\n"
		"-s: canvas.size: \"one\" is no size; write WxH or auto, such as "
		"1280x720\n"
		"-s: wall: unknown section, did you mean [plugin wall]? The others are "
		"[canvas], [display], [server] and [record]\n"
		"-s: canvas.snapshot: a ; after a blank begins a comment and cannot be "
		"in a "
		"value\n"
		"-s: canvas.snapshot: this value is not UTF-8; write it in that "
		"encoding\n"
		"-s: canvas.snapshot: this value holds a control character; remove it\n"
		"-s: display.mode: \"large\" is no mode; write preferred, WxH or WxH@HZ, "
		"such as 1920x1080@60\n");
	assert_int_equal(run->config.errors, 7);
	run_free(run);
}

static void
the_command_line_may_be_wrong(void **state)
{
	static const struct {
		const char *arguments[4], *complaint;
	} cases[] = {
		{ { "--chek-config" }, "unknown option --chek-config, did you mean "
				       "--check-config?" },
		{ { "--list-plugin=x" }, "--list-plugins takes no value" },
		{ { "--pront-config=x" }, "unknown option --pront-config, did you mean "
					  "--print-config?" },
		{ { "--zzzzzz" }, "unknown option --zzzzzz" },
		{ { "--frobnicate" }, "unknown option --frobnicate" },
		{ { "--test-cards" }, "unknown option --test-cards, did you mean "
				      "--test-card?" },
		{ { "--list" }, "unknown option --list" },
		{ { "-x" }, "unknown option -x" },
		{ { "-vx" }, "unknown option -x" },
		{ { "-c" }, "-c needs a value" },
		{ { "--config" }, "--config needs a value" },
		{ { "-s" }, "-s needs a value" },
		{ { "-c", "a", "-c", "b" },
			"-c is there twice; give one file, and put more "
			"settings in -s" },
		{ { "-s", "canvas.size" },
			"-s canvas.size: write -s SECTION.KEY=VALUE, such as "
			"-s canvas.size=640x480" },
		{ { "-s", "size=1x1" },
			"-s size=1x1: write -s SECTION.KEY=VALUE, such as "
			"-s canvas.size=640x480" },
		{ { "-s", ".size=1x1" },
			"-s .size=1x1: write -s SECTION.KEY=VALUE, such as "
			"-s canvas.size=640x480" },
		{ { "-s", "canvas.=1x1" },
			"-s canvas.=1x1: write -s SECTION.KEY=VALUE, such "
			"as -s canvas.size=640x480" },
		{ { "-v", "-q" }, "-v and -q are there more than once; give one" },
		{ { "--check-config", "--list-plugins" },
			"more than one thing to do; give one of --check-config, "
			"--list-plugins, --list-displays, --print-config, --doctor, "
			"--test-card" },
		{ { "wall.conf" }, "\"wall.conf\" is no option" },
		{ { "-v", "--", "-q" }, "\"-q\" is no option" },
	};
	char line[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const *a = cases[i].arguments;
		struct run *run = run_config(a[0], a[1], a[2], a[3], NULL);

		snprintf(line, sizeof(line), "murald: %s; see murald --help\n",
			cases[i].complaint);
		assert_string_equal(run->err, line);
		assert_string_equal(run->out, "");
		assert_int_equal(run->status, EXIT_USAGE);
		run_free(run);
	}
}

static void
help_and_version_need_no_file(void **state)
{
	static const char *const help[] = { "-h", "--help" };
	static const char *const version[] = { "-V", "--version" };
	struct run *run;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		run = run_config(help[i], NULL);
		assert_int_equal(run->status, 0);
		assert_string_equal(run->err, "");
		assert_memory_equal(run->out, "usage: murald [-c FILE]", 23);
		assert_non_null(strstr(run->out, "etc/murald/murald.conf\n"));
		assert_true(count_lines(run->out) < 25);
		run_free(run);
		run = run_config(version[i], NULL);
		assert_int_equal(run->status, 0);
		assert_string_equal(run->out, "murald " VERSION "\n");
		run_free(run);
	}
}

static void
verbs_are_told_apart(void **state)
{
	static const struct {
		const char *argument;
		enum config_verb verb;
	} cases[] = {
		{ "--check-config", VERB_CHECK_CONFIG },
		{ "--list-plugins", VERB_LIST_PLUGINS },
		{ "--list-displays", VERB_LIST_DISPLAYS },
		{ "--print-config", VERB_PRINT_CONFIG },
		{ "--verbose", VERB_RUN },
		{ "--quiet", VERB_RUN },
	};

	(void)state;
	write_file("t.conf", "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run *run = run_config(cases[i].argument, "-c", "t.conf", NULL);

		assert_int_equal(run->status, -1);
		assert_int_equal(run->config.verb, cases[i].verb);
		run_free(run);
	}
}

static void
quiet_and_verbose_set_the_log_level(void **state)
{
	static const struct {
		const char *argument;
		unsigned lines; /* of one warning, one info and one debug message */
	} cases[] = { { "-q", 1 }, { "--config=t.conf", 2 }, { "-v", 3 } };

	(void)state;
	write_file("t.conf", "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run *run = run_config(cases[i].argument,
			cases[i].lines == 2 ? NULL : "-c", "t.conf", NULL);

		run_log(run);
		assert_int_equal(count_lines(run->err), cases[i].lines);
		run_free(run);
	}
}

static void
what_is_printed_can_be_read_again(void **state)
{
	static const char defaults[] = "canvas.size = auto  ; default\n"
				       "canvas.background = #00ff00  ; t.conf:2\n"
				       "canvas.snapshot = /a;b # c  ; t.conf:3\n"
				       "canvas.snapshot-interval = 30s  ; default\n"
				       "display.output = auto  ; default\n"
				       "display.device = auto  ; default\n"
				       "display.connector = auto  ; default\n"
				       "display.mode = preferred  ; default\n"
				       "display.scale = none  ; -s\n"
				       "display.rotate = 0  ; default\n"
				       "display.mirror = no  ; default\n"
				       "display.blank =   ; default\n"
				       "display.blank-mode = off  ; default\n"
				       "display.hud = on  ; default\n"
				       "server.workers = auto  ; default\n"
				       "server.plugin-path = /usr/lib/murald  ; default\n"
				       "server.user =   ; default\n"
				       "server.pixels-per-source = 0  ; default\n"
				       "server.bytes-per-source = 0  ; default\n"
				       "server.connections-per-source = 0  ; default\n"
				       "server.source-prefix = 64  ; default\n"
				       "server.answer-timeout = 60s  ; default\n"
				       "server.allow =   ; default\n"
				       "server.deny =   ; default\n"
				       "record.file =   ; default\n"
				       "record.interval = 1s  ; default\n"
				       "record.max-size = 1G  ; default\n"
				       "record.max-age = 0  ; default\n";
	struct run *run;

	(void)state;
	write_file("t.conf", "[canvas]\nbackground = #00ff00\nsnapshot = /a;b # c\n");
	run = run_config("-c", "t.conf", "-s", "display.scale=none", NULL);
	run_print(run);
	assert_string_equal(run->out, defaults);
	write_file("again.conf", run->out);
	run_free(run);
	run = run_config("-c", "again.conf", NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.canvas.background, 0xff00ff00);
	assert_string_equal(run->config.canvas.snapshot, "/a;b # c");
	assert_int_equal(run->config.display.scale, SCALE_NONE);
	run_free(run);
	complains("size = 1x1\n[canvas]\ncanvas.size = 1x1\n",
		"t.conf:1: size: belongs to no section; write it below one, or as "
		"SECTION.KEY\n"
		"t.conf:3: canvas.canvas.size: unknown option, this section takes size, "
		"background, snapshot, snapshot-interval\n");
}

static void
a_user_must_be_there_and_not_root(void **state)
{
	(void)state;
	complains("[server]\nuser = nobody-like-this\n",
		"t.conf:2: server.user: \"nobody-like-this\" is no user that can be "
		"become; make one with useradd --system, or name another, but not "
		"root\n");
	complains("[server]\nuser = root\n",
		"t.conf:2: server.user: \"root\" is no user that can be become; make "
		"one with useradd --system, or name another, but not root\n");
}

static void
networks_are_read_from_the_value_and_from_files(void **state)
{
	struct ip_key key;
	struct sockaddr_in peer = { .sin_family = AF_INET };
	struct run *run;

	(void)state;
	write_file("list", "# two of them\n198.51.100.0/24 2001:db8::/32 ; and\n\n");
	write_file("t.conf", "[server]\ndeny = 192.0.2.1 @list\nallow = 0.0.0.0/0\n");
	run = run_config("-c", "t.conf", NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.deny.n, 3);
	assert_int_equal(run->config.allow.n, 1);
	peer.sin_addr.s_addr = htonl(0xc6336407);
	assert_true(ip_key_of((struct sockaddr *)&peer, 128, &key));
	assert_true(cidr_list_contains(&run->config.deny, &key));
	run_free(run);

	complains("[server]\nallow = 192.0.2.0/33 here\ndeny = @none\n",
		"t.conf:2: server.allow: \"192.0.2.0/33\" is no network; write an "
		"address, or one with the bits that count, such as 192.0.2.0/24 or "
		"2001:db8::/32\n"
		"t.conf:2: server.allow: \"here\" is no network; write an address, or "
		"one with the bits that count, such as 192.0.2.0/24 or 2001:db8::/32\n"
		"t.conf:3: server.deny: @none: No such file or directory\n");
	complains("[server]\nallow = 192.0.2.1,192.0.2.2\ndeny = ::1, ::2\n",
		"t.conf:2: server.allow: \"192.0.2.1,192.0.2.2\": write blanks between "
		"networks, no commas\n"
		"t.conf:3: server.deny: \"::1,\": write blanks between networks, no "
		"commas\n");
	complains("[server]\nallow = @/dev/zero\ndeny = @/\n",
		"t.conf:2: server.allow: @/dev/zero: Invalid argument\n"
		"t.conf:3: server.deny: @/: Is a directory\n");
	write_file("list", "192.0.2.0/24\n192.0.2.0/\n");
	complains("[server]\ndeny = @list\n",
		"list:2: server.deny: \"192.0.2.0/\" is no network; write an address, "
		"or one with the bits that count, such as 192.0.2.0/24 or "
		"2001:db8::/32\n");
}

static void
odd_values_are_printed_so_that_they_can_be_read_again(void **state)
{
	static const char *const values[] = { "=", ";x", "a # b", "[x]", "" };
	char text[64];
	struct run *run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		snprintf(text, sizeof(text), "[canvas]\nsnapshot=%s\n", values[i]);
		run = load(text);
		run_print(run);
		write_file("again.conf", run->out);
		run_free(run);
		run = run_config("-c", "again.conf", NULL);
		assert_string_equal(run->err, "");
		assert_string_equal(run->config.canvas.snapshot, values[i]);
		run_free(run);
	}
}

/* Bytes that look a little like a config: whatever they are, each error is one line. */
static void
any_bytes_do(void **state)
{
	static const char *const pieces[] = { "[", "]", "=", ":", "\n", "\r\n", " ", "\t",
		";", "#", "canvas", "plugin ", "size", "1x1", ".", "\xef\xbb\xbf", "\xff",
		"\x01", "server", "workers", "0", "[canvas]\n", "[plugin a]\n", "auto",
		"x", "-", "canvas.size=3x3\n", "\xc3\xa4" };
	char text[1500];
	uint32_t random = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t len = 0;
		struct run *run;
		unsigned errors = 0;

		for (int i = 0; i < 60; i++) {
			const char *piece;

			random = random * 1664525 + 1013904223;
			piece = pieces[(random >> 8) % ARRAY_LEN(pieces)];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
			if (random >> 28 == 0)
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

/* What `make fuzz` found worth keeping. */
static void
the_corpus_does_no_harm(void **state)
{
	(void)state;
	assert_true(fuzz_replay("config") > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_means_the_defaults),
		cmocka_unit_test(a_file_sets_values),
		cmocka_unit_test(layout_does_not_matter),
		cmocka_unit_test(an_indented_line_is_no_continuation),
		cmocka_unit_test(plugin_sections_are_kept),
		cmocka_unit_test(every_error_is_told_at_once),
		cmocka_unit_test(what_follows_an_unreadable_section_is_left_alone),
		cmocka_unit_test(modes_are_checked),
		cmocka_unit_test(blanking_is_checked),
		cmocka_unit_test(connectors_are_checked),
		cmocka_unit_test(a_display_can_be_copied),
		cmocka_unit_test(lines_may_be_long),
		cmocka_unit_test(errors_about_long_values_are_whole),
		cmocka_unit_test(section_names_are_bounded),
		cmocka_unit_test(only_text_is_read),
		cmocka_unit_test(what_cannot_be_a_config_file_is_refused),
		cmocka_unit_test(
			of_two_values_in_a_file_the_later_counts_and_is_remarked_on),
		cmocka_unit_test(drop_ins_come_in_the_order_of_their_names),
		cmocka_unit_test(without_a_file_there_is_only_a_list),
		cmocka_unit_test(the_command_line_overrides),
		cmocka_unit_test(the_command_line_is_checked_like_a_file),
		cmocka_unit_test(the_command_line_may_be_wrong),
		cmocka_unit_test(help_and_version_need_no_file),
		cmocka_unit_test(verbs_are_told_apart),
		cmocka_unit_test(quiet_and_verbose_set_the_log_level),
		cmocka_unit_test(what_is_printed_can_be_read_again),
		cmocka_unit_test(a_user_must_be_there_and_not_root),
		cmocka_unit_test(networks_are_read_from_the_value_and_from_files),
		cmocka_unit_test(odd_values_are_printed_so_that_they_can_be_read_again),
		cmocka_unit_test(any_bytes_do),
		cmocka_unit_test(the_corpus_does_no_harm),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
