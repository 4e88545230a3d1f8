/* SPDX-License-Identifier: MIT */
/* What a generator is called: to those who watch the board, and to operators. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* NAME (AUTHOR) as a JSON string with its quotes.  NULL: out of memory. */
char *generator_label(const char *name, const char *author);

/* By which it paints, and no other one does: its name, or NAME#NUMBER if another one has
 * that (is_taken), or if it could be mistaken for something else; a long one is cut.
 * NULL: out of memory. */
char *generator_painter(const char *name, uint32_t number, bool is_taken);
