/* SPDX-License-Identifier: MIT */
/* Lines with their kind before them. */
#include "base/report.h"

#include <stdarg.h>

static void
report_print(
	const struct report *report, const char *kind, const char *format, va_list args)
{
	fprintf(report->out, "  %-6s ", kind);
	vfprintf(report->out, format, args);
	fputc('\n', report->out);
}

void
report_heading(struct report *report, const char *heading)
{
	fprintf(report->out, "%s\n", heading);
}

void
report_ok(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_print(report, "ok", format, args);
	va_end(args);
}

void
report_note(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_print(report, "note", format, args);
	va_end(args);
}

void
report_problem(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_print(report, "WRONG", format, args);
	va_end(args);
	report->problems++;
}

void
report_advice(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_print(report, "", format, args);
	va_end(args);
}
