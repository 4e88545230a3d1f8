/* SPDX-License-Identifier: MIT */
/* muralctl watch: shows a wall in a terminal, two pixels in each cell. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "driver.h"
#include "frames.h"

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT 24
#define EVERY CLOCK_SECOND

#define UPPER_HALF "\xe2\x96\x80" /* its lower half has the colour behind it */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

/* In pixels; the last row stays free for the cursor. */
static void
terminal_size(uint32_t *width, uint32_t *height)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*width = size.ws_col ? size.ws_col : COLUMNS_DEFAULT;
	*height = 2 * (size.ws_row > 1 ? size.ws_row - 1u : ROWS_DEFAULT - 1u);
}

/* `kind`: 38 for what is before, 48 for what is behind; says only what changes. */
static void
set_colour(int kind, uint32_t rgb, int64_t *last)
{
	if (*last == rgb)
		return;
	printf("\033[%d;2;%u;%u;%um", kind, rgb >> 16 & 0xff, rgb >> 8 & 0xff,
		rgb & 0xff);
	*last = rgb;
}

static void
show_row(const struct image *image, uint32_t y)
{
	int64_t before = -1, behind = -1;

	for (uint32_t x = 0; x < image->width; x++) {
		set_colour(38, *image_at(image, x, y) & 0xffffff, &before);
		if (y + 1 < image->height)
			set_colour(48, *image_at(image, x, y + 1) & 0xffffff, &behind);
		fputs(UPPER_HALF, stdout);
	}
	fputs("\033[0m\033[K\n", stdout);
}

static int
show(struct frames *frames)
{
	uint32_t width, height;
	struct image *image = &frames->all[0].image;
	size_t n = (size_t)image->width * image->height;
	int ret;

	for (size_t i = 0; i < n; i++)
		image->pixels[i] |= 0xff000000;
	terminal_size(&width, &height);
	ret = frames_fit_into(frames, width, height);
	if (ret < 0)
		return ret;
	image = &frames->all[0].image;
	for (uint32_t y = 0; y < image->height; y += 2)
		show_row(image, y);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -EIO;
}

static int
show_now(struct connection *connection, bool is_terminal)
{
	struct image grabbed = { 0 }, *shown;
	struct frames frames = { 0 };
	int ret = connection->driver->grab(connection, &grabbed);

	if (ret == 0 && stop_requested())
		ret = -EINTR;
	shown = ret == 0 ? frames_add(&frames, 1, 1, 0) : NULL;
	if (!shown) {
		image_free(&grabbed);
		return ret < 0 ? ret : -ENOMEM;
	}
	image_free(shown);
	*shown = grabbed;
	if (is_terminal)
		fputs("\033[H", stdout);
	ret = show(&frames);
	if (is_terminal && ret == 0)
		fputs("\033[J", stdout);
	frames_free(&frames);
	return ret;
}

/* On a terminal until it is stopped, else once. */
static int
show_all(struct connection *connection, const struct options *options)
{
	bool is_terminal = isatty(STDOUT_FILENO);
	int64_t next;
	int ret;

	(void)options;
	if (is_terminal)
		fputs(ENTER, stdout);
	do {
		next = clock_now() + EVERY;
		ret = show_now(connection, is_terminal);
		if (ret == 0 && is_terminal)
			clock_wait_until(next);
	} while (ret == 0 && is_terminal && !stop_requested());
	if (is_terminal) {
		fputs(LEAVE, stdout);
		fflush(stdout);
	}
	return ret == -EINTR && is_terminal ? 0 : ret;
}

int
verb_watch(const struct options *options)
{
	return connection_lend_reader(options, show_all);
}
