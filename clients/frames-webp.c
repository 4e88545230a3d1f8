/* SPDX-License-Identifier: MIT */
/* Reads WebP with libwebp. */
#include <errno.h>
#include <stdio.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "frames.h"

static void
pack_pixels(struct image *image, const uint8_t *rgba)
{
	size_t n = (size_t)image->width * image->height;

	for (size_t i = 0; i < n; i++, rgba += 4)
		image->pixels[i] = (uint32_t)rgba[3] << 24 | (uint32_t)rgba[0] << 16 |
				   (uint32_t)rgba[1] << 8 | rgba[2];
}

static int
read_frames(struct frames *frames, WebPAnimDecoder *decoder)
{
	WebPAnimInfo info;
	int ret = -EBADMSG, end, start = 0;
	uint8_t *rgba;

	if (!WebPAnimDecoderGetInfo(decoder, &info))
		return -EBADMSG;
	ret = frames_fit(frames, info.frame_count, info.canvas_width, info.canvas_height);
	while (ret == 0 && WebPAnimDecoderHasMoreFrames(decoder)) {
		struct image *image;

		if (!WebPAnimDecoderGetNext(decoder, &rgba, &end))
			return -EBADMSG;
		image = frames_add(frames, info.canvas_width, info.canvas_height,
			(uint32_t)(end - start));
		if (!image)
			return -ERANGE;
		pack_pixels(image, rgba);
		start = end;
	}
	return ret == 0 && frames->n == 0 ? -EBADMSG : ret;
}

int
webp_frames_decode(
	struct frames *frames, const uint8_t *data, size_t len, char why[FRAMES_WHY_MAX])
{
	const WebPData all = { .bytes = data, .size = len };
	WebPBitstreamFeatures features;
	WebPAnimDecoder *decoder;
	int ret;

	snprintf(why, FRAMES_WHY_MAX, "it is damaged, or ends too early");
	if (WebPGetFeatures(data, len, &features) != VP8_STATUS_OK)
		return -EBADMSG;
	/* before libwebp makes room for it */
	ret = frames_fit(frames, 1, (uint32_t)features.width, (uint32_t)features.height);
	if (ret < 0)
		return ret;
	decoder = WebPAnimDecoderNew(&all, NULL);
	if (!decoder)
		return -EBADMSG;
	ret = read_frames(frames, decoder);
	WebPAnimDecoderDelete(decoder);
	return ret;
}
