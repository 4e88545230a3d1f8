/* SPDX-License-Identifier: MIT */
/* Reads the canvas that a wall shows beside its pixel board. */
#include <errno.h>

#include "driver-http.h"
#include "frames.h"

#define CANVAS_BYTES_MAX ((size_t)IMAGE_PIXELS_MAX * 3 + (1 << 20))

int
http_canvas(struct connection *connection, struct image *image)
{
	struct http_board *board = connection->state;
	struct frames frames = { 0 };
	char why[FRAMES_WHY_MAX];
	json_t *answer;
	int ret;

	board->http.most = CANVAS_BYTES_MAX;
	ret = json_client_request(&board->http, "GET", "/canvas.png", NULL, &answer);
	if (ret < 0)
		return ret;
	json_decref(answer);
	if (ret != 200 || board->http.len == 0 ||
		png_frames_decode(&frames, (const uint8_t *)board->http.body,
			board->http.len, why) < 0) {
		frames_free(&frames);
		return -ENODATA;
	}
	*image = frames.all[0].image;
	frames.n = 0;
	frames_free(&frames);
	return 0;
}
