/* SPDX-License-Identifier: MIT */
/* Allocates and frees the dumb buffers that an output shows. */
#include <drm_fourcc.h>
#include <errno.h>
#include <sys/mman.h>

#include "display/drm/drm.h"

const struct drm_backend *const drm_backends[] = { &drm_atomic, &drm_legacy, &drm_dirtyfb,
	NULL };

/* buffer_finish() in any case. */
static int
buffer_init(
	struct drm_buffer *buffer, int fd, uint32_t width, uint32_t height, bool rgb565)
{
	uint64_t size, offset;
	uint32_t pitch;

	if (drmModeCreateDumbBuffer(fd, width, height, rgb565 ? 16 : 32, 0,
		    &buffer->handle, &pitch, &size) < 0)
		return -errno;
	buffer->pitch = pitch;
	if (drmModeAddFB2(fd, width, height,
		    rgb565 ? DRM_FORMAT_RGB565 : DRM_FORMAT_XRGB8888,
		    (uint32_t[4]){ buffer->handle }, (uint32_t[4]){ pitch },
		    (uint32_t[4]){ 0 }, &buffer->fb_id, 0) < 0)
		return -errno;
	if (drmModeMapDumbBuffer(fd, buffer->handle, &offset) < 0)
		return -errno;

	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (map == MAP_FAILED)
		return -errno;
	buffer->pixels = map;
	buffer->size = size;
	return 0;
}

static void
buffer_finish(struct drm_buffer *buffer, int fd)
{
	if (buffer->pixels)
		munmap(buffer->pixels, buffer->size);
	if (buffer->fb_id)
		drmModeRmFB(fd, buffer->fb_id);
	if (buffer->handle)
		drmModeDestroyDumbBuffer(fd, buffer->handle);
}

int
pipe_init(struct drm_pipe *pipe, const struct drm_card *card,
	const struct drm_assignment *assignment, const drmModeModeInfo *mode, bool rgb565,
	const struct drm_backend *backend)
{
	int ret = 0;

	*pipe = (struct drm_pipe){
		.fd = card->fd,
		.connector_id = assignment->connector_id,
		.crtc_id = assignment->crtc_id,
		.crtc = assignment->crtc,
		.mode = *mode,
		.rgb565 = rgb565,
		.backend = backend,
	};
	for (uint32_t i = 0; i < backend->n_buffers && ret == 0; i++)
		ret = buffer_init(&pipe->buffers[i], pipe->fd, mode->hdisplay,
			mode->vdisplay, rgb565);
	return ret < 0 || !backend->init ? ret : backend->init(pipe);
}

void
pipe_finish(struct drm_pipe *pipe)
{
	if (!pipe->backend)
		return;
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		buffer_finish(&pipe->buffers[i], pipe->fd);
	if (pipe->mode_blob)
		drmModeDestroyPropertyBlob(pipe->fd, pipe->mode_blob);
	drmModeAtomicFree(pipe->flip);
	*pipe = (struct drm_pipe){ 0 };
}
