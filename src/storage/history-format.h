/* SPDX-License-Identifier: MIT */
/*
 * The file format of a recording.  Numbers are little-endian.
 *
 * A file begins with 16 bytes: "MURALREC", the format's version as u32, and zeros.
 * Records follow, each a head of 40 bytes and a body:
 *
 *	 0  "MREC"
 *	 4  u32  CRC-32 of the body and then of the head from byte 8 on
 *	 8  u32  bytes of the body
 *	12  u32  1: keyframe, all tiles; 0: delta, the tiles that changed
 *	16  i64  milliseconds since 1970
 *	24  u16  canvas width, u16 height
 *	28  u32  tiles in the body
 *	32  u32  bytes of the body, uncompressed
 *	36  u32  zero
 *
 * The body is one zlib stream (RFC 1950) of: the tiles' numbers as u32, ascending
 * (<mural/reader.h> says which tile is where), then the tiles in that order, row by row,
 * a pixel being three bytes, red, green and blue, each XORed with its value after the
 * record before; in a keyframe, with black.  So unchanged pixels are zeros, which
 *compress to almost nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

#define RECORD_FILE_MAGIC "MURALREC"
#define RECORD_MAGIC "MREC"

enum { RECORD_VERSION = 1, RECORD_FILE_HEAD = 16, RECORD_HEAD = 40 };

/* Bytes of a whole tile. */
#define RECORD_TILE ((size_t)MURAL_TILE * MURAL_TILE * 3)

struct record_head {
	uint32_t crc, len, keyframe;
	int64_t time_ms;
	uint32_t width, height;
	uint32_t tiles, raw_len;
};

/* The numbers of a recording's segments, ascending; to be freed.  *n is 0 when there are
 * none.  0 or -errno. */
int record_segments(const char *file, uint64_t **segments, size_t *n);

/* FILE.NUMBER, to be freed; NULL: out of memory. */
char *record_segment_name(const char *file, uint64_t segment);

/* False: these bytes are not a head. */
bool record_head_read(const uint8_t bytes[RECORD_HEAD], struct record_head *head);

/* All but the CRC. */
void record_head_write(const struct record_head *head, uint8_t bytes[RECORD_HEAD]);

/* The CRC goes in last. */
void record_crc_write(uint32_t crc, uint8_t bytes[RECORD_HEAD]);
