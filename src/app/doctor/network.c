/* SPDX-License-Identifier: MIT */
/* Checks whether people can reach the plugins: addresses, ports, interfaces, routes. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/doctor/parts.h"
#include "base/host-address.h"
#include "base/procs.h"
#include "base/util.h"
#include "config/option.h"
#include "ingest/socket.h"
#include "lib/address.h"

#define SYSCTL "/proc/sys/net/"

/* ------------------------------------------------------------------ addresses */

static void
examine_addresses(struct report *report)
{
	char four[ADDRESS_TEXT_MAX] = "", six[ADDRESS_TEXT_MAX] = "";
	bool has_four =
		host_address_get(AF_INET, four) == 0 && !host_address_is_loopback(four);
	bool has_six =
		host_address_get(AF_INET6, six) == 0 && !host_address_is_loopback(six);

	if (has_four || has_six) {
		report_ok(report, "people reach this machine at %s%s%s",
			has_four ? four : "", has_four && has_six ? " and " : "",
			has_six ? six : "");
		if (has_six && host_address_is_temporary(six))
			report_note(report,
				"%s is a temporary address, which changes: give this "
				"machine another one, or set server.public-address",
				six);
		return;
	}
	report_problem(report, "this machine has no address that others could use");
	report_advice(report, "plug in its cable, or configure its network; ip address "
			      "lists its addresses");
}

/* ------------------------------------------------------------------ ports */

/* Finds the processes that use a port; of TCP sockets only those that listen count. */
static void
find_port_procs(unsigned wanted, int type, struct procs *procs)
{
	static const char *const files[][2] = { { "/proc/net/tcp", "/proc/net/tcp6" },
		{ "/proc/net/udp", "/proc/net/udp6" } };
	const unsigned listens = 0x0a;

	*procs = (struct procs){ 0 };
	for (int i = 0; i < 2 && !*procs->text; i++) {
		FILE *file = fopen(files[type == SOCK_DGRAM][i], "re");
		unsigned port, state;
		unsigned long inode;
		char target[64];

		if (!file)
			continue;
		(void)!fscanf(file, "%*[^\n]");
		while (fscanf(file,
			       " %*[^:]: %*[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s "
			       "%lu%*[^\n]",
			       &port, &state, &inode) == 3) {
			if (port != wanted || (type == SOCK_STREAM && state != listens))
				continue;
			snprintf(target, sizeof(target), "socket:[%lu]", inode);
			procs_with_open(target, procs);
			break;
		}
		fclose(file);
	}
}

static void
examine_port(const struct instance *instance, const char *key, const char *address,
	int type, void *arg)
{
	const char *title = instance->section->title;
	struct report *report = arg;
	struct procs procs;
	int ret;

	if (address_port(address) == 0)
		return;
	ret = socket_try_bind(address, type);
	if (ret == 0) {
		report_ok(report, "[%s] %s = %s is free", title, key, address);
		return;
	}
	find_port_procs(address_port(address), type, &procs);
	if (ret == -EADDRINUSE && procs.any_murald) {
		report_note(report, "[%s] %s = %s is served by %s", title, key, address,
			procs.text);
		return;
	}
	report_problem(report, "[%s] %s = %s: %s%s%s", title, key, address,
		strerror(-ret), ret == -EADDRINUSE ? " by " : "",
		ret != -EADDRINUSE ? ""
		: *procs.text      ? procs.text
				   : "a program that only root can see");
	report_advice(report, ret == -EACCES ? "ports below 1024 need "
					       "CAP_NET_BIND_SERVICE; choose a higher one"
			      : ret == -EADDRNOTAVAIL
				      ? "this machine has no such address; ip address "
					"lists those it has"
				      : "stop that program, or choose another port");
}

struct address_visit {
	const struct instance *instance;
	void (*each)(const struct instance *instance, const char *key,
		const char *address, int type, void *arg);
	void *arg;
};

static void
each_of_list(
	const struct address_visit *visit, const char *key, const char *list, int type)
{
	char address[ADDRESS_WORD_MAX];

	while (list && (list = address_next(list, address, sizeof(address))))
		visit->each(visit->instance, key, address, type, visit->arg);
}

void
doctor_each_address(const struct instance *instance,
	void (*each)(const struct instance *instance, const char *key,
		const char *address, int type, void *arg),
	void *arg)
{
	const struct address_visit visit = { instance, each, arg };
	const struct mural_option *option = instance->plugin->options;
	char key[64];

	each_of_list(&visit, "listen", instance->common.listen, SOCK_STREAM);
	each_of_list(&visit, "listen-udp", instance->common.listen_udp, SOCK_DGRAM);
	for (; option && option->name; option++)
		if (option->type == MURAL_TYPE_ADDRESS ||
			option->type == MURAL_TYPE_ADDRESSES)
			each_of_list(&visit, option_key(option, key, sizeof(key)),
				*(char *const *)((const char *)instance->config +
						 option->offset),
				SOCK_STREAM);
}

/* ------------------------------------------------------------------ pings */

static bool
sysctl_is(const char *path, char value)
{
	char line[64];

	return doctor_read_line(path, line, sizeof(line)) && line[0] == value;
}

static void
examine_pings(struct report *report)
{
	char range[64];

	if (sysctl_is(SYSCTL "ipv4/icmp_echo_ignore_all", '1'))
		report_note(report,
			"the kernel answers no pings (net.ipv4.icmp_echo_ignore_all = "
			"1): they paint, but people's ping reports them as lost");
	if (doctor_read_line(SYSCTL "ipv4/ping_group_range", range, sizeof(range)) &&
		strncmp(range, "1\t0", 3) == 0)
		report_note(report, "on this machine only root can ping without "
				    "CAP_NET_RAW (net.ipv4.ping_group_range = 1 0)");
}

/* The option `interface` names where a plugin captures packets. */
static void
examine_interface(const struct instance *instance, struct report *report)
{
	const struct mural_option *option =
		option_find(instance->plugin->options, "interface");
	const char *title = instance->section->title, *name;

	if (!option || option->type != MURAL_TYPE_TEXT)
		return;
	name = *(char *const *)((const char *)instance->config + option->offset);
	if (strcmp(name, "any") == 0)
		return;
	if (if_nametoindex(name) != 0) {
		report_ok(report, "[%s] interface = %s is there", title, name);
		return;
	}
	report_problem(report, "[%s] interface = %s: this machine has none of that name",
		title, name);
	report_advice(report, "ip link lists those it has; interface = any means all");
}

/* Asks the kernel how it would route a packet: RTN_UNICAST, RTN_LOCAL, ...; or -errno,
 * which is also the answer for a route that drops packets. */
static int
route_type(const uint8_t address[16])
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr attr;
		uint8_t address[16];
	} ask = {
		.header = { .nlmsg_len = sizeof(ask),
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = AF_INET6, .rtm_dst_len = 128 },
		.attr = { .rta_len = RTA_LENGTH(16), .rta_type = RTA_DST },
	};
	_Alignas(struct nlmsghdr) char answer[4096];
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE),
	    ret = -ENOENT;

	if (fd < 0)
		return -errno;
	memcpy(ask.address, address, 16);
	if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask)) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		if (n >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) &&
			header->nlmsg_type == NLMSG_ERROR)
			ret = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		else if (n >= (ssize_t)NLMSG_LENGTH(sizeof(struct rtmsg)) &&
			 header->nlmsg_type == RTM_NEWROUTE)
			ret = ((const struct rtmsg *)NLMSG_DATA(header))->rtm_type;
	}
	close(fd);
	return ret;
}

static unsigned
prefix_length(const struct mural_claim *claim)
{
	unsigned n = 0;

	while (n < 128 && claim->mask[n / 8] >> (7 - n % 8) & 1)
		n++;
	return n;
}

static bool
answers_ndp(const struct instance *instance)
{
	const struct mural_option *option = option_find(instance->plugin->options, "ndp");

	return option && option->type == MURAL_TYPE_BOOL &&
	       *(const bool *)((const char *)instance->config + option->offset);
}

static void
examine_prefix(const struct instance *instance, const char *prefix, int type,
	struct report *report)
{
	const char *title = instance->section->title;

	if (type == RTN_LOCAL) {
		report_ok(report, "[%s] %s is local here: this machine can paint, too",
			title, prefix);
	} else if (type == RTN_UNICAST &&
		   sysctl_is(SYSCTL "ipv6/conf/all/forwarding", '1')) {
		report_problem(report, "[%s] this machine forwards packets for %s", title,
			prefix);
		report_advice(report, "ip -6 route add blackhole %s", prefix);
		return;
	} else {
		report_ok(report, "[%s] packets for %s end here", title, prefix);
	}
	if (type == -ENETUNREACH || type == -EHOSTUNREACH || type == -EACCES)
		report_note(report,
			"[%s] the kernel tells painters that %s is unreachable, though "
			"their pixels are painted; so that it is silent: ip -6 route add "
			"blackhole %s",
			title, prefix, prefix);
	if (answers_ndp(instance))
		report_note(report,
			"[%s] ndp = yes: hosts on the same link need no route", title);
	else if (type != RTN_LOCAL)
		report_note(report,
			"[%s] the router has to send %s here: ip -6 route add %s via "
			"THIS MACHINE dev LINK",
			title, prefix, prefix);
}

static void
examine_claim(const struct instance *instance, struct report *report)
{
	char prefix[INET6_ADDRSTRLEN + 5], address[INET6_ADDRSTRLEN];
	struct mural_claim claim;
	uint8_t start[16];
	unsigned length;

	if (!instance->plugin->claim ||
		!instance->plugin->claim(instance->config, &claim))
		return;
	if (sysctl_is(SYSCTL "ipv6/conf/all/disable_ipv6", '1') ||
		access(SYSCTL "ipv6", F_OK) < 0) {
		report_problem(report, "[%s] IPv6 is disabled", instance->section->title);
		report_advice(report,
			"sysctl net.ipv6.conf.all.disable_ipv6=0, and remove "
			"ipv6.disable=1 from the kernel's command line");
		return;
	}
	length = prefix_length(&claim);
	if (length == 0 || (claim.value[0] == 0xfe && (claim.value[1] & 0xc0) == 0x80))
		return;
	for (unsigned i = 0; i < 16; i++)
		start[i] = length >= 8 * (i + 1) ? claim.value[i]
			   : length <= 8 * i     ? 0
					     : claim.value[i] & 0xff << (8 - length % 8);
	inet_ntop(AF_INET6, start, address, sizeof(address));
	snprintf(prefix, sizeof(prefix), "%s/%u", address, length);
	examine_prefix(instance, prefix, route_type(claim.value), report);
}

static void
examine_datagrams(struct report *report)
{
	char line[32];

	if (doctor_read_line(SYSCTL "core/rmem_max", line, sizeof(line)) &&
		strlen(line) < 7)
		report_note(report,
			"of a burst of datagrams, what exceeds %s bytes is lost; for "
			"more: sysctl net.core.rmem_max=8388608",
			line);
}

void
doctor_check_network(const struct plugins *plugins, struct report *report)
{
	bool pings = false, datagrams = false;

	examine_addresses(report);
	for (const struct instance *i = plugins->instances; i; i = i->next) {
		doctor_each_address(i, examine_port, report);
		examine_claim(i, report);
		examine_interface(i, report);
		pings |= doctor_reads_packets(i);
		datagrams |= i->common.listen_udp && *i->common.listen_udp;
	}
	if (pings)
		examine_pings(report);
	if (datagrams)
		examine_datagrams(report);
}
