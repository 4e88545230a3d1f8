/* SPDX-License-Identifier: MIT */
/* Breaks text into lines that a terminal can show. */
#pragma once

#include <stdio.h>

/* The columns of the terminal that `out` is; 0: it is none, and takes lines of any
 * length. */
unsigned wrap_columns(FILE *out);

/* The columns that `len` bytes of text take in the process's locale. */
unsigned wrap_width(const char *text, size_t len);

/* Prints text that begins in column `at`, counted from 0, and breaks it at spaces so that
 * no line is longer than `columns`, 0: any length.  Each further line begins with
 * `indent` spaces.  A word that is longer than a line is not broken.  Returns the column
 * behind the text; prints no line end there. */
unsigned wrap_print(
	FILE *out, const char *text, unsigned at, unsigned indent, unsigned columns);
