/* SPDX-License-Identifier: MIT */
/* What the doctor makes of the rules of a packet filter. */
#include "app/doctor/filter.h"

#include <stdio.h>

#include "support/unit.h"

/* What becomes of a packet, with these rules in a chain of that policy. */
static enum filter_verdict
judge(const char *policy, const char *rules, const char *protocol, unsigned port)
{
	char ruleset[4096], chain[160] = "";
	enum filter_verdict verdict;

	snprintf(ruleset, sizeof(ruleset),
		"table ip6 other {\n\tchain input {\n"
		"\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n"
		"table inet filter {\n\tset open {\n\t\ttype inet_service\n\t}\n"
		"\tchain ours {\n\t\ttcp dport 1234 accept\n\t}\n"
		"\tchain strict {\n\t\tdrop\n\t}\n"
		"\tchain local {\n\t\tfib daddr type local counter "
		"return\n\t\tdrop\n\t}\n"
		"\tchain input {\n\t\ttype filter hook input priority filter; policy "
		"%s;\n%s\t}\n"
		"\tchain output {\n\t\ttype filter hook output priority 0; policy "
		"drop;\n\t}\n}\n",
		policy, rules);
	verdict = filter_judge(ruleset, protocol, port, chain, sizeof(chain));
	if (verdict == FILTER_DROPS)
		assert_string_equal(chain, "inet filter input");
	return verdict;
}

TEST(without_rules_the_policy_decides)
{
	char chain[8];

	assert_int_equal(judge("accept", "", "tcp", 1234), FILTER_PASSES);
	assert_int_equal(judge("drop", "", "tcp", 1234), FILTER_DROPS);
	assert_int_equal(filter_judge("", "tcp", 1, chain, sizeof(chain)), FILTER_PASSES);
}

TEST(rules_that_open_a_port)
{
	static const char *const open[] = {
		"tcp dport 1234 accept\n",
		"tcp dport { 22, 1234, 8080 } accept\n",
		"tcp dport { 22, 1000-2000 } ct state new counter packets 1 accept\n",
		"meta l4proto { tcp, udp } accept\n",
		"ip protocol tcp accept comment \"drop\"\n",
		"tcp dport != 22 accept\n",
		"jump ours\n",
		"iifname != \"lo\" accept\n",
		"udp dport 1234 drop\ntcp dport 1234 log prefix \"in drop\" accept\n",
	};

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		assert_int_equal(judge("drop", open[i], "tcp", 1234), FILTER_PASSES);
}

TEST(rules_that_leave_it_closed)
{
	static const char *const closed[] = {
		"iifname \"lo\" accept\nct state established,related accept\n",
		"tcp dport { 22, 80 } accept\n",
		"tcp dport 1000-1233 accept\n",
		"udp dport 1234 accept\nicmp type echo-request accept\n",
		"ct state vmap { invalid : drop, established : accept }\n",
		"tcp dport 1234 reject with icmp port-unreachable\n accept\n",
		"jump strict\n",
		"goto strict\n accept\n",
	};

	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++)
		assert_int_equal(judge("drop", closed[i], "tcp", 1234), FILTER_DROPS);
	assert_int_equal(judge("accept", closed[5], "tcp", 1234), FILTER_DROPS);
	assert_int_equal(
		judge("accept", "tcp dport 22 drop\n", "tcp", 1234), FILTER_PASSES);
}

TEST(what_is_not_known_is_not_told)
{
	static const char *const unsure[] = {
		"ip saddr 192.0.2.0/24 accept\n",
		"tcp dport @open accept\n",
		"iifname \"eth0\" accept\n",
		"tcp dport 1234 limit rate 5/second accept\n",
		"iifname vmap { \"lo\" : accept, \"eth0\" : jump ours }\naccept\n",
		"jump nowhere\n",
		"jump local\ntcp dport 1234 accept\n",
		"ip saddr 192.0.2.1 jump ours\n",
	};

	for (size_t i = 0; i < sizeof(unsure) / sizeof(*unsure); i++)
		assert_int_not_equal(judge("drop", unsure[i], "tcp", 1234), FILTER_DROPS);
	assert_int_equal(
		judge("accept", "ip saddr 192.0.2.1 drop\n", "tcp", 1234), FILTER_PASSES);
}

TEST(pings_and_datagrams)
{
	const char *rules = "icmp type { echo-reply, echo-request } accept\n"
			    "udp dport 5000-6000 accept\n";

	assert_int_equal(judge("drop", rules, "icmp", 0), FILTER_PASSES);
	assert_int_equal(judge("drop", rules, "udp", 5555), FILTER_PASSES);
	assert_int_equal(judge("drop", rules, "udp", 1), FILTER_DROPS);
	assert_int_equal(
		judge("drop", "icmp type echo-reply accept\n", "icmp", 0), FILTER_DROPS);
}

TEST(endless_jumps_end)
{
	char chain[160];

	assert_int_equal(filter_judge("table inet f {\n\tchain a {\n\t\tjump a\n\t}\n"
				      "\tchain in {\n\t\ttype filter hook input priority "
				      "0; policy drop;\n\t\tjump a\n\t}\n}\n",
				 "tcp", 1, chain, sizeof(chain)),
		FILTER_UNSURE);
}

UNIT_TESTS(NULL, NULL)
