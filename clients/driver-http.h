/* SPDX-License-Identifier: MIT */
/* The driver for http as its files share it: driver-http.c speaks to the pixel board,
 * driver-http-canvas.c reads the wall's picture and driver-http-metrics.c the metrics
 * beside it. */
#pragma once

#include "driver.h"
#include "json-client.h"

#define ID_MAX 256

struct http_board {
	struct json_client http;
	uint32_t width, height;
	uint32_t *palette; /* 0x00rrggbb */
	uint32_t n_colours;
	int32_t *cells; /* colours, -1 unknown */
	char id[ID_MAX];
	int64_t ready; /* when the next cell may be set */
};

/* Prints an error status, and what to do about it; takes over `answer`. */
int response_error(const struct connection *connection, const char *what, int status,
	json_t *answer);

/* The picture of the wall that the board belongs to; -ENODATA, not printed: it has none.
 */
int http_canvas(struct connection *connection, struct image *image);

/* The driver's `metrics`. */
int http_metrics(struct connection *connection, char **text);
