/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the pixelflut plugin share.
 *
 * - pixelflut.c: the plugin's table, options, and the commands.
 * - parse-line.c: the reference parser, a byte at a time; it defines what a line means.
 * - simd.c: the fast path for plain lines, with vectors; same results as the parser.
 * - vectors.c, vectors-*.c: faster ones for the usual line and for PB, with the vectors
 *   that not every machine has.
 * - answers.c: what clients are answered, collected into larger pieces.
 * - browser.c: WebSocket around all that.
 * - hints.c: commands for people's shells.
 *
 * Uses <mural/plugin.h> alone; knows no socket.
 */
#pragma once

#include <mural/plugin.h>

/* The longest line, without its end; a client that sends a longer one is closed. */
#define LINE_BYTES_MAX 1024

/* PB x x y y r g b a */
#define BINARY_BYTES 10

/* Numbers saturate here, so that adding an offset to a coordinate never wraps around: the
 * sum is out of bounds. */
#define NUMBER_MAX INT32_MAX

/* The longest answer to one pixel: "PX 8191 8191 rrggbb\n", and some. */
#define PIXEL_ANSWER_MAX 32

struct browser;

struct answers {
	struct mural_conn *conn;
	struct browser *browser;     /* that takes them as frames; or NULL */
	struct mural_brush *refuser; /* counts them in place of sending; or NULL */
	size_t len;
	bool full; /* murald asked to stop: start no other command */
	uint8_t text[4096];
};

struct pixelflut_config {
	int64_t connections_per_source;
	bool binary, multi;
	const char *help;
	bool websocket;
};

struct vectors;

/* What a client paints with during one pixelflut_feed(). */
struct painter {
	struct mural_brush *brush;
	uint32_t left, top; /* OFFSET; at most NUMBER_MAX */
	struct answers answers;

	/* The vectors of this processor; NULL: none but those that all of its kind have.
	 * They are tried again from data + trial on. */
	const struct vectors *vectors;
	const uint8_t *data;
	size_t trial, pause;
	int credit;
};

/* Sets what vectors.c needs, for the input that begins at `data`. */
void vectors_begin(struct painter *painter, const uint8_t *data);

enum verb {
	VERB_BAD,
	VERB_EMPTY, /* nothing but blanks */
	VERB_SIZE,
	VERB_HELP,
	VERB_STATS,
	VERB_CONNECTIONS,
	VERB_OFFSET, /* x, y */
	VERB_GET,    /* x, y */
	VERB_PUT,    /* x, y, argb */
};

struct command {
	enum verb verb;
	uint32_t x, y; /* as the client wrote them, at most NUMBER_MAX */
	uint32_t argb;
};

/* Parses the line from `p` to `end`, where its line feed must be: the parser never
 * compares against the end, the line feed stops it. */
struct command line_parse(const uint8_t *p, const uint8_t *end);

/* Executes plain `PX x y rrggbb`, `PX x y rrggbbaa` and `PX x y` lines from `p` on, and
 * returns the first byte that it leaves to the line parser, `end` at most.  Reads nothing
 * at `end` or beyond.  Stops early when the answers are full. */
const uint8_t *simd_run_lines(
	struct painter *painter, const uint8_t *p, const uint8_t *end);

/* Counts a pixel outside, which has no answer. */
void answer_pixel(struct painter *painter, uint32_t x, uint32_t y);

void answer_size(struct painter *painter);

/* How many pixels were painted, and clients are connected. */
void answer_stats(struct painter *painter);
void answer_connections(struct painter *painter);

/* Writes the answer to HELP, cut off to fit; its length. */
size_t help_format(const struct pixelflut_config *config, char *text, size_t size);

/* The table's hint(). */
int pixelflut_hint(const struct mural_host *host,
	const struct mural_hint_request *request, char *text, size_t len);

/* Hands a text to murald, and notes if that asks to pause. */
void answers_send(struct answers *answers, const char *text, size_t len);

/* Hands the collected answers to murald, or counts them as unauthorized. */
void answers_flush(struct answers *answers);

/* Room for `n` more answers, a hundred at most, of PIXEL_ANSWER_MAX bytes each. */
static inline uint8_t *
answers_room(struct answers *answers, unsigned n)
{
	if (answers->len > sizeof(answers->text) - (size_t)n * PIXEL_ANSWER_MAX)
		answers_flush(answers);
	return answers->text + answers->len;
}
