/* SPDX-License-Identifier: MIT */
/* Prints what --doctor finds, one line a finding, and what to do about each problem. */
#include "base/report.h"

#include <stdarg.h>

void
report_heading(struct report *report, const char *heading)
{
	fprintf(report->out, "%s\n", heading);
}

void
report_add(struct report *report, enum report_kind kind, const char *format, ...)
{
	static const char *const labels[] = { "ok", "note", "WRONG", "" };
	va_list args;

	fprintf(report->out, "  %-6s ", labels[kind]);
	va_start(args, format);
	vfprintf(report->out, format, args);
	va_end(args);
	fputc('\n', report->out);
	report->problems += kind == REPORT_PROBLEM;
}
