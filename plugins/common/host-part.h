/* SPDX-License-Identifier: MIT */
/* What invitations of plugins with an address of their own have in common. */
#ifndef COMMON_HOST_PART_H
#define COMMON_HOST_PART_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_PART_MAX 300

/* The host part of a URL for whoever reaches `listen`: this machine's address, or the one
 * that is listened on if that is a single one, and then only for its own family, so that
 * it is said once.  False: nothing to say. */
bool host_part_format(const char *listen, const char *address, char *text, size_t len);

#endif
