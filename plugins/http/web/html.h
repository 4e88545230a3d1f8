/* SPDX-License-Identifier: MIT */
/* Writes text into HTML. */
#pragma once

#include <stdio.h>

/* In an element or between double quotes. */
void html_put(FILE *out, const char *text);
