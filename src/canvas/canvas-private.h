/* SPDX-License-Identifier: MIT */
/* What the files of the canvas share: canvas.c has pixels and damage, brush.c paints. */
#pragma once

#include "canvas/canvas.h"

/* Zeros that begin on a cache line; freed with free(). */
void *canvas_alloc_lines(size_t bytes);

/* Copies a row of pixels of which others may paint or read some meanwhile: each is read
 * and written whole. */
void canvas_copy_pixels(uint32_t *to, const uint32_t *from, uint32_t n);
