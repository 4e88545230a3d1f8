/* SPDX-License-Identifier: MIT */
/* Packs masks into lines that the state's file takes, and unpacks them. */
#include "app/mask-lines.h"

#include <stdlib.h>
#include <string.h>

#include "app/wall.h"
#include "control/values.h"
#include "lib/base64.h"

/* In base64 well below the longest line. */
#define BAND_BYTES (32u << 10)

static size_t
row_bytes(uint32_t width)
{
	return ((size_t)width + 7) / 8;
}

/* False: nothing is closed there. */
static bool
pack(struct wall *wall, enum reins_closed kind, const struct mural_rect *band,
	uint8_t *bytes)
{
	bool any = false;

	memset(bytes, 0, row_bytes(band->width) * band->height);
	for (uint32_t y = 0; y < band->height; y++, bytes += row_bytes(band->width))
		for (uint32_t x = 0; x < band->width; x++)
			if (reins_is_closed(wall->reins, kind, x, band->y + y)) {
				bytes[x / 8] |= (uint8_t)(0x80 >> x % 8);
				any = true;
			}
	return any;
}

static json_t *
band_json(const char *name, const struct mural_rect *band, const uint8_t *bytes)
{
	char rect[VALUE_RECT_MAX], text[BASE64_SIZE(BAND_BYTES)];

	value_rect_text(band, rect);
	base64_encode(bytes, row_bytes(band->width) * band->height, text);
	return json_pack("{s:s, s:s}", name, rect, "mask", text);
}

json_t *
mask_lines(struct wall *wall, const char *name, enum reins_closed kind)
{
	const struct mural_view *view = &wall->canvas.view;
	const uint32_t rows = (uint32_t)(BAND_BYTES / row_bytes(view->width));
	uint8_t *bytes = malloc(BAND_BYTES);
	json_t *lines = bytes ? json_array() : NULL;

	for (uint32_t y = 0; y < view->height && lines; y += rows) {
		const struct mural_rect band = { 0, y, view->width,
			MIN(rows, view->height - y) };

		if (pack(wall, kind, &band, bytes))
			(void)json_array_append_new(lines, band_json(name, &band, bytes));
	}
	free(bytes);
	return lines;
}

uint8_t *
mask_read(const struct mural_rect *rect, const char *text)
{
	const size_t len = strlen(text), row = row_bytes(rect->width);
	uint8_t *bytes = malloc(len / 4 * 3 + 1), *mask = NULL;
	ssize_t n = bytes ? base64_decode(text, len, bytes) : -1;

	if (n > 0 && (size_t)n % row == 0 && (size_t)n / row == rect->height)
		mask = malloc((size_t)rect->width * rect->height);
	for (uint32_t y = 0; mask && y < rect->height; y++)
		for (uint32_t x = 0; x < rect->width; x++)
			mask[(size_t)y * rect->width + x] =
				bytes[y * row + x / 8] >> (7 - x % 8) & 1;
	free(bytes);
	return mask;
}
