/* SPDX-License-Identifier: MIT */
/* What the files of the record share.  Whatever fails returns -errno, silently. */
#ifndef STORAGE_RECORD_PRIVATE_H
#define STORAGE_RECORD_PRIVATE_H

#include <stddef.h>

#include "storage/history-format.h"
#include "storage/record.h"

/* ---- record-write.c */

/* All of the bytes at that place. */
int record_write_at(int fd, off_t at, const uint8_t *bytes, size_t len);

/* Whether a bitmap of tiles has this one. */
bool record_has_tile(const uint64_t *tiles, uint32_t tile);

/* Writes a record of the autosave's tiles, or of all when head->keyframe, behind the last
 * one; fills in the rest of *head.  The shadow follows even when it fails: the next
 * record must then be of all tiles. */
int record_append(struct record *record, struct record_head *head);

/* ---- segments.c */

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
