/* SPDX-License-Identifier: MIT */
/*
 * The body of PUT /update-pixel as nearly every generator sends it, thousands of times a
 * second, read without a JSON library.
 */
#ifndef HTTP_BOARD_PIXEL_BODY_H
#define HTTP_BOARD_PIXEL_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/store/store.h"

struct pixel_body {
	uint32_t row, column, colour;
	const char *id; /* in the body, STORE_ID_LEN bytes, ended by a quote */
};

/* True for an object of row, col and color, whole numbers of up to nine digits, and id,
 * so many bytes of plain text, each once, in any order.  False: it is another body, right
 * or wrong, and JSON's parser has to say which.  There is a NUL behind its end. */
bool pixel_body_read(struct pixel_body *pixel, const char *body, size_t len);

#endif
