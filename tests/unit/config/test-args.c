/* SPDX-License-Identifier: MIT */
/* The command line: verbs, -s, and what is said of a wrong one. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "support/config-run.h"
#include "support/folder.h"

TEST(the_command_line_overrides)
{
	char text[2000] = "canvas.snapshot=";
	struct run *run;
	const struct section *section;

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

TEST(the_command_line_is_checked_as_a_file_is)
{
	struct run *run;

	write_file("t.conf", "");
	run = run_config("-c", "t.conf", "-s", "canvas.sizee=1x1", "-s",
		"canvas.size=one", "-s", "wall.size=1x1", "-s",
		"plugin.icmp.interface=lo", "-s", "canvas.snapshot=/a ;b", "-s",
		"canvas.snapshot=/\xff", "-s", "canvas.snapshot=/a\nb", "-s",
		"display.mode=large", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err,
		"-s: canvas.sizee: unknown option, did you mean size?\n"
		"-s: canvas.size: \"one\" is not a size; write WxH or auto, such as "
		"1280x720\n"
		"-s: wall: unknown section, did you mean [plugin wall]? The others are "
		"[canvas], [display], [server], [record] and [control]\n"
		"-s: plugin.icmp: unknown section, did you mean [plugin icmp]?\n"
		"-s: canvas.snapshot: a ; after a space, or a # between spaces, begins a "
		"comment and cannot be "
		"in a value\n"
		"-s: canvas.snapshot: this value is not UTF-8; write it in that "
		"encoding\n"
		"-s: canvas.snapshot: this value holds a control character; remove it\n"
		"-s: display.mode: \"large\" is not a mode; write preferred, WxH or "
		"WxH@HZ, such as 1920x1080@60\n");
	assert_int_equal(run->config.errors, 8);
	run_free(run);
}

TEST(a_wrong_command_line_is_explained)
{
	static const struct {
		const char *arguments[4], *complaint;
	} cases[] = {
		{ { "--chek-config" },
			"unknown option --chek-config (did you mean --check-config?)" },
		{ { "--list-plugin=x" }, "--list-plugins takes no value" },
		{ { "--pront-config=x" },
			"unknown option --pront-config (did you mean --print-config?)" },
		{ { "--zzzzzz" }, "unknown option --zzzzzz" },
		{ { "--frobnicate" }, "unknown option --frobnicate" },
		{ { "--test-cards" },
			"unknown option --test-cards (did you mean --test-card?)" },
		{ { "--list" }, "unknown option --list" },
		{ { "-x" }, "unknown option -x" },
		{ { "-vx" }, "unknown option -x" },
		{ { "-c" }, "-c needs a value" },
		{ { "--config" }, "--config needs a value" },
		{ { "-s" }, "-s needs a value" },
		{ { "-c", "a", "-c", "b" },
			"-c was given twice; name one file, and set the rest with -s" },
		{ { "-s", "canvas.size" }, "-s canvas.size: write -s SECTION.KEY=VALUE, "
					   "such as -s canvas.size=640x480" },
		{ { "-s", "size=1x1" }, "-s size=1x1: write -s SECTION.KEY=VALUE, such "
					"as -s canvas.size=640x480" },
		{ { "-s", ".size=1x1" }, "-s .size=1x1: write -s SECTION.KEY=VALUE, such "
					 "as -s canvas.size=640x480" },
		{ { "-s", "canvas.=1x1" }, "-s canvas.=1x1: write -s SECTION.KEY=VALUE, "
					   "such as -s canvas.size=640x480" },
		{ { "-v", "-q" },
			"-v or -q was given more than once; give one of them once" },
		{ { "--check-config", "--list-plugins" },
			"only one action at a time; give one of --check-config, "
			"--list-plugins, --list-displays, --print-config, --doctor, "
			"--test-card" },
		{ { "wall.conf" }, "\"wall.conf\" is not an option; -c names a config" },
		{ { "-v", "--", "-q" }, "\"-q\" is not an option; -c names a config" },
	};
	char line[512];

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

TEST(help_and_version_need_no_file)
{
	static const char *const help[] = { "-h", "--help" };
	static const char *const version[] = { "-V", "--version" };
	struct run *run;

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
		assert_memory_equal(
			run->out, "murald " VERSION "\n", strlen("murald " VERSION "\n"));
		run_free(run);
	}
}

TEST(each_verb_is_recognised)
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

	write_file("t.conf", "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run *run = run_config(cases[i].argument, "-c", "t.conf", NULL);

		assert_int_equal(run->status, -1);
		assert_int_equal(run->config.verb, cases[i].verb);
		run_free(run);
	}
}

TEST(quiet_and_verbose_set_the_log_level)
{
	static const struct {
		const char *argument;
		unsigned lines; /* of one warning, one info and one debug message */
	} cases[] = { { "-q", 1 }, { "--config=t.conf", 2 }, { "-v", 3 } };

	write_file("t.conf", "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run *run = run_config(cases[i].argument,
			cases[i].lines == 2 ? NULL : "-c", "t.conf", NULL);

		run_log(run);
		assert_int_equal(count_lines(run->err), cases[i].lines);
		run_free(run);
	}
}

UNIT_TESTS(enter_folder, leave_folder)
