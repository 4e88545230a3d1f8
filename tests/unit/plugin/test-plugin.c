/* SPDX-License-Identifier: MIT */
/* Loading real plugin objects, good and bad, and binding sections to them. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "plugin/metrics.h"
#include "support/config-run.h"
#include "support/folder.h"

static char folder[2048];             /* of the plugins that the build made */
static char path_setting[2048 + 100]; /* "server.plugin-path=...", for -s */
static char here[2048];               /* the test's own folder */

static struct run *
load_config(const char *text)
{
	write_file("t.conf", text);
	return run_plugins("-c", "t.conf", "-s", path_setting, NULL);
}

static struct run *
load_good_config(const char *text)
{
	struct run *run = load_config(text);

	assert_string_equal(run->err, "");
	assert_int_equal(run->config.errors, 0);
	return run;
}

/* Expects exactly these lines; % in them stands for the plugins' folder. */
static void
expect_complaints(const char *text, unsigned errors, const char *complaints)
{
	struct run *run = load_config(text);
	char wanted[16384];
	size_t used = 0;

	for (const char *p = complaints; *p; p++)
		if (*p == '%')
			used += snprintf(
				wanted + used, sizeof(wanted) - used, "%s", folder);
		else
			wanted[used++] = *p;
	wanted[used] = '\0';
	assert_string_equal(run->err, wanted);
	assert_int_equal(run->config.errors, errors);
	run_free(run);
}

TEST(a_plugin_is_bound_to_its_section)
{
	struct run *run =
		load_good_config("[plugin odd first]\nregion = 10x20\noffset = 3,4\n"
				 "listen_udp = [::1]:9\n"
				 "[plugin odd]\nlisten = unix:/run/odd\n");
	const struct instance *first = run->plugins.instances, *second = first->next;

	assert_null(second->next);
	assert_null(run->plugins.modules->next); /* loaded once, for both */
	assert_ptr_equal(first->plugin, second->plugin);
	assert_ptr_equal(first->plugin, &run->plugins.modules->plugin);
	assert_string_equal(first->host.name, "first");
	assert_string_equal(second->host.name, "odd");
	assert_ptr_equal(first->host.config, first->config);
	assert_ptr_not_equal(first->config, second->config);
	assert_true(first->common.enabled);
	assert_true(first->common.required);
	assert_int_equal(first->common.region.width, 10);
	assert_int_equal(first->common.region.height, 20);
	assert_int_equal(first->common.offset.x, 3);
	assert_int_equal(first->common.offset.y, 4);
	assert_string_equal(first->common.listen, "[::]:7");
	assert_string_equal(first->common.listen_udp, "[::1]:9");
	assert_string_equal(second->common.listen, "unix:/run/odd");
	assert_string_equal(second->common.listen_udp, "");
	assert_int_equal(second->common.region.width, 0);
	run_free(run);
}

TEST(tables_of_another_size_are_taken)
{
	struct run *run;

	setenv("ODD", "older", 1);
	run = load_good_config("[plugin odd]\n");
	assert_non_null(run->plugins.instances->plugin->feed);
	assert_null(run->plugins.instances->plugin->attach);
	assert_null(run->plugins.instances->plugin->claim);
	assert_null(run->plugins.instances->plugin->hint);
	run_free(run);
	setenv("ODD", "first", 1);
	run = load_good_config("[plugin odd]\n");
	assert_non_null(run->plugins.instances->plugin->claim);
	assert_null(run->plugins.instances->plugin->init);
	assert_null(run->plugins.instances->plugin->finish);
	assert_null(run->plugins.instances->plugin->ready);
	assert_string_equal(run->plugins.instances->common.listen_udp, "");
	run_free(run);
	setenv("ODD", "later", 1);
	run = load_good_config("[plugin odd]\n");
	assert_non_null(run->plugins.instances->plugin->claim);
	run_free(run);
	unsetenv("ODD");
}

TEST(a_bad_table_is_refused)
{
	static const struct {
		const char *odd, *why;
	} cases[] = {
		{ "abi newer", "was built for plugin ABI 2, but this murald has 1; "
			       "install a newer murald" },
		{ "abi older", "was built for plugin ABI 0, but this murald has 1; "
			       "rebuild the plugin" },
		{ "huge", "has a table of 4097 bytes, which is impossible; begin it with "
			  "MURAL_PLUGIN" },
		{ "later and used", "uses what only a newer murald has; install that, or "
				    "rebuild the plugin for this one" },
		{ "nameless", "has no name or no summary in its table" },
		{ "no summary", "has no name or no summary in its table" },
		{ "reserved", "has a table whose reserved member is not zero" },
		{ "reserved too", "has a table whose reserved member is not zero" },
		{ "strange flag", "has a flag that this murald does not know (0x201); "
				  "install a newer murald" },
		{ "no transports", "has no transports in its table" },
		{ "strange transport", "has a transport that this murald does not know "
				       "(0x400); install a newer murald" },
		{ "poller and service", "is both poller and service; choose one" },
		{ "no feed", "is stream or datagram but has no feed()" },
		{ "only feed", "has feed() but is neither stream nor datagram" },
		{ "no detach", "is a poller but lacks attach, drain or detach" },
		{ "no poller", "has attach, drain or detach but is no poller" },
		{ "no stop", "is a service but lacks start or stop" },
		{ "no service", "has start or stop but is no service" },
		{ "only ready", "has ready() but is neither stream nor datagram" },
		{ "only finish", "has finish() but no init()" },
		{ "endless config", "wants more than 2 GiB for a config, a state or a "
				    "client; write sizeof(...)" },
		{ "endless state", "wants more than 2 GiB for a config, a state or a "
				   "client; write sizeof(...)" },
		{ "endless client", "wants more than 2 GiB for a config, a state or a "
				    "client; write sizeof(...)" },
		{ "busy with nothing", "has the length of a message but no message" },
		{ "denied with nothing", "has the length of a message but no message" },
		{ "off with nothing", "has the length of a message but no message" },
		{ "only notice",
			"has notice, painted_over, denied or acted but is no service" },
		{ "only denied",
			"has notice, painted_over, denied or acted but is no service" },
		{ "only painted over",
			"has notice, painted_over, denied or acted but is no service" },
		{ "only acted",
			"has notice, painted_over, denied or acted but is no service" },
		{ "bad listen udp",
			"option listen-udp: default \"[::]:7 somewhere\" is not an "
			"address; write HOST:PORT, [V6]:PORT or unix:PATH, such as "
			"[::]:1234" },
		{ "bad listen",
			"option listen: default \"somewhere\" is not an address; write "
			"HOST:PORT, [V6]:PORT or unix:PATH, such as [::]:1234" },
		{ "bad default", "option flag: default \"nope\" is not yes or no; write "
				 "yes, no, true, false, on or off" },
		{ "no default", "option flag: has no default or no help" },
		{ "no help", "option flag: has no default or no help" },
		{ "twice", "option reject: is declared twice" },
		{ "taken", "option listen_udp: murald itself has one of that name" },
		{ "shouting", "option FLAG: a name is 1 to 47 of a-z, 0-9 and _" },
		{ "empty name", "option : a name is 1 to 47 of a-z, 0-9 and _" },
		{ "open secret",
			"option flag: is a secret with a default; leave it empty" },
		{ "no choices", "option flag: has no choices" },
		{ "empty range", "option flag: has an empty range" },
		{ "metric loud", "metric Dots: a name is 1 to 47 of a-z, 0-9 and _, a "
				 "letter first" },
		{ "metric empty", "metric : a name is 1 to 47 of a-z, 0-9 and _, a "
				  "letter first" },
		{ "metric digit", "metric 2dots: a name is 1 to 47 of a-z, 0-9 and _, a "
				  "letter first" },
		{ "metric long", "metric a23456789012345678901234567890123456789012345678"
				 ": a name is 1 to 47 of a-z, 0-9 and _, a letter "
				 "first" },
		{ "metric total", "metric dots_total: ends in a suffix that OpenMetrics "
				  "has a meaning for; leave it out" },
		{ "metric kind", "metric dots: is neither counter nor gauge" },
		{ "metric no help", "metric queue: has no help of one line" },
		{ "metric two lines", "metric queue: has no help of one line" },
		{ "metric twice", "metric dots: is declared twice" },
		{ "metric too many", "has more than 64 metrics" },
	};
	static const char *const misplaced[] = { "unknown type", "outside", "crooked" };
	char line[1024];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setenv("ODD", cases[i].odd, 1);
		snprintf(line, sizeof(line), "t.conf:1: plugin odd: %%/odd.so %s\n",
			cases[i].why);
		expect_complaints("[plugin odd]\n", 1, line);
	}
	for (size_t i = 0; i < ARRAY_LEN(misplaced); i++) {
		struct run *run;

		setenv("ODD", misplaced[i], 1);
		run = load_config("[plugin odd]\n");
		assert_int_equal(run->config.errors, 1);
		assert_non_null(strstr(run->err, "/odd.so option flag: has an unknown "
						 "type, or lies outside the config of "));
		run_free(run);
	}
	setenv("ODD", "tiny", 1);
	snprintf(line, sizeof(line),
		"t.conf:1: plugin odd: %%/odd.so has a table of %zu bytes, which is "
		"impossible; begin it with MURAL_PLUGIN\n",
		offsetof(struct mural_plugin, check) - 1);
	expect_complaints("[plugin odd]\n", 1, line);
	unsetenv("ODD");
}

TEST(instances_keep_their_metrics_and_their_state)
{
	struct instance *first, *second;
	int64_t values[MURAL_METRICS_MAX];
	char said[MURAL_STATE_MAX];
	struct run *run;

	setenv("ODD", "metric most", 1);
	run = load_good_config("[plugin odd]\n[plugin odd b]\n");
	first = run->plugins.instances;
	second = first->next;
	assert_int_equal(first->said.n_metrics, MURAL_METRICS_MAX);
	mural_metric_set(&first->host, 0, -3);
	mural_metric_add(&first->host, 63, INT64_MAX);
	mural_metric_add(&second->host, 0, 2);
	mural_metric_add(&second->host, 0, -1);
	said_copy_metrics(&first->said, values);
	assert_int_equal(values[0], -3);
	assert_true(values[63] == INT64_MAX);
	said_copy_metrics(&second->said, values);
	assert_int_equal(values[0], 1);
	mural_state(&first->host, "open");
	said_copy_state(&first->said, said);
	assert_string_equal(said, "open");
	said_copy_state(&second->said, said);
	assert_string_equal(said, "");
	mural_state(&first->host, NULL);
	said_copy_state(&first->said, said);
	assert_string_equal(said, "");
	run_free(run);
	unsetenv("ODD");
}

/* The same object under another name, which in /metrics is the same again. */
TEST(metrics_of_two_plugins_have_different_names)
{
	struct run *run;
	struct module *module;
	char why[1024] = "";

	setenv("ODD", "metric most", 1);
	run = load_good_config("[plugin odd]\n");
	module = run->plugins.modules;
	struct module other = { .path = (char *)"/o.so", .plugin = module->plugin };
	assert_true(metrics_clash(module, &other, why, sizeof(why)));
	assert_non_null(
		strstr(why, "/o.so has a metric murald_plugin_odd_m0, and so has"));
	other.plugin.name = "odd.m0";
	assert_false(metrics_clash(module, &other, why, sizeof(why)));
	assert_false(metrics_clash(module, module, why, sizeof(why)));
	run_free(run);
	unsetenv("ODD");
}

TEST(what_cannot_be_loaded_says_why)
{
	expect_complaints(
		"[plugin blank]\n[plugin hungry]\n[plugin od]\n[plugin absent]\n", 4,
		"t.conf:1: plugin blank: %/blank.so has no table mural_plugin; is it a "
		"plugin for murald?\n"
		"t.conf:2: plugin hungry: %/hungry.so cannot be loaded: undefined "
		"symbol: mural_not_yet; it was built for a newer murald: install that, "
		"or rebuild it\n"
		"t.conf:3: plugin od: there is no od.so in %, did you mean odd?\n"
		"t.conf:4: plugin absent: there is no absent.so in %; install it there, "
		"or set server.plugin-path\n");
	expect_complaints("[plugin http]\n[plugin p2]\n", 2,
		"t.conf:1: plugin http: there is no http.so in %; apt install "
		"murald-http, or install it there by hand, or set server.plugin-path\n"
		"t.conf:2: plugin p2: there is no p2.so in %; apt install murald-p2, or "
		"install it there by hand, or set server.plugin-path\n");
}

TEST(what_is_not_required_is_only_a_warning)
{
	struct run *run;

	expect_complaints("[plugin blank]\nrequired = no\n[plugin absent]\nenabled = no\n"
			  "[plugin nowhere]\nrequired = yes\n",
		1,
		"murald: warning: plugin blank: %/blank.so has no table mural_plugin; is "
		"it a plugin for murald?: continuing without it\n"
		"murald: warning: plugin absent: there is no absent.so in %; install it "
		"there, or set server.plugin-path: continuing without it\n"
		"t.conf:5: plugin nowhere: there is no nowhere.so in %; install it "
		"there, or set server.plugin-path\n");
	run = load_config("[plugin absent]\nrequired = no\n[plugin odd]\n");
	assert_int_equal(run->config.errors, 0);
	assert_string_equal(run->plugins.instances->host.name, "odd");
	assert_null(run->plugins.instances->next);
	run_free(run);
	/* but a wrong value is wrong */
	expect_complaints("[plugin odd]\nrequired = no\n"
			  "number = 10\n",
		1,
		"t.conf:3: plugin odd.number: \"10\" is out of range; write a number "
		"from 1 to 9\n");
}

TEST(what_is_switched_off_is_checked_and_not_made)
{
	struct run *run = load_good_config("[plugin odd]\nenabled = no\nclaim = yes\n"
					   "[plugin odd b]\n");

	assert_string_equal(run->plugins.instances->host.name, "b");
	assert_null(run->plugins.instances->next);
	assert_int_equal(run->plugins.n_claims, 0);
	run_free(run);
	expect_complaints("[plugin odd]\nenabled = no\nflag = perhaps\n", 1,
		"t.conf:3: plugin odd.flag: \"perhaps\" is not yes or no; write yes, no, "
		"true, false, on or off\n");
}

TEST(every_error_is_told_at_once)
{
	expect_complaints("[plugin odd]\n"
			  "numbr = 3\n"
			  "zzz = 1\n"
			  "choice = kep\n"
			  "listen = ::1:7\n"
			  "offset = 0,-1\n"
			  "enabeld = no\n"
			  "[plugin odd two]\n"
			  "reject = yes\n"
			  "number = 8\n"
			  "[plugin odd three]\n"
			  "reject = maybe\n"
			  "reject = yes\n"
			  "[plugin blank odd]\n",
		13,
		"murald: warning: t.conf:13: plugin odd three.reject: already set in "
		"line 12; this value is used\n"
		"t.conf:14: plugin blank odd: [plugin odd] has that name already; give "
		"it another: [plugin blank NAME]\n"
		"t.conf:2: plugin odd.numbr: unknown option, did you mean number?\n"
		"t.conf:3: plugin odd.zzz: unknown option, this section takes flag, "
		"reject, claim, number, choice, text, enabled, required, offset, region, "
		"advertise, "
		"listen, listen-udp\n"
		"t.conf:4: plugin odd.choice: \"kep\" is not one of: keep, suppress\n"
		"t.conf:5: plugin odd.listen: \"::1:7\" is ambiguous; write the "
		"IPv6 address in brackets, such as [::1]:7\n"
		"t.conf:7: plugin odd.enabeld: unknown option, did you mean enabled?\n"
		"t.conf:6: plugin odd.offset: lies outside the canvas; write X,Y from "
		"0,0\n"
		"t.conf:10: plugin odd two.number: 8 is not odd enough; write 7\n"
		"t.conf:8: plugin odd two.text: is dull; write more\n"
		"t.conf:12: plugin odd three.reject: \"maybe\" is not yes or no; write "
		"yes, no, true, false, on or off\n"
		"t.conf:11: plugin odd three.number: 5 is not odd enough; write 7\n"
		"t.conf:11: plugin odd three.text: is dull; write more\n"
		"t.conf:14: plugin blank odd: %/blank.so has no table mural_plugin; is "
		"it a plugin for murald?\n");
}

TEST(keys_that_do_not_fit_the_transports_are_unknown)
{
	struct run *run;

	setenv("ODD", "a poller", 1);
	expect_complaints("[plugin odd]\nlisten = [::]:1\nlisten-udp = [::]:1\n", 2,
		"t.conf:2: plugin odd.listen: unknown option, this section takes flag, "
		"reject, claim, number, choice, text, enabled, required, offset, region, "
		"advertise\n"
		"t.conf:3: plugin odd.listen-udp: unknown option, this section takes "
		"flag, reject, claim, number, choice, text, enabled, required, offset, "
		"region, advertise\n");
	run = load_good_config("[plugin odd]\n");
	assert_string_equal(run->plugins.instances->common.listen, "");
	run_free(run);
	unsetenv("ODD");
}

TEST(an_instance_that_nobody_can_reach_is_remarked_on)
{
	expect_complaints("[plugin odd]\nlisten =\n", 0,
		"murald: warning: plugin odd: nobody can reach it: set listen\n");
	expect_complaints("[plugin odd]\nlisten =\nenabled = no\n", 0, "");
	expect_complaints("[plugin odd]\nlisten =\nlisten-udp = [::]:1\n", 0, "");
}

TEST(everybody_knows_all_claims)
{
	struct run *run = load_good_config("[plugin odd]\nclaim = yes\n"
					   "number = 3\n"
					   "[plugin odd b]\n"
					   "[plugin odd c]\nclaim = yes\n"
					   "number = 9\n");

	assert_int_equal(run->plugins.n_claims, 2);
	for (struct instance *i = run->plugins.instances; i; i = i->next) {
		assert_int_equal(i->host.n_claims, 2);
		assert_int_equal(i->host.claims[0].value[0], 3);
		assert_int_equal(i->host.claims[1].value[0], 9);
	}
	run_free(run);
}

/* Puts a link to the plugin `module` into a folder under the name `name`. */
static void
link_plugin(const char *where, const char *module, const char *name)
{
	char from[8192], to[8192];

	mkdir(where, 0755);
	snprintf(from, sizeof(from), "%s/%s.so", folder, module);
	snprintf(to, sizeof(to), "%s/%s.so", where, name);
	unlink(to);
	assert_int_equal(symlink(from, to), 0);
}

TEST(a_file_must_have_the_plugin_s_name)
{
	char path[8192], wanted[8192];
	struct run *run;

	link_plugin("elsewhere", "odd", "even");
	snprintf(path, sizeof(path), "server.plugin-path=%s/elsewhere", here);
	write_file("t.conf", "[plugin even]\n");
	run = run_plugins("-c", "t.conf", "-s", path, NULL);
	snprintf(wanted, sizeof(wanted),
		"t.conf:1: plugin even: %s/elsewhere/even.so calls itself odd; name the "
		"file odd.so\n",
		here);
	assert_string_equal(run->err, wanted);
	run_free(run);
}

TEST(the_first_folder_wins)
{
	char path[8192];
	struct run *run;

	link_plugin("nearer", "blank", "odd"); /* hides the good one */
	write_file("t.conf", "[plugin odd]\n");
	snprintf(path, sizeof(path), "server.plugin-path=%s/absent:%s/nearer:%s", here,
		here, folder);
	run = run_plugins("-c", "t.conf", "-s", path, NULL);
	assert_int_equal(run->config.errors, 1);
	assert_non_null(strstr(run->err, "/nearer/odd.so has no table mural_plugin"));
	run_list(run);
	assert_non_null(strstr(run->out, "/nearer/odd.so has no table mural_plugin"));
	assert_null(strstr(run->out, "wrong in a way of its own"));
	run_free(run);
	snprintf(path, sizeof(path), "server.plugin-path=%s:%s/nearer", folder, here);
	run = run_plugins("-c", "t.conf", "-s", path, NULL);
	assert_string_equal(run->err, "");
	run_free(run);
}

TEST(unsafe_folders_are_refused)
{
	char path[8192], wanted[8192];
	struct run *run;

	link_plugin("open", "odd", "odd");
	assert_int_equal(chmod("open", 0777), 0);
	write_file("t.conf", "[plugin odd]\nrequired = no\n");
	snprintf(path, sizeof(path), "server.plugin-path=%s/open:open:", here);
	run = run_plugins("-c", "t.conf", "-s", path, NULL);
	snprintf(wanted, sizeof(wanted),
		"-s: server.plugin-path: \"%s/open\" is writable by everyone, who could "
		"then run code as murald; chmod o-w it\n"
		"-s: server.plugin-path: \"open\" is not absolute; write the folder's "
		"whole path\n"
		"-s: server.plugin-path: \"\" is not absolute; write the folder's whole "
		"path\n"
		"murald: warning: plugin odd: there is no odd.so in %s/open:open:, part "
		"of which is not safe to load from: continuing without it\n",
		here, here);
	assert_string_equal(run->err, wanted);
	assert_int_equal(run->config.errors, 3);
	run_list(run);
	assert_null(strstr(run->out, "wrong in a way of its own"));
	assert_non_null(strstr(run->out, "/open\" is writable by everyone"));
	assert_null(strstr(run->out, "there are no plugins in"));
	run_free(run);
}

TEST(an_object_that_everybody_can_write_is_refused)
{
	char command[8192], path[8192];
	struct run *run;

	mkdir("loose", 0755);
	snprintf(command, sizeof(command),
		"cp '%s/odd.so' loose/ && chmod 666 loose/odd.so", folder);
	assert_int_equal(system(command), 0);
	write_file("t.conf", "[plugin odd]\n");
	snprintf(path, sizeof(path), "server.plugin-path=%s/loose", here);
	run = run_plugins("-c", "t.conf", "-s", path, NULL);
	assert_int_equal(run->config.errors, 1);
	assert_non_null(strstr(
		run->err, "/loose/odd.so is writable by everyone; chmod o-w it\n"));
	run_free(run);
}

TEST(lists_all_plugins_with_their_options)
{
	static const char *const wanted[] = {
		"odd 1.2: wrong in a way of its own\n"
		"  flag             yes or no                default no           a "
		"flag\n",
		"  number           number from 1 to 9       default 5            a "
		"number\n",
		"  choice           one of: keep, suppress   default keep         a "
		"choice\n",
		"  text             text                     default empty        a "
		"text\n",
		"  enabled          yes or no                default yes          ",
		"  listen           addresses                default [::]:7       ",
		"\nhungry: ",
		"/hungry.so cannot be loaded: undefined symbol: mural_not_yet",
	};
	struct run *run = load_good_config("");

	run_list(run);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!strstr(run->out, wanted[i]))
			fail_msg("no \"%s\" in\n%s", wanted[i], run->out);
	assert_memory_equal(run->out, "blank: ", 7);
	run_free(run);
	run = run_plugins(
		"--list-plugins", "-s", "server.plugin-path=/nonexistent", NULL);
	run_list(run);
	assert_string_equal(run->out, "there are no plugins in /nonexistent; install "
				      "them there, or set server.plugin-path\n");
	run_free(run);
}

TEST(prints_what_plugin_sections_say)
{
	static const char wanted[] = "plugin odd b.enabled = no  ; t.conf:3\n"
				     "plugin odd b.required = yes  ; default\n"
				     "plugin odd b.offset = 0,0  ; default\n"
				     "plugin odd b.region = 4x4  ; t.conf:2\n"
				     "plugin odd b.advertise = yes  ; default\n"
				     "plugin odd b.listen = [::]:7  ; default\n"
				     "plugin odd b.listen-udp =   ; default\n"
				     "plugin odd b.flag = no  ; default\n"
				     "plugin odd b.reject = no  ; default\n"
				     "plugin odd b.claim = no  ; default\n"
				     "plugin odd b.number = 7  ; -s\n"
				     "plugin odd b.choice = keep  ; default\n"
				     "plugin odd b.text =   ; default\n"
				     "plugin absent.required = no  ; t.conf:5\n"
				     "plugin absent.what = ****  ; t.conf:7, overrules "
				     "t.conf:6\n";
	char first[32768];
	struct run *run;

	write_file("t.conf", "[plugin odd b]\nregion = 4x4\nenabled = no\n"
			     "[plugin absent]\nrequired = no\nwhat = 1\nwhat = 2\n");
	run = run_plugins(
		"-c", "t.conf", "-s", path_setting, "-s", "plugin odd b.number=7", NULL);
	assert_int_equal(run->config.errors, 0);
	run_print(run);
	assert_non_null(strstr(run->out, wanted));
	write_file("again.conf", run->out);
	snprintf(first, sizeof(first), "%s", run->out);
	run_free(run);

	run = run_plugins("-c", "again.conf", NULL);
	assert_int_equal(run->config.errors, 0);
	run_print(run);
	for (char *a = first, *b = run->out; *a && *b;) {
		size_t len = strcspn(a, ";\n");

		assert_memory_equal(a, b, len);
		a = strchr(a, '\n') + 1;
		b = strchr(b, '\n') + 1;
	}
	run_free(run);
}

static int
set_up(void **state)
{
	const char *build = getenv("top_builddir");
	char relative[4096], real[4096];

	snprintf(relative, sizeof(relative), "%s/tests/unit/plugin/.libs",
		build ? build : ".");
	if (!realpath(relative, real) || strlen(real) >= sizeof(folder)) {
		print_error("no %s: run this with make check\n", relative);
		return -1;
	}
	strcpy(folder, real);
	snprintf(path_setting, sizeof(path_setting), "server.plugin-path=%s", folder);
	return enter_folder(state) < 0 || !getcwd(here, sizeof(here)) ? -1 : 0;
}

UNIT_TESTS(set_up, leave_folder)
