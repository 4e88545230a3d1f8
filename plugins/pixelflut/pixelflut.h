/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the pixelflut plugin share.
 *
 * - pixelflut.c has the table, the options, the commands and their answers.
 * - parse-line.c makes a command of a line of text, and is the reference for what a
 *   line means.
 * - simd.c does plain lines fast, with vectors, as the line parser would.
 *
 * The protocol: section 5 of its description, classic Pixelflut over TCP.
 */
#ifndef PIXELFLUT_PIXELFLUT_H
#define PIXELFLUT_PIXELFLUT_H

#include <mural/plugin.h>

/* The longest line, without its end.  A longer one closes the client. */
#define LINE_BYTES_MAX 1024

/* Numbers saturate here, so that a coordinate and an offset never wrap around when they
 * are added: what is too large lies outside. */
#define NUMBER_MAX INT32_MAX

/* The longest answer to one pixel: "PX 8191 8191 rrggbb\n", and some. */
#define PIXEL_ANSWER_MAX 32

/* Answers on their way to the client, handed to murald in larger pieces. */
struct answers {
	struct mural_conn *conn;
	size_t len;
	bool full; /* murald asked to stop: no command may be begun */
	uint8_t text[4096];
};

/* What a client paints with, for the length of one feed. */
struct painter {
	struct mural_brush *brush;
	uint32_t left, top; /* OFFSET; at most NUMBER_MAX */
	struct answers answers;
};

enum verb {
	VERB_BAD,   /* nothing that anybody knows */
	VERB_EMPTY, /* blanks at most */
	VERB_SIZE,
	VERB_HELP,
	VERB_OFFSET, /* x, y */
	VERB_GET,    /* x, y */
	VERB_PUT,    /* x, y, argb */
};

struct command {
	enum verb verb;
	uint32_t x, y; /* as the client wrote them, at most NUMBER_MAX */
	uint32_t argb;
};

/* Understands the line from `p` to `end`, where its line feed must stand: nothing in the
 * parser compares against the end, the line feed stops it. */
struct command line_parse(const uint8_t *p, const uint8_t *end);

/* Does as many plain `PX x y rrggbb`, `PX x y rrggbbaa` and `PX x y` lines as it can from
 * `p` on, and returns where the first thing begins that it leaves to the line parser;
 * that may be `p`, and is `end` at most.  Reads nothing at `end` or beyond.  Stops early
 * when the answers are full. */
const uint8_t *simd_run_lines(
	struct painter *painter, const uint8_t *p, const uint8_t *end);

/* Answers one read of a pixel; nothing for one outside. */
void answer_pixel(struct painter *painter, uint32_t x, uint32_t y);

/* Hands what was collected to murald. */
void answers_flush(struct answers *answers);

/* Room for so many more answers, a hundred at most, of PIXEL_ANSWER_MAX bytes each. */
static inline uint8_t *
answers_room(struct answers *answers, unsigned n)
{
	if (answers->len > sizeof(answers->text) - (size_t)n * PIXEL_ANSWER_MAX)
		answers_flush(answers);
	return answers->text + answers->len;
}

/* Writes a colour as rrggbb; where that ends. */
static inline uint8_t *
write_hex(uint8_t *to, uint32_t rgb)
{
	static const char digits[16] = "0123456789abcdef";

	for (int shift = 20; shift >= 0; shift -= 4)
		*to++ = digits[rgb >> shift & 15];
	return to;
}

#endif
