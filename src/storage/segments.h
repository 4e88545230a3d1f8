/* SPDX-License-Identifier: MIT */
/* The files of a recording: the current one, and the numbered segments before it.
 * Failures return -errno and are not logged. */
#pragma once

#include <stddef.h>

#include "storage/history-format.h"
#include "storage/record.h"

/* Milliseconds since 1970. */
int64_t record_now_ms(void);

/* The size of a segment, a fraction of `max_size`; 0: no limit. */
uint64_t record_segment_max(uint64_t max_size);

/* Opens and locks the file; -EWOULDBLOCK: another murald has it. */
int record_open_file(struct record *record);

/* After opening: 0, ready to append, if need be to a new segment; 1: it is something
 * else. */
int record_check_file(struct record *record);

/* Whether it is time for the next segment. */
bool record_segment_is_full(const struct record *record, int64_t now);

/* Renames the file to the next number, and closes it. */
int record_close_segment(struct record *record);

/* Starts a new file. */
int record_open_segment(struct record *record);
