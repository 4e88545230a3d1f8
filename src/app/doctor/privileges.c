/* SPDX-License-Identifier: MIT */
/* Checks whether this user has the capabilities that the plugins need, and what decodes
 * pings.  A shell of the service's user has none of its own: systemd is asked what the
 * unit gives. */
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/doctor/parts.h"
#include "app/privileges.h"
#include "base/util.h"

#define SERVICE_USER "murald"
#define ASK "systemctl show -P AmbientCapabilities murald.service 2>/dev/null"

static bool
is_service_user(const struct passwd *user)
{
	return user && strcmp(user->pw_name, SERVICE_USER) == 0;
}

static bool
unit_gives(const char *capability)
{
	char line[512] = "";
	FILE *answer = popen(ASK, "re");

	if (!answer)
		return false;
	if (!fgets(line, sizeof(line), answer))
		*line = '\0';
	(void)pclose(answer);
	return strstr(line, capability);
}

static void
examine_raw(const struct instance *instance, bool raw, bool unit, struct report *report)
{
	const char *title = instance->section->title;

	if (raw) {
		report_ok(report, "[%s] may read packets: CAP_NET_RAW", title);
	} else if (unit) {
		report_ok(report,
			"[%s] may read packets: murald.service gives CAP_NET_RAW", title);
	} else {
		report_problem(
			report, "[%s] may not read packets: no CAP_NET_RAW", title);
		report_advice(report, "start murald by its unit, which has "
				      "AmbientCapabilities=CAP_NET_RAW, or: setcap "
				      "cap_net_raw+ep /path/to/murald");
	}
}

/* Whether the option accelerate has another value than its first, off. */
static bool
is_accelerated(const struct instance *instance)
{
	for (const struct mural_option *o = instance->plugin->options; o && o->name; o++)
		if (strcmp(o->name, "accelerate") == 0)
			return *(const uint32_t *)((const char *)instance->config +
						   o->offset) != 0;
	return false;
}

/* The module lies beside the plugin. */
static bool
has_xdp_module(const struct instance *instance)
{
	const struct module *module =
		container_of(instance->plugin, struct module, plugin);
	const char *slash = strrchr(module->path, '/');
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*sxdp.module",
		slash ? (int)(slash + 1 - module->path) : 0, module->path);
	return access(path, R_OK) == 0;
}

static void
examine_accelerate(const struct instance *instance, bool service, struct report *report)
{
	const char *title = instance->section->title;

	if (!is_accelerated(instance))
		return;
	if (!has_xdp_module(instance)) {
		report_problem(report, "[%s] accelerate: there is no xdp.module", title);
		report_advice(report, "apt install murald-xdp");
	} else if (privileges_have(CAP_BPF)) {
		report_ok(report, "[%s] accelerate: may load programs: CAP_BPF", title);
	} else if (service && unit_gives("cap_bpf")) {
		report_ok(report,
			"[%s] accelerate: murald.service gives CAP_BPF, to load programs",
			title);
	} else {
		report_problem(report,
			"[%s] accelerate: may not load programs: no CAP_BPF", title);
		report_advice(report, "start murald as root with server.user, or by its "
				      "unit, which murald-xdp extends");
	}
}

void
doctor_check_privileges(const struct plugins *plugins, struct report *report)
{
	const struct passwd *user = getpwuid(geteuid());
	const bool raw = privileges_have(CAP_NET_RAW);
	const bool service = is_service_user(user);
	const bool unit = !raw && service && unit_gives("cap_net_raw");

	report_note(report, "checked as user %u (%s)", (unsigned)geteuid(),
		user ? user->pw_name : "without a name");
	if (geteuid() == 0 && getpwnam(SERVICE_USER))
		report_note(report, "the service runs as user " SERVICE_USER
				    ": check again with sudo -u " SERVICE_USER);
	for (const struct instance *i = plugins->instances; i; i = i->next)
		if (doctor_reads_packets(i)) {
			examine_raw(i, raw, unit, report);
			examine_accelerate(i, service, report);
		}
}
