/* SPDX-License-Identifier: MIT */
/* Prints what --doctor finds, one line a finding, and what to do about each problem. */
#include "base/report.h"

#include <stdarg.h>

#include "lib/wrap.h"

#define FINDING_MAX 4096
#define FINDING_AT 9 /* the column that findings begin in */

void
report_heading(struct report *report, const char *heading)
{
	fprintf(report->out, "%s\n", heading);
}

void
report_add(struct report *report, enum report_kind kind, const char *format, ...)
{
	static const char *const labels[] = { "ok", "note", "WRONG", "" };
	char finding[FINDING_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(finding, sizeof(finding), format, args);
	va_end(args);
	fprintf(report->out, "  %-6s ", labels[kind]);
	/* a command that is copied out of an advice stays in one piece */
	wrap_print(report->out, finding, FINDING_AT, FINDING_AT,
		kind == REPORT_ADVICE ? 0 : wrap_columns(report->out));
	fputc('\n', report->out);
	report->problems += kind == REPORT_PROBLEM;
}
