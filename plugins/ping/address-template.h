/* SPDX-License-Identifier: MIT */
/*
 * The template: how a pixel is written into an IPv6 address.
 *
 * A template is an address of eight groups in which upper-case letters are fields, a
 * nibble each, most significant first: X and Y, R, G, B and A, and S, the side of the
 * square.  Lower-case hex digits must match, `?` is any nibble.  A group short of four
 * nibbles is filled at the left: with `?` when it holds a field, else with `0`.
 *
 *	2a06:a003:d040:SXXX:YYY:RR:GG:BB
 *
 * What is a template and what is not:
 *
 * - Eight groups; `::` is not allowed, it would hide how long a field is.
 * - The nibbles of one field stand side by side in the address; only a `:` may come
 *   between.  A second run of the same letter is refused: it would be a second number.
 * - X, Y and S have at most eight nibbles, R, G, B and A at most two.  A colour of one
 *   nibble is doubled, so that f is ff.
 * - R, G and B are all there.  A may be missing: opaque.  S may be missing: 1.
 * - X and Y come together.  Without them only the colour is told; where it is painted is
 *   the plugin's affair.
 *
 * A template is compiled once.  Decoding loads, shifts and masks once for each field, the
 * same for every template, without a branch that depends on it.
 */
#ifndef PING_ADDRESS_TEMPLATE_H
#define PING_ADDRESS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/plugin.h>

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

/* Where a field lies: in the eight bytes from `offset`, read as one big-endian number,
 * `shift` bits from the right.  Its value is masked, multiplied and added to; a field
 * that is missing has a mask of 0. */
struct template_field {
	uint8_t offset, shift;
	uint32_t mask, scale, add;
};

struct address_template {
	struct mural_claim claim; /* the addresses it matches */
	struct template_field fields[TEMPLATE_LETTERS];
	bool decimal;      /* X and Y are read as decimal digits */
	bool has_position; /* has X and Y */
};

/* What an address says. */
struct template_pixel {
	uint32_t x, y; /* 0 where the template has none */
	uint32_t side; /* of the square, 1 or 2 */
	uint32_t argb;
};

enum template_match {
	TEMPLATE_OTHER,     /* not an address of this template */
	TEMPLATE_MALFORMED, /* a side other than 1 and 2, or a digit above 9 */
	TEMPLATE_PIXEL,
};

/* Compiles a text; `decimal` as in the struct.  0; or -EINVAL, *template untouched, and
 * in `why` the text, the character that is wrong, counted from 1, and what would be
 * right. */
int template_compile(struct address_template *template, const char *text, bool decimal,
	char *why, size_t len);

/* Reads an address; *pixel is filled for TEMPLATE_PIXEL only. */
enum template_match template_decode(const struct address_template *template,
	const uint8_t address[16], struct template_pixel *pixel);

/* Writes the address of a pixel, `?` as 0.  -ERANGE when a coordinate or the side has no
 * room in its field.  Where a field is missing its value is not looked at; of a colour in
 * one nibble the upper half is kept. */
int template_encode(const struct address_template *template,
	const struct template_pixel *pixel, uint8_t address[16]);

#endif
