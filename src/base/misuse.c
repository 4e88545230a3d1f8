/* SPDX-License-Identifier: MIT */
/* Logs what a plugin does against its interface, and ends the program. */
#include "base/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

static void __attribute__((format(printf, 2, 0)))
misuse_write(const char *instance, const char *format, va_list args)
{
	char what[256];

	vsnprintf(what, sizeof(what), format, args);
	log_error(
		"%s: the plugin %s; mural-plugin(7) says what is right", instance, what);
}

void
misuse_log(const char *instance, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	misuse_write(instance, format, args);
	va_end(args);
}

void
misuse_end(const char *instance, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	misuse_write(instance, format, args);
	va_end(args);
	abort();
}
