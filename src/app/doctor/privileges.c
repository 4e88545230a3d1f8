/* SPDX-License-Identifier: MIT */
/* Checks whether this user has the capabilities that the plugins need. */
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

#include "app/doctor/parts.h"
#include "app/privileges.h"

#define SERVICE_USER "murald"

void
doctor_check_privileges(const struct plugins *plugins, struct report *report)
{
	const struct passwd *user = getpwuid(geteuid());
	bool raw = privileges_have(CAP_NET_RAW);

	report_note(report, "checked as user %u (%s)", (unsigned)geteuid(),
		user ? user->pw_name : "without a name");
	if (geteuid() == 0 && getpwnam(SERVICE_USER))
		report_note(report, "the service runs as user " SERVICE_USER
				    ": check again with sudo -u " SERVICE_USER);
	for (const struct instance *i = plugins->instances; i; i = i->next) {
		if (!doctor_reads_packets(i))
			continue;
		if (raw) {
			report_ok(report, "[%s] may read packets: CAP_NET_RAW",
				i->section->title);
			continue;
		}
		report_problem(report, "[%s] may not read packets: no CAP_NET_RAW",
			i->section->title);
		report_advice(report, "start murald by its unit, which has "
				      "AmbientCapabilities=CAP_NET_RAW, or: setcap "
				      "cap_net_raw+ep /path/to/murald");
	}
}
