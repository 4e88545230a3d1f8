/* SPDX-License-Identifier: MIT */
/* Runs all checks in order, those of the config and the plugins itself. */
#include "app/doctor/doctor.h"

#include <string.h>

#include "app/doctor/parts.h"
#include "display/display.h"

bool
doctor_read_line(const char *path, char *line, size_t len)
{
	FILE *file = fopen(path, "re");
	bool any = file && fgets(line, (int)len, file);

	if (any)
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return any;
}

bool
doctor_reads_packets(const struct instance *instance)
{
	return strcmp(instance->plugin->name, "icmp") == 0 ||
	       strcmp(instance->plugin->name, "ipv6") == 0;
}

static void
examine_config(const struct config *config, struct report *report)
{
	if (config->errors == 0) {
		report_ok(report, "no errors");
		return;
	}
	report_problem(report, "%u error%s; murald would not start", config->errors,
		config->errors == 1 ? "" : "s");
	report_advice(
		report, "fix the errors above; murald --check-config then prints ok");
}

/* A plugin that could not be loaded has already been logged. */
static void
examine_plugins(
	const struct config *config, const struct plugins *plugins, struct report *report)
{
	const struct instance *instance = plugins->instances;

	for (; instance; instance = instance->next)
		report_ok(report, "[%s] is loaded: %s", instance->section->title,
			instance->plugin->summary ? instance->plugin->summary : "");
	if (plugins->instances || config->errors > 0)
		return;
	if (config->sections) {
		report_problem(
			report, "no plugin of the config is loaded, so nobody can paint");
		report_advice(report,
			"a warning above says why, or enabled = no has switched it off");
		return;
	}
	report_problem(report, "no plugin is enabled, so nobody can paint");
	report_advice(report, "add a section such as [plugin icmp] to the config; murald "
			      "--list-plugins lists them");
}

unsigned
doctor_run(const struct config *config, const struct plugins *plugins, FILE *out)
{
	struct report report = { .out = out };

	fflush(stderr); /* the config's errors come first */
	report_heading(&report, "config");
	examine_config(config, &report);
	report_heading(&report, "plugins");
	examine_plugins(config, plugins, &report);
	report_heading(&report, "display");
	display_examine(&config->display, &config->canvas.size, &report);
	report_heading(&report, "network");
	doctor_check_network(plugins, &report);
	doctor_check_filter(plugins, &report);
	report_heading(&report, "privileges");
	doctor_check_privileges(plugins, &report);
	report_heading(&report, "operators");
	doctor_check_control(config, &report);
	report_heading(&report, "files");
	doctor_check_files(config, &report);
	report_heading(&report, "libraries");
	doctor_check_libraries(plugins, &report);
	report_heading(&report, "machine");
	doctor_check_machine(&report);
	doctor_check_clock(plugins, &report);
	if (report.problems == 0)
		fputs("nothing is wrong\n", out);
	else
		fprintf(out, "%u thing%s wrong\n", report.problems,
			report.problems == 1 ? " is" : "s are");
	return report.problems;
}
