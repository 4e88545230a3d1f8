/* SPDX-License-Identifier: MIT */
/* Defaults, values, drop-ins and --print-config: what a whole configuration amounts to.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/util.h"
#include "support/config-run.h"
#include "support/folder.h"

TEST(an_empty_file_means_the_defaults)
{
	struct run *run = run_good_file("");
	const struct config *config = &run->config;

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

TEST(a_file_sets_values)
{
	struct run *run = run_good_file(
		"# a comment\n; another\n\n"
		"[canvas]\nsize = 640x480\nbackground=#102030\nsnapshot =\n"
		"snapshot-interval = 2min\n"
		"[display]\noutput = headless\ndevice=/dev/dri/card7\n"
		"connector = HDMI-A-1\nmode = 1920x1080@60\nscale = none\n"
		"rotate = 270\nmirror = x\nblank = 22:30-08:05 idle 2min\n"
		"blank-mode = black\nhud = off\nhud-place = idle\nlanguage = de\n"
		"attract = 90s\n"
		"[server]\nworkers = 3\nplugin-path = /a:/b\n");
	const struct config *config = &run->config;

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
	assert_int_equal(config->display.hud_place, PLACE_IDLE);
	assert_int_equal(config->display.language, LANGUAGE_GERMAN);
	assert_int_equal(config->display.attract, 90000);
	assert_true(config->server.workers == 3);
	assert_string_equal(config->server.plugin_path, "/a:/b");
	run_free(run);
}

TEST(plugin_sections_are_collected)
{
	struct run *run = run_good_file("[plugin dots]\n"
					"[plugin  icmp   lobby]\ninterface = lo\n"
					"[canvas]\nsize = 9x9\n"
					"[plugin icmp lobby]\nalpha = mix\n"
					"plugin = no.name\n");
	const struct section *dots = run->config.sections, *lobby = dots->next;

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

TEST(a_repeated_key_overrides_with_a_warning)
{
	struct run *run;

	write_file("t.conf", "[canvas]\nsize = 1x1\n[server]\n[canvas]\nsize = 2x2\n");
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->config.errors, 0);
	assert_int_equal(run->config.canvas.size.width, 2);
	assert_string_equal(run->err, "murald: warning: t.conf:5: canvas.size: already "
				      "set in line 2; this value is used\n");
	run_free(run);
}

TEST(drop_ins_are_read_in_order_of_their_names)
{
	struct run *run;

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
	assert_string_equal(run->err,
		"etc/murald/murald.conf.d/9.conf:2: canvas.size: \"what\" is "
		"not a size; write WxH or auto, such as 1280x720\n");
	run_free(run);
	assert_int_equal(system("rm -r etc"), 0);
}

static char *
printed(const struct config *config, void (*print)(const struct config *, FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	print(config, out);
	fclose(out);
	return text;
}

TEST(packaged_files_come_first_and_overruling_is_said)
{
	struct run *run;
	char *text;

	assert_int_equal(
		system("mkdir -p etc/murald/murald.conf.d share/murald/murald.conf.d"),
		0);
	write_file("share/murald/murald.conf.d/wall.conf",
		"[display]\noutput = kms\n[plugin icmp]\nrequired = no\n");
	write_file("share/murald/murald.conf.d/http.conf", "[plugin http]\n");
	write_file("etc/murald/murald.conf",
		"[display]\noutput = auto\nscale = fit\n[plugin icmp]\nalpha = mix\n");
	/* replaces what a package brought under that name */
	write_file("etc/murald/murald.conf.d/http.conf", "");
	write_file("etc/murald/murald.conf.d/mine.conf",
		"[display]\nscale = fill\n[plugin icmp]\nalpha = ignore\n");
	run = run_config("-s", "display.scale=none", NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.display.output, OUTPUT_AUTO);
	assert_string_equal(run->config.sections->title, "plugin icmp");
	assert_null(run->config.sections->next);
	text = printed(&run->config, config_print_overruled);
	assert_string_equal(text, "etc/murald/murald.conf:5: plugin icmp.alpha: "
				  "overruled by etc/murald/murald.conf.d/mine.conf:4\n");
	free(text);
	text = printed(&run->config, config_print);
	assert_non_null(
		strstr(text, "\ndisplay.output = auto  ; etc/murald/murald.conf:2\n"));
	assert_non_null(strstr(text,
		"\ndisplay.scale = none  ; -s, overrules etc/murald/murald.conf:3, "
		"overrules etc/murald/murald.conf.d/mine.conf:2\n"));
	free(text);
	run_free(run);
	assert_int_equal(system("rm -r etc share"), 0);
}

TEST(without_a_file_only_lists_work)
{
	static const char *const verbs[] = { "--check-config", "--print-config", "-v" };
	static const char *const lists[] = { "--list-plugins", "--list-displays" };
	struct run *run;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		run = run_config(verbs[i], NULL);
		assert_int_equal(run->status, -1);
		assert_int_equal(run->config.errors, 1);
		assert_string_equal(run->err, "etc/murald/murald.conf: no such file; "
					      "create it, or name another with -c\n");
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

TEST(what_is_printed_can_be_read_again)
{
	static const char defaults[] =
		"canvas.size = auto  ; default\n"
		"canvas.background = #00ff00  ; t.conf:2\n"
		"canvas.snapshot = /a;b #c  ; t.conf:3\n"
		"canvas.snapshot-interval = 30s  ; default\n"
		"canvas.owners = no  ; default\n"
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
		"display.hud-place = strip  ; default\n"
		"display.attract = 2min  ; default\n"
		"display.language = auto  ; default\n"
		"display.title =   ; default\n"
		"display.logo =   ; default\n"
		"display.wifi =   ; default\n"
		"display.hud-size = auto  ; default\n"
		"display.hud-colours = #10141a #ffffff #ffc857 #9fd3ff  ; default\n"
		"display.font =   ; default\n"
		"display.safe-area = 0  ; default\n"
		"server.workers = auto  ; default\n"
		"server.plugin-path = /usr/lib/murald  ; default\n"
		"server.user =   ; default\n"
		"server.pixels-per-source = 0  ; default\n"
		"server.bytes-per-source = 0  ; default\n"
		"server.connections-per-source = 0  ; default\n"
		"server.limits = own  ; default\n"
		"server.source-prefix = 64  ; default\n"
		"server.answer-timeout = 60s  ; default\n"
		"server.allow =   ; default\n"
		"server.deny =   ; default\n"
		"server.public-url =   ; default\n"
		"server.public-address =   ; default\n"
		"record.file =   ; default\n"
		"record.interval = 1s  ; default\n"
		"record.max-size = 1G  ; default\n"
		"record.max-age = 0  ; default\n"
		"control.socket = /run/murald/control  ; default\n"
		"control.log = /var/lib/murald/control.log  ; default\n"
		"control.state = /var/lib/murald/control.state  ; default\n";
	struct run *run;

	write_file("t.conf", "[canvas]\nbackground = #00ff00\nsnapshot = /a;b #c\n");
	run = run_config("-c", "t.conf", "-s", "display.scale=none", NULL);
	run_print(run);
	assert_string_equal(run->out, defaults);
	write_file("again.conf", run->out);
	run_free(run);
	run = run_config("-c", "again.conf", NULL);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.canvas.background, 0xff00ff00);
	assert_string_equal(run->config.canvas.snapshot, "/a;b #c");
	assert_int_equal(run->config.display.scale, SCALE_NONE);
	run_free(run);
	expect_errors("size = 1x1\n[canvas]\ncanvas.size = 1x1\n",
		"t.conf:1: size: is in no section; move it into one, or write "
		"SECTION.KEY\n"
		"t.conf:3: canvas.canvas.size: unknown option, this section takes size, "
		"background, snapshot, snapshot-interval, owners\n");
}

TEST(comments_stand_behind_values)
{
	struct run *run = run_good_file("[canvas]\nsize = 640x480 # small\n"
					"background = #010203 # dark\nsnapshot = # none\n"
					"snapshot-interval = 10m ; less often\n"
					"[display]\nmirror = yes\t#\n");

	assert_int_equal(run->config.canvas.size.width, 640);
	assert_int_equal(run->config.canvas.background, 0xff010203);
	assert_string_equal(run->config.canvas.snapshot, "");
	assert_int_equal(run->config.canvas.snapshot_interval, 600000);
	assert_int_equal(run->config.display.mirror, MIRROR_X);
	run_free(run);
}

TEST(odd_values_are_printed_readably)
{
	static const char *const values[] = { "=", ";x", "a #b", "a#", "[x]", "" };
	char text[64], here[4096], path[4200];
	struct run *run;

	assert_non_null(getcwd(here, sizeof(here)));
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		snprintf(path, sizeof(path), "%s%s%s", *values[i] ? here : "",
			*values[i] ? "/" : "", values[i]);
		snprintf(text, sizeof(text), "[canvas]\nsnapshot=%s\n", values[i]);
		run = run_good_file(text);
		run_print(run);
		write_file("again.conf", run->out);
		run_free(run);
		run = run_config("-c", "again.conf", NULL);
		assert_string_equal(run->err, "");
		assert_string_equal(run->config.canvas.snapshot, path);
		run_free(run);
	}
}

TEST(a_user_must_exist_and_not_be_root)
{
	expect_errors("[server]\nuser = nobody-like-this\n",
		"t.conf:2: server.user: \"nobody-like-this\" is not a user to switch to; "
		"create one with useradd --system, or name another, but not root\n");
	expect_errors("[server]\nuser = root\n",
		"t.conf:2: server.user: \"root\" is not a user to switch to; create one "
		"with useradd --system, or name another, but not root\n");
}

TEST(networks_are_read_from_the_value_and_from_files)
{
	struct ip_key key;
	struct sockaddr_in peer = { .sin_family = AF_INET };
	struct run *run;

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

	expect_errors("[server]\nallow = 192.0.2.0/33 here\ndeny = @none\n",
		"t.conf:2: server.allow: \"192.0.2.0/33\" is not a network; write an "
		"address or ADDRESS/BITS, such as 192.0.2.0/24 or 2001:db8::/32\n"
		"t.conf:2: server.allow: \"here\" is not a network; write an address or "
		"ADDRESS/BITS, such as 192.0.2.0/24 or 2001:db8::/32\n"
		"t.conf:3: server.deny: @none: No such file or directory\n");
	expect_errors("[server]\nallow = 192.0.2.1,192.0.2.2\ndeny = ::1, ::2\n",
		"t.conf:2: server.allow: \"192.0.2.1,192.0.2.2\": separate networks by "
		"spaces, not commas\nt.conf:3: server.deny: \"::1,\": separate networks "
		"by spaces, not commas\n");
	expect_errors("[server]\nallow = @/dev/zero\ndeny = @/\n",
		"t.conf:2: server.allow: @/dev/zero: Invalid argument\n"
		"t.conf:3: server.deny: @/: Is a directory\n");
	write_file("list", "192.0.2.0/24\n192.0.2.0/\n");
	expect_errors("[server]\ndeny = @list\n",
		"list:2: server.deny: \"192.0.2.0/\" is not a network; write an address "
		"or ADDRESS/BITS, such as 192.0.2.0/24 or 2001:db8::/32\n");
}

UNIT_TESTS(enter_folder, leave_folder)
