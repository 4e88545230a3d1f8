/* SPDX-License-Identifier: MIT */
/*
 * Understands a group of commands with vectors of x86, whatever their width.  The
 * vectors-*.c of x86 each include this once, after they have defined
 *
 *   TARGET        the attribute of functions that may use its instructions
 *   LANES         how many commands a group has: a vector has 32 bits of each
 *   vector        the type of such a vector
 *   OP()          its intrinsic of that name, as in OP(add_epi16)
 *   is_zero()     whether all bits of a vector are zero
 *   zero_lanes()  a bit for each lane that is zero
 *   halves_of()   a vector with these sixteen bytes in each 128 bits of it
 *   join_halves() one of two halves; of the first alone, where it has 128 bits
 *   tiles_store() stores the lower half of each lane
 *
 * Where four vectors have sixteen bytes of each command, vector i has those of command i,
 * and in its upper half, if there is one, those of command i + UPPER.
 */
#define UPPER (LANES - 4)

/* Sixteen bits for each of these halves, as a mask of all bytes has them. */
#define IN_HALVES(bits) ((uint32_t)(bits) * (LANES == 8 ? 0x10001u : 1u))

/* The constants of a brush in pairs of sixteen bits, x and y. */
struct plane {
	uint32_t *pixels;
	vector offset, limits, corner, places, tiles;
};

struct group {
	vector xy, colours;
};

TARGET static inline vector
pairs_of(uint32_t x, uint32_t y)
{
	return OP(set1_epi32)((int)(x | y << 16));
}

TARGET static inline struct plane
plane_of(const struct mural_brush *brush, uint32_t left, uint32_t top)
{
	return (struct plane){
		.pixels = brush->pixels,
		.offset = pairs_of(left < UINT16_MAX ? left : UINT16_MAX,
			top < UINT16_MAX ? top : UINT16_MAX),
		.limits = pairs_of(brush->width - 1, brush->height - 1),
		.corner = pairs_of(brush->left, brush->top),
		.places = pairs_of(brush->step, brush->stride),
		.tiles = pairs_of(1, brush->tiles_x),
	};
}

TARGET static inline unsigned
group_store(const struct group *group, const struct plane *plane,
	struct mural_batch *batch, uint32_t n)
{
	const vector places = OP(madd_epi16)(group->xy, plane->places);

	memcpy(batch->places + n, &places, sizeof(places));
	memcpy(batch->colours + n, &group->colours, sizeof(group->colours));
	tiles_store(batch->tiles + n,
		OP(madd_epi16)(OP(srli_epi16)(OP(add_epi16)(group->xy, plane->corner),
				       MURAL_TILE_SHIFT),
			plane->tiles));
	return zero_lanes(OP(subs_epu16)(group->xy, plane->limits));
}

TARGET static inline vector
load_halves(const uint8_t *low, const uint8_t *high)
{
	return join_halves(
		_mm_loadu_si128((const void *)low), _mm_loadu_si128((const void *)high));
}

TARGET static inline uint32_t
blanks_of(vector text)
{
	return (uint32_t)OP(movemask_epi8)(OP(cmpeq_epi8)(text, OP(set1_epi8)(' ')));
}

/* ------------------------------------------------------------------ lines */

/* What is wrong with the lines of a group. */
struct faults {
	uint32_t frames; /* what stands around the numbers */
	vector digits;
};

/* The blanks' index of a line, and whether "\nPX " stands in front of it. */
TARGET static inline unsigned
line_shape(const uint8_t *end, uint32_t blanks, struct faults *faults)
{
	const unsigned shape = blanks & 0xff;
	uint32_t before;

	memcpy(&before, end - 3 - line_lengths[shape], sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | ' ' << 24);
	return shape;
}

/* Lines, by their ends: x, y, blue and green, red of each. */
ALWAYS_INLINE vector
read_fields(const uint8_t *base, const uint32_t *ends, struct faults *faults)
{
	const uint8_t *const a = base + ends[0] - 1, *const b = base + ends[UPPER] - 1;
	const vector text = load_halves(a - 16, b - 16);
	const uint32_t blanks = blanks_of(text);
	const unsigned shape_a = line_shape(a, blanks, faults);
	const unsigned shape_b =
		UPPER == 0 ? shape_a : line_shape(b, blanks >> 16, faults);
	const vector shuffle =
		load_halves(line_shuffles[shape_a], line_shuffles[shape_b]);
	/* setting every bit leaves no letter among the coordinates */
	const vector lower = halves_of(_mm_set_epi64x(0x2020202020202020, -1));
	const vector weights = halves_of(
		_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 16, 1, 16, 1, 16, 1, 0, 0));
	const vector places = halves_of(_mm_setr_epi16(100, 1, 100, 1, 1, 256, 1, 0));
	/* as a digit, and as a letter, 'a' being 0; what is none is large */
	const vector digit =
		OP(shuffle_epi8)(OP(sub_epi8)(text, OP(set1_epi8)('0')), shuffle);
	const vector letter = OP(sub_epi8)(digit | lower, OP(set1_epi8)('a' - '0'));
	const vector value =
		OP(min_epu8)(digit, OP(adds_epu8)(letter, OP(set1_epi8)(10)));

	/* the blank behind y, and no other up to the end */
	faults->frames |= (blanks ^ IN_HALVES(0x0200)) & IN_HALVES(0xfe00);
	faults->digits |= OP(min_epu8)(OP(subs_epu8)(digit, OP(set1_epi8)(9)),
		OP(subs_epu8)(letter, OP(set1_epi8)(5)));
	return OP(madd_epi16)(OP(maddubs_epi16)(value, weights), places);
}

ALWAYS_INLINE bool
read_lines(const uint8_t *base, const uint32_t *ends, const struct plane *plane,
	struct group *group)
{
	struct faults faults = { 0 };
	vector lines[4];

	UNROLLED
	for (int i = 0; i < 4; i++)
		lines[i] = read_fields(base, ends + i, &faults);
	const vector xy = OP(packus_epi32)(OP(unpacklo_epi64)(lines[0], lines[1]),
		OP(unpacklo_epi64)(lines[2], lines[3]));
	const vector rgb = OP(packus_epi32)(OP(unpackhi_epi64)(lines[0], lines[1]),
		OP(unpackhi_epi64)(lines[2], lines[3]));
	group->xy = OP(adds_epu16)(xy, plane->offset);
	group->colours = rgb | OP(set1_epi32)((int)0xff000000);
	return faults.frames == 0 && is_zero(faults.digits);
}

/* ------------------------------------------------------------------ reads */

/* The digits of x and y of reads, by their ends. */
ALWAYS_INLINE vector
read_digits(const uint8_t *base, const uint32_t *ends, vector *faults)
{
	const uint8_t *const shuffles = (const uint8_t *)read_shuffles;
	const vector text =
		load_halves(base + ends[0] - READ_LEFT, base + ends[UPPER] - READ_LEFT);
	const uint32_t blanks = blanks_of(text);
	/* eight bits that are the beginning of a row of sixteen bytes already */
	const vector fields = OP(shuffle_epi8)(OP(sub_epi8)(text, OP(set1_epi8)('0')),
		load_halves(
			shuffles + (blanks & 0xff0), shuffles + (blanks >> 16 & 0xff0)));
	/* up to nine; nothing but what is wanted; not all bits, which a zero has */
	const vector wanted = halves_of(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, '\n' - '0',
		'P' - '0', 'X' - '0', ' ' - '0', -1, -1, 0, 0));
	const vector most = halves_of(
		_mm_setr_epi8(9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, -2, -2, 0, 0));

	*faults |= OP(subs_epu8)(fields ^ wanted, most);
	return fields;
}

ALWAYS_INLINE bool
read_places(const uint8_t *base, const uint32_t *ends, const struct plane *plane,
	uint32_t *places)
{
	const vector tens = OP(set1_epi16)(10 | 1 << 8);
	const vector hundreds = OP(set1_epi32)(100 | 1 << 16);
	vector faults = { 0 }, digits[4], numbers[2];

	UNROLLED
	for (int i = 0; i < 4; i++)
		digits[i] = read_digits(base, ends + i, &faults);
	UNROLLED
	for (int i = 0; i < 2; i++)
		numbers[i] = OP(madd_epi16)(
			OP(maddubs_epi16)(
				OP(unpacklo_epi64)(digits[2 * i], digits[2 * i + 1]),
				tens),
			hundreds);
	const vector xy =
		OP(adds_epu16)(OP(packus_epi32)(numbers[0], numbers[1]), plane->offset);
	const vector found = OP(madd_epi16)(xy, plane->places);

	memcpy(places, &found, sizeof(found));
	return is_zero(faults | OP(subs_epu16)(xy, plane->limits));
}

TARGET static inline __m128i
load_two_pixels(const uint32_t *pixels, const uint32_t *places)
{
	return _mm_insert_epi32(_mm_cvtsi32_si128((int)pixel_load(&pixels[places[0]])),
		(int)pixel_load(&pixels[places[1]]), 1);
}

TARGET static inline void
write_colours(const uint32_t *pixels, const uint32_t *places, uint64_t *texts)
{
	const vector pick = halves_of(
		_mm_setr_epi8(-1, 2, 2, 1, 1, 0, 0, -1, -1, 6, 6, 5, 5, 4, 4, -1));
	const vector upper = OP(set1_epi64x)(0x00000f000f000f00);
	const vector lower = OP(set1_epi64x)(0x000f000f000f0000);
	const vector digits = halves_of(_mm_setr_epi8('0', '1', '2', '3', '4', '5', '6',
		'7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));

	UNROLLED
	for (int i = 0; i < LANES; i += LANES / 2) {
		const vector colours = OP(shuffle_epi8)(
			join_halves(load_two_pixels(pixels, places + i),
				load_two_pixels(pixels, places + i + UPPER / 2)),
			pick);
		const vector text =
			OP(shuffle_epi8)(digits, (OP(srli_epi16)(colours, 4) & upper) |
							 (colours & lower)) ^
			OP(set1_epi64x)(AROUND_COLOUR);

		memcpy(texts + i, &text, sizeof(text));
	}
}

/* ------------------------------------------------------------------ PB */

/* Loads cover two commands' PB, x and y, and two commands' colours. */
TARGET static inline bool
read_binaries(const uint8_t *p, struct group *group)
{
	const uint8_t *const q = p + UPPER * BINARY_BYTES;
	const vector pick_xy = halves_of(
		_mm_setr_epi8(2, 3, 4, 5, 12, 13, 14, 15, 0, 1, 10, 11, -1, -1, -1, -1));
	const vector pick_rgb = halves_of(_mm_setr_epi8(
		2, 1, 0, -1, 12, 11, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1));
	const vector words =
		OP(set1_epi64x)('P' | 'B' << 8 | 'P' << 16 | (int64_t)'B' << 24);
	const vector a = OP(shuffle_epi8)(load_halves(p, q), pick_xy);
	const vector b = OP(shuffle_epi8)(load_halves(p + 20, q + 20), pick_xy);
	const vector c = OP(shuffle_epi8)(load_halves(p + 6, q + 6), pick_rgb);
	const vector d = OP(shuffle_epi8)(load_halves(p + 26, q + 26), pick_rgb);

	group->xy = OP(unpacklo_epi64)(a, b);
	group->colours = OP(unpacklo_epi64)(c, d) | OP(set1_epi32)((int)0xff000000);
	return is_zero(OP(unpackhi_epi64)(a, b) ^ words);
}
