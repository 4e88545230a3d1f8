/* SPDX-License-Identifier: MIT */
/*
 * The wide paths: several commands at once, in two steps, with the instructions of the
 * processor that it runs on.
 *
 * The first step understands a group of commands and asks for the cache lines of their
 * pixels, the second stores them, some groups later; loads of commands would wait behind
 * the stores otherwise.  What a group does not understand is left to the caller,
 * untouched.
 *
 * Each file vectors-*.c has the first step for one kind of processor, and includes
 * vectors-run.h, which has what is the same for all of them.
 */
#pragma once

#include "common/ground.h"
#include "pixelflut/pixelflut.h"

struct vectors {
	const char *name;
	bool (*is_usable)(void);

	/* Executes `PX x y rrggbb` lines from `p` on, where a command begins, behind a
	 * line feed and VECTORS_BEFORE readable bytes.  Returns the first byte that it
	 * leaves; reads nothing at `end` or beyond.  Judges by vectors_judge(). */
	const uint8_t *(*run_writes)(
		struct painter *painter, const uint8_t *p, const uint8_t *end);

	/* The same for `PX x y`.  Stops when the answers are full. */
	const uint8_t *(*run_reads)(
		struct painter *painter, const uint8_t *p, const uint8_t *end);

	/* As run_writes() for PB, which is not judged. */
	const uint8_t *(*run_binaries)(
		struct painter *painter, const uint8_t *p, const uint8_t *end);
};

/* In front of a loop over a group, whose length is a constant. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

/* How far the loads for a line reach to the left of it. */
#define VECTORS_BEFORE 32

/* Less input than this is not worth the beginning. */
#define VECTORS_BYTES_MIN 192

/* The fastest first; NULL: no more that this processor can execute. */
const struct vectors *vectors_usable(unsigned nth);

/* By which of the first eight of the last sixteen bytes of a `PX x y rrggbb` line are
 * blanks: how a shuffle of these sixteen brings x and y, four digits each, and then blue,
 * green and red to places of their own (the order in which two words of sixteen bits
 * become a pixel); and how long the line is, less two: 0 if none has these
 * blanks, and then what is taken for the bytes before it ends in the line feed. */
_Alignas(16) extern const uint8_t line_shuffles[256][16];
extern const uint8_t line_lengths[256];

/* The same of a `PX x y` line, by which of the bytes from the fifth on of the sixteen
 * that begin READ_LEFT before the next line are blanks: a shuffle of these sixteen brings
 * x and y, the line feed before the line with its PX and blank, and then a digit of each
 * number that must not be a zero, because answers have none in front.  Places that belong
 * to no blanks are all the first, so that they fit no line. */
_Alignas(16) extern const uint8_t read_shuffles[256][16];
#define READ_LEFT 14

/* The bytes of a load at the beginning of a read, which takes it whole and reaches
 * further to the right. */
#define READ_LOAD 16

/* What makes of the digits of zeros the blank and the line feed around a colour. */
#define AROUND_COLOUR ((int64_t)('0' ^ ' ') | (int64_t)('0' ^ '\n') << 56)

/* Loads a pixel that others may be painting, as mural_store() stores it. */
static inline uint32_t
pixel_load(const uint32_t *pixel)
{
#ifdef MURAL_SANITIZE_THREAD
	return __atomic_load_n(pixel, __ATOMIC_RELAXED);
#else
	return *pixel;
#endif
}

/* After `good` groups of lines; `failed` is the end of one that was not understood, or
 * NULL.  Where many are not, trying takes longer than it saves: it is tried again
 * later, and later each time. */
void vectors_judge(struct painter *painter, unsigned good, const uint8_t *failed);

/* Whether lines from `p` on are to be tried. */
static inline bool
vectors_may_run(const struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	return painter->vectors && (size_t)(p - painter->data) >= painter->trial &&
	       end - p >= VECTORS_BYTES_MIN && p[-1] == '\n';
}
