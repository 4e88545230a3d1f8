/* SPDX-License-Identifier: MIT */
/* The tables of plugins, older, newer and wrong ones, and the metrics that they name. */
#include "base/util.h"
#include "plugin/metrics.h"
#include "unit/plugin/odd-plugins.h"

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
		{ "no poller", "has attach, drain or detach but is not a poller" },
		{ "no stop", "is a service but lacks start or stop" },
		{ "no service", "has start or stop but is not a service" },
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
		{ "only notice", "has notice, painted_over, denied or acted but is not a "
				 "service" },
		{ "only denied", "has notice, painted_over, denied or acted but is not a "
				 "service" },
		{ "only painted over", "has notice, painted_over, denied or acted but is "
				       "not a service" },
		{ "only acted", "has notice, painted_over, denied or acted but is not a "
				"service" },
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
		{ "overlapping",
			"option reject: overlaps option flag in the config; name "
			"the same struct in both" },
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

UNIT_TESTS(set_up, leave_folder)
