/* SPDX-License-Identifier: MIT */
/* Under which name a client reached this server, as far as that can be told to others. */
#pragma once

#include "http/web/request.h"

enum { REACHED_HOST_MAX = 256, REACHED_BASE_MAX = 512 };

/* The Host field without its port and brackets; false: there is none, or it is not one
 * for commands that people paste into a shell. */
bool reached_host(const struct request *request, char host[REACHED_HOST_MAX]);

/* The public URL, without a slash at its end; empty: none is set. */
void reached_public(const struct request *request, char base[REACHED_BASE_MAX]);

/* The beginning of addresses of this server, without a slash at its end: the public URL,
 * or what the client used; empty: neither is known. */
void reached_base(const struct request *request, char base[REACHED_BASE_MAX]);
