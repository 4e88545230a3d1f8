/* SPDX-License-Identifier: MIT */
/* Checks the clock, where one-time passwords depend on it. */
#include <string.h>
#include <sys/timex.h>

#include "app/doctor/parts.h"
#include "config/option.h"

/* Whether some user of a file of p2's has passwords that go with the time. */
static bool
has_totp(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = line[strspn(line, " \t")] != '#' &&
			(strstr(line, "totp:") || strstr(line, "otpauth://totp"));
	if (file)
		fclose(file);
	return found;
}

static const char *
users_file(const struct instance *instance)
{
	const struct mural_option *option =
		option_find(instance->plugin->options, "users");

	if (strcmp(instance->plugin->name, "p2") != 0 || !option ||
		option->type != MURAL_TYPE_PATH)
		return "";
	return *(char *const *)((const char *)instance->config + option->offset);
}

void
doctor_check_clock(const struct plugins *plugins, struct report *report)
{
	struct timex state = { 0 };
	bool synchronised =
		adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);

	for (const struct instance *i = plugins->instances; i; i = i->next) {
		const char *users = users_file(i);

		if (!*users || !has_totp(users))
			continue;
		if (synchronised) {
			report_ok(report, "[%s] the clock is synchronised, for %s",
				i->section->title, users);
			continue;
		}
		report_problem(report,
			"[%s] the clock is not synchronised, and passwords in %s change "
			"with the time: people's codes may be refused",
			i->section->title, users);
		report_advice(report, "systemctl enable --now systemd-timesyncd, and "
				      "timedatectl says when it has found a time server; "
				      "or use static: passwords");
	}
}
