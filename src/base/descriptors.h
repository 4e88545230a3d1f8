/* SPDX-License-Identifier: MIT */
/*
 * Which descriptors clients may have: the last ones belong to the wall itself, so that
 * snapshot, recording and database can be written however many clients come.
 *
 * Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How many clients may have, all together. */
uint32_t descriptors_for_clients(void);

/* Whether a client's descriptor is one of the wall's, so that the client has to go.  The
 * kernel gives the lowest that is free: then all below it are taken. */
bool descriptor_is_reserved(int fd);
