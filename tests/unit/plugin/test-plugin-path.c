/* SPDX-License-Identifier: MIT */
/* Where plugins are looked for, and which files and folders are not to be trusted. */
#include <sys/stat.h>

#include "unit/plugin/odd-plugins.h"

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

UNIT_TESTS(set_up, leave_folder)
