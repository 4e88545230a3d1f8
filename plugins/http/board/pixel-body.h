/* SPDX-License-Identifier: MIT */
/*
 * Parses the body of PUT /update-pixel in its usual form without a JSON library, because
 * it comes thousands of times a second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/store/store.h"

struct pixel_body {
	uint32_t row, column, colour;
	const char *id; /* points into the body: STORE_ID_LEN bytes and a quote */
};

/* True for an object of row, col and color, whole numbers of up to nine digits, and id,
 * of STORE_ID_LEN letters and digits, each once, in any order.  False: any other body,
 * valid or not, which is left to the JSON library.  A NUL must follow the body. */
bool pixel_body_read(struct pixel_body *pixel, const char *body, size_t len);
