/* SPDX-License-Identifier: MIT */
/* Reads GIF with giflib, frame by frame, each laid over what the one before left. */
#include <errno.h>
#include <gif_lib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "frames.h"

#define QUICK_MS 100 /* what browsers take for 0 and 10 ms */

struct gif_reader {
	const uint8_t *data;
	size_t len;
	struct frames *frames;
	GifFileType *gif;
	GraphicsControlBlock control; /* of the next frame */
	uint32_t *canvas, *before;    /* what is there; what was there before the frame */
	GifPixelType *row;
};

static int
on_read(GifFileType *gif, GifByteType *bytes, int n)
{
	struct gif_reader *reader = gif->UserData;
	size_t some = (size_t)n < reader->len ? (size_t)n : reader->len;

	memcpy(bytes, reader->data, some);
	reader->data += some;
	reader->len -= some;
	return (int)some;
}

/* Row `y` of a frame. */
static int
read_row(struct gif_reader *reader, uint32_t y, const ColorMapObject *map)
{
	const GifFileType *gif = reader->gif;
	const GifImageDesc *image = &gif->Image;
	uint32_t *to = reader->canvas +
		       (size_t)(image->Top + (int)y) * (size_t)gif->SWidth + image->Left;

	if (DGifGetLine(reader->gif, reader->row, image->Width) == GIF_ERROR)
		return -EBADMSG;
	for (int x = 0; x < image->Width; x++) {
		int index = reader->row[x];

		if (index == reader->control.TransparentColor || index >= map->ColorCount)
			continue;
		to[x] = 0xff000000 | (uint32_t)map->Colors[index].Red << 16 |
			(uint32_t)map->Colors[index].Green << 8 | map->Colors[index].Blue;
	}
	return 0;
}

static int
read_rows(struct gif_reader *reader, const ColorMapObject *map)
{
	static const struct {
		uint32_t first, step;
	} passes[] = { { 0, 8 }, { 4, 8 }, { 2, 4 }, { 1, 2 }, { 0, 1 } };
	uint32_t height = (uint32_t)reader->gif->Image.Height;
	int ret = 0;

	for (int pass = reader->gif->Image.Interlace ? 0 : 4,
		 last = reader->gif->Image.Interlace ? 3 : 4;
		pass <= last; pass++)
		for (uint32_t y = passes[pass].first; ret == 0 && y < height;
			y += passes[pass].step)
			ret = read_row(reader, y, map);
	return ret;
}

/* What a frame leaves for the next one. */
static void
dispose(struct gif_reader *reader, size_t bytes)
{
	const GifFileType *gif = reader->gif;
	const GifImageDesc *image = &gif->Image;

	if (reader->control.DisposalMode == DISPOSE_PREVIOUS)
		memcpy(reader->canvas, reader->before, bytes);
	if (reader->control.DisposalMode == DISPOSE_BACKGROUND)
		for (int y = image->Top; y < image->Top + image->Height; y++)
			memset(reader->canvas + (size_t)y * (size_t)gif->SWidth +
					image->Left,
				0, (size_t)image->Width * sizeof(*reader->canvas));
}

static int
read_frame(struct gif_reader *reader, char why[FRAMES_WHY_MAX])
{
	GifFileType *gif = reader->gif;
	const GifImageDesc *desc = &gif->Image;
	const ColorMapObject *map;
	size_t bytes = (size_t)gif->SWidth * (size_t)gif->SHeight * sizeof(uint32_t);
	int delay = reader->control.DelayTime * 10, ret;
	struct image *image;

	if (DGifGetImageDesc(gif) == GIF_ERROR)
		return -EBADMSG;
	map = desc->ColorMap ? desc->ColorMap : gif->SColorMap;
	if (!map || desc->Left + desc->Width > gif->SWidth ||
		desc->Top + desc->Height > gif->SHeight) {
		snprintf(why, FRAMES_WHY_MAX, "frame %u %s", reader->frames->n + 1,
			map ? "is larger than the picture" : "has no colours");
		return -EBADMSG;
	}
	image = frames_add(reader->frames, (uint32_t)gif->SWidth, (uint32_t)gif->SHeight,
		(uint32_t)(delay <= 10 ? QUICK_MS : delay));
	if (!image)
		return -ERANGE;
	memcpy(reader->before, reader->canvas, bytes);
	ret = read_rows(reader, map);
	memcpy(image->pixels, reader->canvas, bytes);
	dispose(reader, bytes);
	reader->control =
		(GraphicsControlBlock){ .TransparentColor = NO_TRANSPARENT_COLOR };
	return ret;
}

static int
read_extension(struct gif_reader *reader)
{
	GifByteType *block;
	int code;

	if (DGifGetExtension(reader->gif, &code, &block) == GIF_ERROR)
		return -EBADMSG;
	if (code == GRAPHICS_EXT_FUNC_CODE && block)
		(void)DGifExtensionToGCB(block[0], block + 1, &reader->control);
	while (block)
		if (DGifGetExtensionNext(reader->gif, &block) == GIF_ERROR)
			return -EBADMSG;
	return 0;
}

static int
read_records(struct gif_reader *reader, char why[FRAMES_WHY_MAX])
{
	GifRecordType type;
	int ret = 0;

	while (ret == 0) {
		if (DGifGetRecordType(reader->gif, &type) == GIF_ERROR)
			return -EBADMSG;
		if (type == TERMINATE_RECORD_TYPE)
			return reader->frames->n ? 0 : -EBADMSG;
		if (type == IMAGE_DESC_RECORD_TYPE)
			ret = read_frame(reader, why);
		else if (type == EXTENSION_RECORD_TYPE)
			ret = read_extension(reader);
	}
	return ret;
}

/* The room for a picture whose size is known. */
static int
read_picture(struct gif_reader *reader, char why[FRAMES_WHY_MAX])
{
	uint32_t width = (uint32_t)reader->gif->SWidth,
		 height = (uint32_t)reader->gif->SHeight;
	size_t n = (size_t)width * height;
	int ret = frames_fit(reader->frames, 1, width, height);

	if (ret < 0)
		return ret;
	reader->canvas = calloc(n ? n : 1, sizeof(*reader->canvas));
	reader->before = calloc(n ? n : 1, sizeof(*reader->before));
	reader->row = malloc(width ? width : 1);
	if (reader->canvas && reader->before && reader->row)
		ret = read_records(reader, why);
	else
		ret = console_error(-ENOMEM, "out of memory for a picture");
	free(reader->canvas);
	free(reader->before);
	free(reader->row);
	return ret;
}

int
gif_frames_decode(
	struct frames *frames, const uint8_t *data, size_t len, char why[FRAMES_WHY_MAX])
{
	struct gif_reader reader = {
		.data = data,
		.len = len,
		.frames = frames,
		.control.TransparentColor = NO_TRANSPARENT_COLOR,
	};
	int error = 0, ret = -EBADMSG;
	const char *text;

	reader.gif = DGifOpen(&reader, on_read, &error);
	if (reader.gif) {
		ret = read_picture(&reader, why);
		error = reader.gif->Error;
		DGifCloseFile(reader.gif, NULL);
	}
	text = GifErrorString(error);
	if (ret == -EBADMSG && text)
		snprintf(why, FRAMES_WHY_MAX, "%s", text);
	return ret;
}
