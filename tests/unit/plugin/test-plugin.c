/* SPDX-License-Identifier: MIT */
/* Sections of the config and the plugins that they load: what is bound, checked and said.
 */
#include "base/util.h"
#include "unit/plugin/odd-plugins.h"

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
		15,
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
		"t.conf:8: plugin odd two: number and text do not go together; write "
		"one of them\n"
		"t.conf:12: plugin odd three.reject: \"maybe\" is not yes or no; write "
		"yes, no, true, false, on or off\n"
		"t.conf:11: plugin odd three.number: 5 is not odd enough; write 7\n"
		"t.conf:11: plugin odd three.text: is dull; write more\n"
		"t.conf:11: plugin odd three: number and text do not go together; write "
		"one of them\n"
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

UNIT_TESTS(set_up, leave_folder)
