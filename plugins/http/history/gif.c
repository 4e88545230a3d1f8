/* SPDX-License-Identifier: MIT */
/* Writes animated GIFs with giflib. */
#include "http/history/gif.h"

#include <errno.h>
#include <gif_lib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MAX 65535

struct gif {
	GifFileType *file;
	uint32_t width, height;
	int transparent;      /* index of the transparent colour; -1: none */
	uint8_t *shown;       /* the picture after the last frame written */
	uint8_t *next, *line; /* the frame to be written; one line of it */
	unsigned delay;       /* of `next`, in hundredths of a second; 0: no `next` */
	bool begun;           /* at least one frame was written */
};

struct box {
	uint32_t left, top, right, bottom; /* right and bottom are outside */
};

static int
on_write(GifFileType *file, const GifByteType *bytes, int len)
{
	return fwrite(bytes, 1, len, file->UserData);
}

/* giflib's errors are either memory or the file it writes to. */
static int
gif_error(struct gif *gif)
{
	return gif->file->Error == E_GIF_ERR_NOT_ENOUGH_MEM ? -ENOMEM : -EIO;
}

/* ------------------------------------------------------------------- opening */

static ColorMapObject *
make_colours(const uint32_t *colours, unsigned n_colours)
{
	GifColorType map[256] = { 0 };
	int size = 2;

	/* one more colour, to be transparent, if possible */
	while (size <= (int)n_colours && size < 256)
		size *= 2;
	for (unsigned i = 0; i < n_colours; i++) {
		map[i].Red = colours[i] >> 16;
		map[i].Green = colours[i] >> 8;
		map[i].Blue = colours[i];
	}
	return GifMakeMapObject(size, map);
}

static int
write_head(struct gif *gif, const uint32_t *colours, unsigned n_colours)
{
	static const GifByteType for_ever[] = { 1, 0, 0 };
	ColorMapObject *map = make_colours(colours, n_colours);
	bool ok;

	if (!map)
		return -ENOMEM;
	EGifSetGifVersion(gif->file, true);
	ok = EGifPutScreenDesc(gif->file, gif->width, gif->height, map->BitsPerPixel, 0,
		     map) == GIF_OK &&
	     EGifPutExtensionLeader(gif->file, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
	     EGifPutExtensionBlock(gif->file, 11, "NETSCAPE2.0") == GIF_OK &&
	     EGifPutExtensionBlock(gif->file, sizeof(for_ever), for_ever) == GIF_OK &&
	     EGifPutExtensionTrailer(gif->file) == GIF_OK;
	GifFreeMapObject(map);
	return ok ? 0 : gif_error(gif);
}

static void
gif_free(struct gif *gif)
{
	free(gif->shown);
	free(gif->next);
	free(gif->line);
	free(gif);
}

static int
gif_new(struct gif **made, FILE *out, uint32_t width, uint32_t height)
{
	struct gif *gif = calloc(1, sizeof(*gif));
	size_t n = (size_t)width * height;

	if (!gif)
		return -ENOMEM;
	gif->width = width;
	gif->height = height;
	gif->shown = malloc(n);
	gif->next = malloc(n);
	gif->line = malloc(width);
	if (gif->shown && gif->next && gif->line)
		gif->file = EGifOpen(out, on_write, NULL);
	if (!gif->file) {
		gif_free(gif);
		return -ENOMEM;
	}
	*made = gif;
	return 0;
}

int
gif_open(struct gif **made, FILE *out, uint32_t width, uint32_t height,
	const uint32_t *colours, unsigned n_colours)
{
	struct gif *gif;
	int ret;

	if (width > GIF_SIDE_MAX || height > GIF_SIDE_MAX)
		return -EOVERFLOW;
	ret = gif_new(&gif, out, width, height);
	if (ret < 0)
		return ret;
	gif->transparent = n_colours < 256 ? (int)n_colours : -1;
	ret = write_head(gif, colours, n_colours);
	if (ret < 0)
		return gif_close(gif, ret);
	*made = gif;
	return 0;
}

/* -------------------------------------------------------------------- frames */

static bool
row_differs(const struct gif *gif, uint32_t y)
{
	size_t at = (size_t)y * gif->width;

	return memcmp(gif->shown + at, gif->next + at, gif->width) != 0;
}

/* What the frame must redraw; at least one pixel, as GIF requires. */
static struct box
changed_box(const struct gif *gif)
{
	struct box box = { gif->width - 1, 0, 1, gif->height };

	if (!gif->begun)
		return (struct box){ 0, 0, gif->width, gif->height };
	while (box.top < gif->height - 1 && !row_differs(gif, box.top))
		box.top++;
	while (box.bottom > box.top + 1 && !row_differs(gif, box.bottom - 1))
		box.bottom--;
	for (uint32_t y = box.top; y < box.bottom; y++) {
		const uint8_t *old = gif->shown + (size_t)y * gif->width;
		const uint8_t *new = gif->next + (size_t)y * gif->width;
		uint32_t left = 0, right = gif->width;

		while (left < box.left && old[left] == new[left])
			left++;
		while (right > box.right && old[right - 1] == new[right - 1])
			right--;
		box.left = left;
		box.right = right;
	}
	if (box.right <= box.left)
		box.right = box.left + 1;
	return box;
}

static bool
write_lines(struct gif *gif, const struct box *box)
{
	uint32_t width = box->right - box->left;

	for (uint32_t y = box->top; y < box->bottom; y++) {
		size_t at = (size_t)y * gif->width + box->left;
		const uint8_t *old = gif->shown + at, *new = gif->next + at;

		memcpy(gif->line, new, width);
		for (uint32_t x = 0; gif->begun && gif->transparent >= 0 && x < width;
			x++)
			if (old[x] == new[x])
				gif->line[x] = gif->transparent;
		if (EGifPutLine(gif->file, gif->line, width) != GIF_OK)
			return false;
	}
	return true;
}

/* Writes `next` as a frame over what is shown so far. */
static int
write_frame(struct gif *gif)
{
	struct box box = changed_box(gif);
	const GraphicsControlBlock control = {
		.DisposalMode = DISPOSE_DO_NOT,
		.DelayTime = gif->delay,
		.TransparentColor = gif->begun ? gif->transparent : NO_TRANSPARENT_COLOR,
	};
	GifByteType bytes[4];
	size_t len = EGifGCBToExtension(&control, bytes);
	uint8_t *shown = gif->next;

	if (EGifPutExtension(gif->file, GRAPHICS_EXT_FUNC_CODE, len, bytes) != GIF_OK ||
		EGifPutImageDesc(gif->file, box.left, box.top, box.right - box.left,
			box.bottom - box.top, false, NULL) != GIF_OK ||
		!write_lines(gif, &box))
		return gif_error(gif);
	gif->next = gif->shown;
	gif->shown = shown;
	gif->begun = true;
	gif->delay = 0;
	return 0;
}

int
gif_add(struct gif *gif, const uint8_t *pixels, unsigned hundredths)
{
	size_t len = (size_t)gif->width * gif->height;
	int ret;

	if (gif->delay > 0) {
		if (gif->delay + hundredths <= DELAY_MAX &&
			memcmp(gif->next, pixels, len) == 0) {
			gif->delay += hundredths;
			return 0;
		}
		ret = write_frame(gif);
		if (ret < 0)
			return ret;
	}
	memcpy(gif->next, pixels, len);
	gif->delay = hundredths;
	return 0;
}

int
gif_close(struct gif *gif, int ret)
{
	if (ret == 0 && gif->delay > 0)
		ret = write_frame(gif);
	if (EGifCloseFile(gif->file, NULL) != GIF_OK && ret == 0)
		ret = -EIO;
	gif_free(gif);
	return ret;
}
