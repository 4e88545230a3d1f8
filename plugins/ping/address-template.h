/* SPDX-License-Identifier: MIT */
/*
 * Address templates: how an IPv6 address encodes a pixel.
 *
 * A template is an address of eight groups in which upper-case letters are fields, a
 * nibble each, most significant first: X and Y, R, G, B and A, and S, the side of the
 * square.  Lower-case hex digits must match, `?` is any nibble.  A group short of four
 * nibbles is filled at the left: with `?` when it holds a field, else with `0`.
 *
 *	2a06:a003:d040:SXXX:YYY:RR:GG:BB
 *
 * - There are eight groups; `::` is not allowed, it would hide how long a field is.
 * - The nibbles of a field are adjacent, but for a `:`.  A second run of the same letter
 *   is refused: it would be a second number.
 * - X, Y and S have at most eight nibbles, R, G, B and A at most two.  A colour of one
 *   nibble is doubled, so that f is ff.
 * - R, G and B are required.  Without A a pixel is opaque, without S its side is 1.
 * - X and Y come together.  Without them an address has a colour only, and the plugin
 *   chooses the place.
 *
 * Decoding loads, shifts and masks once for each field, the same for every template, with
 * no branch that depends on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mural/plugin.h>

static inline uint64_t
load_u64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline bool
claim_contains(const struct mural_claim *claim, const uint8_t address[16])
{
	return (load_u64(address) & load_u64(claim->mask)) == load_u64(claim->value) &&
	       (load_u64(address + 8) & load_u64(claim->mask + 8)) ==
		       load_u64(claim->value + 8);
}

/* Long enough for any message of template_compile(). */
#define TEMPLATE_WHY_MAX 256

enum template_letter {
	TEMPLATE_X,
	TEMPLATE_Y,
	TEMPLATE_R,
	TEMPLATE_G,
	TEMPLATE_B,
	TEMPLATE_A,
	TEMPLATE_S,
	TEMPLATE_LETTERS,
};

/* Where a field is: in the eight bytes from `offset`, read as one big-endian number,
 * `shift` bits from the right.  Its value is masked, scaled and added to; a missing field
 * has a mask of 0. */
struct template_field {
	uint8_t offset, shift;
	uint32_t mask, scale, add;
};

struct address_template {
	struct mural_claim claim; /* the addresses that match */
	struct template_field fields[TEMPLATE_LETTERS];
	bool decimal;      /* X and Y are read as decimal digits */
	bool has_position; /* has X and Y */
};

/* What an address encodes. */
struct template_pixel {
	uint32_t x, y; /* 0 where the template has none */
	uint32_t side; /* of a square, 1 or 2 */
	uint32_t argb;
};

enum template_match {
	TEMPLATE_OTHER,     /* not an address of this template */
	TEMPLATE_MALFORMED, /* a side other than 1 and 2, or a digit above 9 */
	TEMPLATE_PIXEL,
};

/* 0; or -EINVAL, *template untouched, and in `why` the text, the wrong character, counted
 * from 1, and what would be right. */
int template_compile(struct address_template *template, const char *text, bool decimal,
	char *why, size_t len);

/* *pixel is set for TEMPLATE_PIXEL only. */
enum template_match template_decode(const struct address_template *template,
	const uint8_t address[16], struct template_pixel *pixel);

/* Writes the address of a pixel, `?` as 0.  Values of missing fields are ignored, and a
 * colour of one nibble keeps the upper half.  -ERANGE if another value does not fit. */
int template_encode(const struct address_template *template,
	const struct template_pixel *pixel, uint8_t address[16]);
