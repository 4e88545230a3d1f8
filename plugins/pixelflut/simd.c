/* SPDX-License-Identifier: MIT */
/*
 * Executes plain pixelflut lines with vector instructions, the fast path.
 *
 * A plain line has single blanks, coordinates of up to four digits, and a colour of six
 * or eight digits or none.  One word shows where its numbers end: digits have a bit set
 * that blanks, line feeds and letters lack.  Then all its characters are checked and
 * converted at once; a line with anything else is left to the line parser, untouched.
 *
 * Without SSE2 or NEON, or on a big-endian machine, the line parser does everything.
 */
#include "pixelflut/simd.h"
#include "pixelflut/vectors.h"

#if HAVE_SIMD

/* How far loads that begin inside a plain line reach from its first byte. */
#define LOAD_BYTES_MAX 32

/* In each byte, the bit that is set in digits only. */
#define DIGIT_BITS 0x1010101010101010

#define STOP_SENTINEL (UINT64_C(1) << 63)

/* Reads whose cache misses overlap. */
#define READS_MAX 32

/* A read that was parsed and is not answered yet. */
struct pending_read {
	const uint8_t *line;
	uint32_t len; /* without the line's end */
	uint32_t x, y;
};

static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The last `digits` of four characters, in x and in y. */
#define LAST(digits) (UINT64_C(0xffffffff) << 8 * (4 - (digits)) & 0xffffffff)
#define BOTH(x_digits, y_digits) (LAST(x_digits) | LAST(y_digits) << 32)

/* The number mask by x_end and y_end; 0 unless each number has one to four digits. */
static const uint64_t number_masks[9][9] = {
	{ [2] = BOTH(1, 1), BOTH(1, 2), BOTH(1, 3), BOTH(1, 4) },
	{ [3] = BOTH(2, 1), BOTH(2, 2), BOTH(2, 3), BOTH(2, 4) },
	{ [4] = BOTH(3, 1), BOTH(3, 2), BOTH(3, 3), BOTH(3, 4) },
	{ [5] = BOTH(4, 1), BOTH(4, 2), BOTH(4, 3), BOTH(4, 4) },
};

/* Writes six hexadecimal digits, and two bytes of garbage behind them. */
static inline void
write_hex_swar(uint8_t *to, uint32_t rgb)
{
	uint64_t n = (uint64_t)rgb << 8 & 0xffffff00;

	n = (n | n << 16) & 0x0000ffff0000ffff;
	n = (n | n << 8) & 0x00ff00ff00ff00ff;
	n = (n | n << 4) & 0x0f0f0f0f0f0f0f0f;
	/* adding six to a digit above nine carries into the upper half of its byte */
	uint64_t letters = (n + 0x0606060606060606) >> 4 & 0x0101010101010101;
	n = __builtin_bswap64(n + 0x3030303030303030 + letters * ('a' - '9' - 1));
	memcpy(to, &n, sizeof(n));
}

/* Writes the answer, which repeats the client's line; returns its end. */
static inline uint8_t *
answer_read(struct mural_brush *brush, const struct pending_read *pending, uint8_t *to)
{
	uint32_t argb;

	if (!mural_get(brush, pending->x, pending->y, &argb)) {
		mural_discard(brush, MURAL_OUT_OF_BOUNDS, 1);
		return to;
	}
	memcpy(to, pending->line, 16); /* "PX 9999 9999" has twelve */
	to += pending->len;
	*to = ' ';
	write_hex_swar(to + 1, argb);
	to[7] = '\n';
	return to + 8;
}

/* Where the numbers of a line end, counted from its fifth byte; 8: further on. */
struct line_shape {
	unsigned x_end, y_end;
};

static inline struct line_shape
find_shape(const uint8_t *p)
{
	uint64_t stops = ~load64(p + 4) & DIGIT_BITS;
	uint64_t more = stops & (stops - 1);

	return (struct line_shape){
		.x_end = (__builtin_ctzll(stops | STOP_SENTINEL) + 1u) / 8,
		.y_end = (__builtin_ctzll(more | STOP_SENTINEL) + 1u) / 8,
	};
}

/* Parses a line of that shape with a colour of `digits` digits; false: it is not plain.
 */
static inline __attribute__((always_inline)) bool
read_line(const uint8_t *p, struct line_shape shape, unsigned digits,
	struct field_values *values)
{
	const struct line_fields fields = {
		.x = p + shape.x_end,
		.y = p + shape.y_end,
		.colour = p + 5 + shape.y_end,
		.number_mask = number_masks[shape.x_end][shape.y_end],
		.colour_mask = digits ? UINT64_MAX >> 8 * (8 - digits) : 0,
	};

	return (load32(p) & 0xffffff) == ('P' | 'X' << 8 | ' ' << 16) &&
	       p[4 + shape.x_end] == ' ' && fields.number_mask != 0 &&
	       parse_fields(&fields, values);
}

/* Executes writes until another kind of line comes, those that begin before `until`. */
static const uint8_t *
run_writes(struct painter *painter, const uint8_t *p, const uint8_t *until,
	const uint8_t *end)
{
	struct mural_brush *brush = painter->brush;
	struct mural_batch batch;
	struct field_values values;
	uint32_t n = 0;

	while (end - p >= LOAD_BYTES_MAX && p < until) {
		struct line_shape shape = find_shape(p);
		const uint8_t *stop = p + 4 + shape.y_end;

		if (*stop != ' ')
			break;
		if (stop[7] == '\n') {
			if (!read_line(p, shape, 6, &values))
				break;
			values.rgba |= 0xff;
			p = stop + 8;
		} else {
			if (stop[9] != '\n' || !read_line(p, shape, 8, &values))
				break;
			p = stop + 10;
		}
		n = mural_batch_put(brush, &batch, n, values.x + painter->left,
			values.y + painter->top, values.rgba >> 8 | values.rgba << 24);
	}
	mural_batch_flush(brush, &batch, n);
	return p;
}

/* Parses the reads that come next, those that begin before `until`, and prefetches their
 * pixels; returns how many. */
static unsigned
gather_reads(const struct painter *painter, const uint8_t *p, const uint8_t *until,
	const uint8_t *end, struct pending_read *reads)
{
	struct field_values values;
	unsigned n = 0;

	while (n < READS_MAX && end - p >= LOAD_BYTES_MAX && p < until) {
		struct line_shape shape = find_shape(p);
		const uint8_t *stop = p + 4 + shape.y_end;

		if (*stop != '\n' || !read_line(p, shape, 0, &values))
			break;
		/* answers repeat the line, and their numbers have no leading zeros */
		if ((p[3] == '0' && shape.x_end > 0) ||
			(p[5 + shape.x_end] == '0' && shape.y_end > shape.x_end + 2))
			break;
		uint32_t x = values.x + painter->left, y = values.y + painter->top;
		reads[n].line = p;
		reads[n].len = stop - p;
		reads[n].x = x;
		reads[n].y = y;
		mural_prefetch(painter->brush, x, y);
		n++;
		p = stop + 1;
	}
	return n;
}

/* Answers reads until another kind of line comes, those that begin before `until`, or
 * the answers are full. */
static const uint8_t *
run_reads(struct painter *painter, const uint8_t *p, const uint8_t *until,
	const uint8_t *end)
{
	struct pending_read reads[READS_MAX];
	struct answers *answers = &painter->answers;
	unsigned n;

	do {
		n = gather_reads(painter, p, until, end, reads);
		if (n == 0)
			break;
		uint8_t *to = answers_room(answers, n);
		if (answers->full)
			break;
		for (unsigned i = 0; i < n; i++)
			to = answer_read(painter->brush, &reads[i], to);
		answers->len = to - answers->text;
		p = reads[n - 1].line + reads[n - 1].len + 1;
	} while (n == READS_MAX);
	return p;
}

/* How far lines are executed here, before the wider vectors are tried again. */
static inline const uint8_t *
lines_end(const struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	if (!painter->vectors || end - p < VECTORS_BYTES_MIN ||
		painter->trial >= (size_t)(end - painter->data))
		return end;
	/* at least a line: it ends in the line feed that they need */
	return painter->trial > (size_t)(p - painter->data)
		       ? painter->data + painter->trial
		       : p + 1;
}

/* Whether a plain line is `PX x y`. */
static inline bool
is_read(const uint8_t *p)
{
	return p[4 + find_shape(p).y_end] == '\n';
}

const uint8_t *
simd_run_lines(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin, *until;

	do {
		begin = p;
		if (vectors_may_run(painter, p, end))
			p = is_read(p) ? painter->vectors->run_reads(painter, p, end)
				       : painter->vectors->run_writes(painter, p, end);
		until = lines_end(painter, p, end);
		p = run_writes(painter, p, until, end);
		p = run_reads(painter, p, until, end);
	} while (p != begin && !painter->answers.full);
	return p;
}

#else

const uint8_t *
simd_run_lines(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	(void)painter;
	(void)end;
	return p;
}

#endif
