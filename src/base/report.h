/* SPDX-License-Identifier: MIT */
/* Prints what --doctor finds, one line a finding, and what to do about each problem. */
#pragma once

#include <stdio.h>

struct report {
	FILE *out;
	unsigned problems; /* so far */
};

enum report_kind {
	REPORT_OK,
	REPORT_NOTE,    /* worth knowing, and possibly right */
	REPORT_PROBLEM, /* advice follows */
	REPORT_ADVICE,
};

void report_heading(struct report *report, const char *heading);

void report_add(struct report *report, enum report_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define report_ok(report, ...) report_add(report, REPORT_OK, __VA_ARGS__)
#define report_note(report, ...) report_add(report, REPORT_NOTE, __VA_ARGS__)
#define report_problem(report, ...) report_add(report, REPORT_PROBLEM, __VA_ARGS__)
#define report_advice(report, ...) report_add(report, REPORT_ADVICE, __VA_ARGS__)
