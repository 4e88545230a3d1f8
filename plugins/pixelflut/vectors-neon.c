/* SPDX-License-Identifier: MIT */
/* Understands four commands at once, with NEON. */
#include "pixelflut/vectors.h"

#if defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>
#include <assert.h>
#include <string.h>

#define TARGET
#define ALWAYS_INLINE TARGET static inline __attribute__((always_inline))
#define LANES 4

struct plane {
	uint32_t *pixels;
	uint16x4_t offset_x, offset_y, right, bottom, left, top, step, stride, tiles_x;
};

struct group {
	uint16x4_t x, y;
	uint32x4_t colours;
};

static inline struct plane
plane_of(const struct mural_brush *brush, uint32_t left, uint32_t top)
{
	return (struct plane){
		.pixels = brush->pixels,
		.offset_x = vdup_n_u16(left < UINT16_MAX ? left : UINT16_MAX),
		.offset_y = vdup_n_u16(top < UINT16_MAX ? top : UINT16_MAX),
		.right = vdup_n_u16(brush->width),
		.bottom = vdup_n_u16(brush->height),
		.left = vdup_n_u16(brush->left),
		.top = vdup_n_u16(brush->top),
		.step = vdup_n_u16(brush->step),
		.stride = vdup_n_u16(brush->stride),
		.tiles_x = vdup_n_u16(brush->tiles_x),
	};
}

static inline unsigned
group_store(const struct group *group, const struct plane *plane,
	struct mural_batch *batch, uint32_t n)
{
	static const uint16_t bits[LANES] = { 1, 2, 4, 8 };
	const uint16x4_t inside = vand_u16(
		vclt_u16(group->x, plane->right), vclt_u16(group->y, plane->bottom));
	const uint16x4_t column =
		vshr_n_u16(vadd_u16(group->x, plane->left), MURAL_TILE_SHIFT);
	const uint16x4_t row =
		vshr_n_u16(vadd_u16(group->y, plane->top), MURAL_TILE_SHIFT);

	vst1q_u32(batch->places + n,
		vmlal_u16(vmull_u16(group->y, plane->stride), group->x, plane->step));
	vst1q_u32(batch->colours + n, group->colours);
	vst1_u16(batch->tiles + n, vmla_u16(column, row, plane->tiles_x));
	return vaddv_u16(vand_u16(inside, vld1_u16(bits)));
}

/* Four numbers of four as columns: the first of each, the second, ... */
struct columns {
	uint16x4_t column[4];
};

static inline struct columns
transpose(uint16x4_t a, uint16x4_t b, uint16x4_t c, uint16x4_t d)
{
	const uint16x4x2_t ab = vtrn_u16(a, b), cd = vtrn_u16(c, d);
	const uint32x2x2_t even = vtrn_u32(
		vreinterpret_u32_u16(ab.val[0]), vreinterpret_u32_u16(cd.val[0]));
	const uint32x2x2_t odd = vtrn_u32(
		vreinterpret_u32_u16(ab.val[1]), vreinterpret_u32_u16(cd.val[1]));

	return (struct columns){ {
		vreinterpret_u16_u32(even.val[0]),
		vreinterpret_u16_u32(odd.val[0]),
		vreinterpret_u16_u32(even.val[1]),
		vreinterpret_u16_u32(odd.val[1]),
	} };
}

/* ------------------------------------------------------------------ lines */

static inline uint8x16_t
bit_of_each_byte(void)
{
	return vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
}

static inline uint64_t
find_feeds(const uint8_t *p)
{
	const uint8x16_t feed = vdupq_n_u8('\n'), bits = bit_of_each_byte();
	const uint8x16_t a = vandq_u8(vceqq_u8(vld1q_u8(p), feed), bits);
	const uint8x16_t b = vandq_u8(vceqq_u8(vld1q_u8(p + 16), feed), bits);
	const uint8x16_t c = vandq_u8(vceqq_u8(vld1q_u8(p + 32), feed), bits);
	const uint8x16_t d = vandq_u8(vceqq_u8(vld1q_u8(p + 48), feed), bits);
	const uint8x16_t sums = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

/* Of no feed anything. */
static inline uint32_t
first_feed(uint64_t feeds)
{
	return (uint32_t)__builtin_ctzll(feeds | UINT64_C(1) << 63);
}

#include "pixelflut/vectors-feeds.h"

/* What is wrong with the lines of a group. */
struct faults {
	uint32_t frames; /* what stands around the numbers */
	uint8x16_t digits;
};

/* A line, by its end: x, y, blue and green, red. */
static inline uint16x4_t
read_one(const uint8_t *end, struct faults *faults)
{
	static const uint16_t bases[8] = { 10, 10, 10, 10, 16, 16, 16, 0 };
	static const uint16_t weights[8] = { 100, 1, 100, 1, 1, 256, 1, 0 };
	const uint8x16_t text = vld1q_u8(end - 16);
	const uint8x16_t blank =
		vandq_u8(vceqq_u8(text, vdupq_n_u8(' ')), bit_of_each_byte());
	const unsigned shape = vaddv_u8(vget_low_u8(blank));
	/* setting every bit leaves no letter among the coordinates */
	const uint8x16_t lower = vcombine_u8(vdup_n_u8(0xff), vdup_n_u8(0x20));
	/* as a digit, and as a letter, 'a' being 0; what is none is large */
	const uint8x16_t digit = vqtbl1q_u8(
		vsubq_u8(text, vdupq_n_u8('0')), vld1q_u8(line_shuffles[shape]));
	const uint8x16_t letter = vsubq_u8(vorrq_u8(digit, lower), vdupq_n_u8('a' - '0'));
	const uint8x16_t fault = vminq_u8(
		vqsubq_u8(digit, vdupq_n_u8(9)), vqsubq_u8(letter, vdupq_n_u8(5)));
	const uint16x8_t value =
		vreinterpretq_u16_u8(vminq_u8(digit, vqaddq_u8(letter, vdupq_n_u8(10))));
	const uint16x8_t pairs = vmlaq_u16(vshrq_n_u16(value, 8),
		vandq_u16(value, vdupq_n_u16(255)), vld1q_u16(bases));
	uint32_t before;

	memcpy(&before, end - 3 - line_lengths[shape], sizeof(before));
	faults->frames |= before ^ ('\n' | 'P' << 8 | 'X' << 16 | (uint32_t)' ' << 24);
	faults->frames |= end[-7] ^ ' ';
	faults->digits = vorrq_u8(faults->digits, fault);
	return vmovn_u32(vpaddlq_u16(vmulq_u16(pairs, vld1q_u16(weights))));
}

ALWAYS_INLINE bool
read_lines(const uint8_t *base, const uint32_t *ends, const struct plane *plane,
	struct group *group)
{
	struct faults faults = { 0, vdupq_n_u8(0) };
	uint16x4_t lines[LANES];

	UNROLLED
	for (int i = 0; i < LANES; i++)
		lines[i] = read_one(base + ends[i] - 1, &faults);
	const struct columns got = transpose(lines[0], lines[1], lines[2], lines[3]);
	group->x = vqadd_u16(got.column[0], plane->offset_x);
	group->y = vqadd_u16(got.column[1], plane->offset_y);
	group->colours = vorrq_u32(vmovl_u16(got.column[2]),
		vorrq_u32(vshll_n_u16(got.column[3], 16), vdupq_n_u32(0xff000000)));
	return faults.frames == 0 && vmaxvq_u8(faults.digits) == 0;
}

/* ------------------------------------------------------------------ reads */

/* A read, by where the next line begins: x, y and nothing. */
static inline uint16x4_t
read_one_place(const uint8_t *next, uint8x16_t *faults)
{
	static const uint16_t bases[8] = { 10, 10, 10, 10, 0, 0, 0, 0 };
	static const uint16_t weights[8] = { 100, 1, 100, 1, 0, 0, 0, 0 };
	/* up to nine; nothing but what is wanted; not all bits, which a zero has */
	static const uint8_t wanted[16] = { 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)('\n' - '0'),
		'P' - '0', 'X' - '0', (uint8_t)(' ' - '0'), 255, 255, 0, 0 };
	static const uint8_t most[16] = { 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 254, 254, 0,
		0 };
	const uint8x16_t text = vld1q_u8(next - READ_LEFT);
	const uint8x8_t middle = vget_low_u8(vextq_u8(text, text, 4));
	const unsigned shape = vaddv_u8(vand_u8(
		vceq_u8(middle, vdup_n_u8(' ')), vget_low_u8(bit_of_each_byte())));
	const uint8x16_t fields = vqtbl1q_u8(
		vsubq_u8(text, vdupq_n_u8('0')), vld1q_u8(read_shuffles[shape]));
	const uint16x8_t value = vreinterpretq_u16_u8(fields);
	const uint16x8_t pairs = vmlaq_u16(vshrq_n_u16(value, 8),
		vandq_u16(value, vdupq_n_u16(255)), vld1q_u16(bases));

	*faults = vorrq_u8(
		*faults, vqsubq_u8(veorq_u8(fields, vld1q_u8(wanted)), vld1q_u8(most)));
	return vmovn_u32(vpaddlq_u16(vmulq_u16(pairs, vld1q_u16(weights))));
}

static inline bool
read_places(const uint8_t *base, const uint32_t *ends, const struct plane *plane,
	uint32_t *places)
{
	uint8x16_t faults = vdupq_n_u8(0);
	uint16x4_t lines[LANES];

	UNROLLED
	for (int i = 0; i < LANES; i++)
		lines[i] = read_one_place(base + ends[i], &faults);
	const struct columns got = transpose(lines[0], lines[1], lines[2], lines[3]);
	const uint16x4_t x = vqadd_u16(got.column[0], plane->offset_x);
	const uint16x4_t y = vqadd_u16(got.column[1], plane->offset_y);
	const uint16x4_t inside =
		vand_u16(vclt_u16(x, plane->right), vclt_u16(y, plane->bottom));

	vst1q_u32(places, vmlal_u16(vmull_u16(y, plane->stride), x, plane->step));
	return vmaxvq_u8(faults) == 0 && vminv_u16(inside) != 0;
}

static inline uint8x16_t
load_two_pixels(const uint32_t *pixels, const uint32_t *places)
{
	const uint32x4_t one = vdupq_n_u32(pixel_load(&pixels[places[0]]));

	return vreinterpretq_u8_u32(
		vsetq_lane_u32(pixel_load(&pixels[places[1]]), one, 1));
}

static inline void
write_colours(const uint32_t *pixels, const uint32_t *places, uint64_t *texts)
{
	static const uint8_t pick[16] = { 255, 2, 2, 1, 1, 0, 0, 255, 255, 6, 6, 5, 5, 4,
		4, 255 };
	static const uint8_t digits[] = "0123456789abcdef";
	const uint8x16_t upper = vreinterpretq_u8_u64(vdupq_n_u64(0x0000ff00ff00ff00));
	const uint8x16_t around = vreinterpretq_u8_u64(vdupq_n_u64(AROUND_COLOUR));

	UNROLLED
	for (int i = 0; i < LANES; i += 2) {
		const uint8x16_t two =
			vqtbl1q_u8(load_two_pixels(pixels, places + i), vld1q_u8(pick));
		const uint8x16_t halves = vbslq_u8(
			upper, vshrq_n_u8(two, 4), vandq_u8(two, vdupq_n_u8(15)));

		vst1q_u64(texts + i,
			vreinterpretq_u64_u8(
				veorq_u8(vqtbl1q_u8(vld1q_u8(digits), halves), around)));
	}
}

/* ------------------------------------------------------------------ PB */

/* x, y, red and green, blue and alpha of each. */
static inline bool
read_binaries(const uint8_t *p, struct group *group)
{
	uint16x4_t commands[LANES];
	unsigned fault = 0;

	UNROLLED
	for (int i = 0; i < LANES; i++, p += BINARY_BYTES) {
		fault |= (p[0] ^ 'P') | (p[1] ^ 'B');
		commands[i] = vreinterpret_u16_u8(vld1_u8(p + 2));
	}
	const struct columns got =
		transpose(commands[0], commands[1], commands[2], commands[3]);
	const uint32x4_t red_green = vmovl_u16(
		vreinterpret_u16_u8(vrev16_u8(vreinterpret_u8_u16(got.column[2]))));
	const uint32x4_t blue = vandq_u32(vmovl_u16(got.column[3]), vdupq_n_u32(0xff));
	group->x = got.column[0];
	group->y = got.column[1];
	group->colours = vorrq_u32(
		vorrq_u32(vshlq_n_u32(red_green, 8), blue), vdupq_n_u32(0xff000000));
	return fault == 0;
}

#include "pixelflut/vectors-reads.h"

static bool
is_usable(void)
{
	return true;
}

const struct vectors vectors_neon = { "neon", is_usable, run_writes, run_reads,
	run_binaries };

#endif
