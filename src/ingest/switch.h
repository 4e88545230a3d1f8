/* SPDX-License-Identifier: MIT */
/*
 * Switches instances off and on while murald runs, as an operator wants it.  One that is
 * off stays in the list, closed, and is not opened by retries or the start.
 *
 * The main thread's.
 */
#pragma once

#include "ingest/ingest.h"

/* Tells its clients and closes it; its service may take until switch_is_settled(). */
void switch_off(struct ingest *ingest, struct instance *instance);

/* Whether nothing of it runs any more, so that it may be opened. */
bool switch_is_settled(struct instance *instance);

/* In a later turn of the loop than switch_off(), when it is settled.  0, or -errno: it is
 * tried again every second. */
int switch_on(struct ingest *ingest, struct instance *instance);

/* Marks one that was never opened. */
void switch_keep_off(struct instance *instance);
