/* SPDX-License-Identifier: MIT */
/* Reads JPEG with libjpeg-turbo. */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
/* after it, as it needs its types */
#include <jerror.h>

#include "frames.h"

#define SCANS_MAX 200 /* of a progressive one: each goes through the whole picture */

struct jpeg_reader {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	struct jpeg_progress_mgr progress;
	char *why;
	jmp_buf failed;
};

static void
give_up(j_common_ptr jpeg)
{
	struct jpeg_reader *reader = jpeg->client_data;

	longjmp(reader->failed, 1);
}

static void
on_error(j_common_ptr jpeg)
{
	struct jpeg_reader *reader = jpeg->client_data;
	char text[JMSG_LENGTH_MAX];

	jpeg->err->format_message(jpeg, text);
	snprintf(reader->why, FRAMES_WHY_MAX, "%s", text);
	give_up(jpeg);
}

/* libjpeg paints what is missing grey; else its warnings are about what all programs
 * overlook. */
static void
on_message(j_common_ptr jpeg, int level)
{
	if (level < 0 && (jpeg->err->msg_code == JWRN_JPEG_EOF ||
				 jpeg->err->msg_code == JWRN_HIT_MARKER))
		on_error(jpeg);
}

static void
on_progress(j_common_ptr jpeg)
{
	struct jpeg_reader *reader = jpeg->client_data;

	if (reader->jpeg.input_scan_number <= SCANS_MAX)
		return;
	snprintf(reader->why, FRAMES_WHY_MAX, "it has more than %d scans", SCANS_MAX);
	give_up(jpeg);
}

static int
read_rows(struct jpeg_reader *reader, struct frames *frames)
{
	struct jpeg_decompress_struct *jpeg = &reader->jpeg;
	struct image *image;
	JSAMPARRAY row;

	jpeg->out_color_space = JCS_RGB;
	image = frames_add(frames, jpeg->image_width, jpeg->image_height, 0);
	if (!image)
		return -ERANGE;
	jpeg_start_decompress(jpeg);
	row = jpeg->mem->alloc_sarray(
		(j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 3, 1);
	while (jpeg->output_scanline < jpeg->output_height) {
		uint32_t *pixels = image_at(image, 0, jpeg->output_scanline);
		const JSAMPLE *from = *row;

		jpeg_read_scanlines(jpeg, row, 1);
		for (uint32_t x = 0; x < image->width; x++, from += 3)
			pixels[x] = 0xff000000 | (uint32_t)from[0] << 16 |
				    (uint32_t)from[1] << 8 | from[2];
	}
	jpeg_finish_decompress(jpeg);
	return 0;
}

int
jpeg_frames_decode(
	struct frames *frames, const uint8_t *data, size_t len, char why[FRAMES_WHY_MAX])
{
	struct jpeg_reader reader = { .why = why };
	volatile int ret = -EBADMSG;

	reader.jpeg.err = jpeg_std_error(&reader.error);
	reader.jpeg.client_data = &reader;
	reader.error.error_exit = on_error;
	reader.error.emit_message = on_message;
	reader.progress.progress_monitor = on_progress;
	if (setjmp(reader.failed) == 0) {
		jpeg_create_decompress(&reader.jpeg);
		reader.jpeg.progress = &reader.progress;
		jpeg_mem_src(&reader.jpeg, data, (unsigned long)len);
		jpeg_read_header(&reader.jpeg, TRUE);
		ret = read_rows(&reader, frames);
	}
	jpeg_destroy_decompress(&reader.jpeg);
	return ret;
}
