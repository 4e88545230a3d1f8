/* SPDX-License-Identifier: MIT */
/* Checks whether the kernel's packet filter lets people reach the plugins. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/doctor/filter.h"
#include "app/doctor/parts.h"
#include "lib/address.h"

#define RULES_MAX (4 << 20)

/* Debian's; the doctor's own PATH may lack the folder. */
static const char *const commands[] = { "/usr/sbin/nft", "/sbin/nft" };

struct filter_check {
	const char *ruleset;
	struct report *report;
};

/* What `nft list ruleset` prints; NULL: nothing, or there is no nft.  The caller frees
 * it.
 */
static char *
read_ruleset(const char *nft)
{
	char command[64], *text = calloc(1, RULES_MAX);
	FILE *pipe;
	size_t len = 0;

	snprintf(command, sizeof(command), "%s list ruleset 2>/dev/null", nft);
	pipe = text ? popen(command, "re") : NULL;
	if (pipe) {
		len = fread(text, 1, RULES_MAX - 1, pipe);
		pclose(pipe);
	}
	if (len > 0)
		return text;
	free(text);
	return NULL;
}

static void
check_address(const struct instance *instance, const char *key, const char *address,
	int type, void *arg)
{
	const struct filter_check *check = arg;
	const char *protocol = type == SOCK_DGRAM ? "udp" : "tcp", *host = address;
	unsigned port = address_port(address);
	char chain[160];

	if (port == 0 || strncmp(host, "127.", 4) == 0 ||
		strncmp(host, "[::1]", 5) == 0 || strncmp(host, "localhost:", 10) == 0 ||
		filter_judge(check->ruleset, protocol, port, chain, sizeof(chain)) !=
			FILTER_DROPS)
		return;
	report_problem(check->report,
		"[%s] %s = %s: the packet filter drops what comes in (nftables chain %s)",
		instance->section->title, key, address, chain);
	report_advice(check->report,
		"nft insert rule %s %s dport %u accept, and the same in "
		"/etc/nftables.conf or what else made that chain",
		chain, protocol, port);
}

/* murald sees packets before the filter does, the kernel that answers after it. */
static void
check_pings(const struct filter_check *check)
{
	char chain[160];

	if (filter_judge(check->ruleset, "icmp", 0, chain, sizeof(chain)) == FILTER_DROPS)
		report_note(check->report,
			"the packet filter drops pings (nftables chain %s): they paint, "
			"but people's ping reports them as lost; nft insert rule %s icmp "
			"type echo-request accept",
			chain, chain);
}

void
doctor_check_filter(const struct plugins *plugins, struct report *report)
{
	struct filter_check check = { .report = report };
	const char *nft = access(commands[0], X_OK) == 0 ? commands[0] : commands[1];
	char *ruleset;
	bool pings = false;

	if (access(nft, X_OK) < 0)
		return;
	if (geteuid() != 0) {
		report_note(report, "only root can see the packet filter: nft list "
				    "ruleset shows whether it drops a plugin's port");
		return;
	}
	ruleset = read_ruleset(nft);
	if (!ruleset)
		return;
	check.ruleset = ruleset;
	for (const struct instance *i = plugins->instances; i; i = i->next) {
		doctor_each_address(i, check_address, &check);
		pings |= doctor_reads_packets(i);
	}
	if (pings)
		check_pings(&check);
	free(ruleset);
}
