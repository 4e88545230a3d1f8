/* SPDX-License-Identifier: MIT */
/* Checks whether a library is older than what murald was built for. */
#include "base/libraries.h"
#include "app/doctor/parts.h"

/* murald's own, or the one of the first plugin that has it. */
static bool
find_library(size_t index, const struct plugins *plugins, struct library *library)
{
	const struct module *module = plugins->modules;

	if (library_query(index, NULL, library))
		return true;
	for (; module; module = module->next)
		if (library_query(index, module->object, library))
			return true;
	return false;
}

void
doctor_check_libraries(const struct plugins *plugins, struct report *report)
{
	struct library library;

	for (size_t i = 0; i < library_count; i++) {
		if (!find_library(i, plugins, &library))
			continue;
		if (!library.is_older) {
			report_ok(report, "%s %s", library.name, library.version);
			continue;
		}
		report_problem(report,
			"%s %s is older than %s, which murald was built for",
			library.name, library.version, library.built_for);
		report_advice(report, "upgrade it, or build murald on this machine");
	}
}
