/* SPDX-License-Identifier: MIT */
/* What the files of the record share.  Whatever fails returns -errno, silently. */
#ifndef STORAGE_SEGMENTS_H
#define STORAGE_SEGMENTS_H

#include <stddef.h>

#include "storage/history-format.h"
#include "storage/record.h"

/* All of the bytes at that place. */
int record_write_at(int fd, off_t at, const uint8_t *bytes, size_t len);

/* Milliseconds since 1970. */
int64_t record_now_ms(void);

/* How long a part gets, so that some of them are `max_size`; 0: no limit. */
uint64_t record_segment_max(uint64_t max_size);

/* Opens and locks the file; -EWOULDBLOCK: another murald has it. */
int record_open_file(struct record *record);

/* Of an open file: 0, recording can begin, or another part can; 1: something else is
 * there. */
int record_check_file(struct record *record);

/* Whether it is time for another part; sets the file aside, which is closed then; opens
 * the next, and removes the oldest parts. */
bool record_segment_is_full(const struct record *record, int64_t now);
int record_close_segment(struct record *record);
int record_open_segment(struct record *record);

#endif
