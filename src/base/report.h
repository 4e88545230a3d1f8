/* SPDX-License-Identifier: MIT */
/*
 * The report: what --doctor found, one line a finding, and with each thing that is wrong
 * what to do about it.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <stdio.h>

struct report {
	FILE *out;
	unsigned problems; /* findings so far that ask for something to be done */
};

void report_heading(struct report *report, const char *heading);

/* As it should be. */
void report_ok(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Worth knowing, and maybe right. */
void report_note(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Wrong.  A report_advice() follows. */
void report_problem(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What to do about the finding before. */
void report_advice(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
