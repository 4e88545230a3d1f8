/* SPDX-License-Identifier: MIT */
/*
 * Answers groups of `PX x y`.  The files vectors-*.c each include this once, and with it
 * vectors-run.h, after they have defined what that needs and
 *
 *   read_places()   understands LANES reads: the places of their pixels; false: not all
 *                   of them, or a pixel lies outside
 *   write_colours() turns LANES pixels into the text behind the coordinates
 */
#include "pixelflut/vectors-run.h"

/* The reads that are understood when the first of them is answered: enough for its
 * pixel's cache line to arrive. */
#define READ_LAG 32

/* An answer is longer than its question by so much. */
#define COLOUR_BYTES (sizeof(" rrggbb") - 1)

/* Reads of which the first so many are understood.  Each begins where the one before it
 * ends. */
struct reads {
	struct ends ends;
	unsigned gathered;
	uint32_t begins[1 + CHUNK_BLOCKS * BLOCK + READ_LAG + LANES + LISTED];
	uint32_t places[CHUNK_BLOCKS * BLOCK + READ_LAG + LANES];
};

/* Answers a group of reads: each answer repeats its line. */
TARGET static inline void
answer_group(struct answers *answers, const uint8_t *base, const uint32_t *begins,
	const uint32_t *pixels, const uint32_t *places)
{
	/* every answer lies as far behind its line, but for the colours between them */
	const size_t shift = answers->len - begins[0];
	uint32_t begin = begins[0];
	uint64_t texts[LANES];

	write_colours(pixels, places, texts);
	UNROLLED
	for (unsigned i = 0; i < LANES; i++) {
		uint8_t *const to = answers->text + i * COLOUR_BYTES;

		memcpy(to + (shift + begin), base + begin, READ_LOAD);
		begin = begins[i + 1];
		memcpy(to + (shift + begin - 1), &texts[i], sizeof(texts[i]));
	}
	answers->len = shift + begin + LANES * COLOUR_BYTES;
}

/* Understands groups, asks for their pixels, and answers those that came READ_LAG before.
 * Returns how many reads were answered; `failed`: the end of a group that was not
 * understood. */
TARGET static inline unsigned
run_chunk(struct reads *reads, const struct plane *plane, struct answers *answers,
	const uint8_t **failed)
{
	const uint8_t *const base = reads->ends.base;
	unsigned gathered = reads->gathered, answered = 0;

	for (; reads->ends.n - gathered >= LANES; gathered += LANES) {
		uint32_t *const places = reads->places + gathered;

		if (!read_places(base, reads->begins + 1 + gathered, plane, places)) {
			*failed = base + reads->begins[gathered + LANES];
			break;
		}
		UNROLLED
		for (unsigned i = 0; i < LANES; i++)
			__builtin_prefetch(&plane->pixels[places[i]]);
		if (gathered - answered < READ_LAG)
			continue;
		(void)answers_room(answers, LANES);
		if (answers->full)
			break;
		answer_group(answers, base, reads->begins + answered, plane->pixels,
			reads->places + answered);
		answered += LANES;
	}
	reads->gathered = gathered;
	return answered;
}

/* Forgets the first reads, which are answered. */
TARGET static inline void
reads_forget(struct reads *reads, unsigned answered)
{
	reads->ends.n -= answered;
	reads->gathered -= answered;
	memmove(reads->begins, reads->begins + answered,
		(reads->ends.n + 1) * sizeof(*reads->begins));
	memmove(reads->places, reads->places + answered,
		reads->gathered * sizeof(*reads->places));
}

TARGET static const uint8_t *
run_reads(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	const struct plane plane = plane_of(painter->brush, painter->left, painter->top);
	struct answers *answers = &painter->answers;
	const uint8_t *failed = NULL;
	struct reads reads;
	unsigned answered = 0, groups = 0;

	reads.ends = ends_from(p, end - READ_LOAD);
	reads.gathered = 0;
	reads.begins[0] = 0;
	while (!failed && !answers->full && ends_remain(&reads.ends)) {
		if (!ends_search(&reads.ends, reads.begins + 1, READS_A_BLOCK)) {
			failed = p + reads.ends.searched + BLOCK;
			break;
		}
		answered = run_chunk(&reads, &plane, answers, &failed);
		groups += answered / LANES;
		reads_forget(&reads, answered);
	}
	for (answered = 0; answered < reads.gathered && !answers->full;
		answered += LANES) {
		(void)answers_room(answers, LANES);
		if (answers->full)
			break;
		answer_group(answers, p, reads.begins + answered, plane.pixels,
			reads.places + answered);
		groups++;
	}
	vectors_judge(painter, groups, failed);
	return p + reads.begins[answered];
}
