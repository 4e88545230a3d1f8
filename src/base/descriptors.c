/* SPDX-License-Identifier: MIT */
/* Divides the descriptors between clients and the wall itself. */
#include "base/descriptors.h"

#include <sys/resource.h>

#include "base/util.h"

/* Files, the database, film encoders, displays, captures that are opened again. */
#define RESERVED_MAX 64

uint32_t
descriptors_for_clients(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur > INT32_MAX)
		return INT32_MAX;
	return (uint32_t)(files.rlim_cur - MIN(files.rlim_cur / 8, RESERVED_MAX));
}
