/* SPDX-License-Identifier: MIT */
/* Users and capabilities. */
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "app/doctor/parts.h"

#define SERVICE_USER "murald"

static bool
have_capability(unsigned capability)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long effective = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "CapEff:", 7) == 0)
			for (const char *p = line + 7; *p; p++)
				if (strchr("0123456789abcdef", *p))
					effective = effective << 4 |
						    (*p > '9' ? *p - 'a' + 10 : *p - '0');
	if (file)
		fclose(file);
	return effective >> capability & 1;
}

void
doctor_check_privileges(const struct plugins *plugins, struct report *report)
{
	const struct passwd *user = getpwuid(geteuid());
	bool raw = have_capability(CAP_NET_RAW);

	report_note(report, "this is what user %u (%s) may do", (unsigned)geteuid(),
		user ? user->pw_name : "without a name");
	if (geteuid() == 0 && getpwnam(SERVICE_USER))
		report_note(report, "the service runs as user " SERVICE_USER
				    ": ask again with sudo -u " SERVICE_USER);
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
		report_advice(report,
			"start murald by its unit, which has "
			"AmbientCapabilities=CAP_NET_RAW, or: setcap cap_net_raw+ep "
			"/path/to/murald");
	}
}
