/* SPDX-License-Identifier: MIT */
/*
 * Retries: opens instances again every second until what they need is there, be it an
 * interface, an address, a port that another program has, or a file.
 *
 * The main thread's, unless it says otherwise.
 */
#pragma once

#include "ingest/ingest.h"

/* Opens an instance; one that cannot be opened is closed, says why in its state, and is
 * opened again later unless `give_up`.  0 or -errno, logged. */
int retry_open(struct ingest *ingest, struct instance *instance, bool give_up);

/* While a reload closes and opens instances by itself. */
void retry_pause(struct ingest *ingest);
void retry_resume(struct ingest *ingest);

/* Before ingest_start() opens anything; after that, the timer is closed once the loop has
 * turned. */
void retry_start(struct ingest *ingest);
void retry_stop(struct ingest *ingest);

/* Says in the instance's state what keeps it from working; NULL: nothing does.  Any
 * thread. */
void instance_say_trouble(struct instance *instance, const char *error);
