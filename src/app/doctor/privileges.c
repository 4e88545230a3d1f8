/* SPDX-License-Identifier: MIT */
/* Checks whether this user has the capabilities that the plugins need.  A shell of the
 * service's user has none of its own: systemd is asked what the unit gives. */
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/doctor/parts.h"
#include "app/privileges.h"

#define SERVICE_USER "murald"
#define ASK "systemctl show -P AmbientCapabilities murald.service 2>/dev/null"

static bool
is_service_user(const struct passwd *user)
{
	return user && strcmp(user->pw_name, SERVICE_USER) == 0;
}

static bool
unit_gives_raw(void)
{
	char line[512] = "";
	FILE *answer = popen(ASK, "re");

	if (!answer)
		return false;
	if (!fgets(line, sizeof(line), answer))
		*line = '\0';
	(void)pclose(answer);
	return strstr(line, "cap_net_raw");
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

void
doctor_check_privileges(const struct plugins *plugins, struct report *report)
{
	const struct passwd *user = getpwuid(geteuid());
	const bool raw = privileges_have(CAP_NET_RAW);
	const bool unit = !raw && is_service_user(user) && unit_gives_raw();

	report_note(report, "checked as user %u (%s)", (unsigned)geteuid(),
		user ? user->pw_name : "without a name");
	if (geteuid() == 0 && getpwnam(SERVICE_USER))
		report_note(report, "the service runs as user " SERVICE_USER
				    ": check again with sudo -u " SERVICE_USER);
	for (const struct instance *i = plugins->instances; i; i = i->next)
		if (doctor_reads_packets(i))
			examine_raw(i, raw, unit, report);
}
