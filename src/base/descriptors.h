/* SPDX-License-Identifier: MIT */
/*
 * Which descriptors clients may have: the last ones belong to the wall itself, so that
 * snapshot, recording and database can be written however many clients come.
 *
 * Any thread.
 */
#pragma once

#include <stdint.h>

/* How many clients may have, all together.  The kernel gives the lowest that is free: one
 * that is not below this number is the wall's, and all below are taken. */
uint32_t descriptors_for_clients(void);
