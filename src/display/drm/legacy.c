/* SPDX-License-Identifier: MIT */
/* The two commit backends for drivers without atomic commits: page flips, and a single
 * buffer that is drawn into while it is shown. */
#include <errno.h>

#include "display/drm/drm.h"

static int
legacy_modeset(struct drm_pipe *pipe)
{
	return drmModeSetCrtc(pipe->fd, pipe->crtc_id, pipe->buffers[0].fb_id, 0, 0,
		       &pipe->connector_id, 1, &pipe->mode) < 0
		       ? -errno
		       : 0;
}

static int
legacy_flip(
	struct drm_pipe *pipe, uint32_t buffer, const struct box *box, uintptr_t token)
{
	(void)box;
	return drmModePageFlip(pipe->fd, pipe->crtc_id, pipe->buffers[buffer].fb_id,
		       DRM_MODE_PAGE_FLIP_EVENT, (void *)token) < 0
		       ? -errno
		       : DISPLAY_FLIP_PENDING;
}

static int
legacy_disable(struct drm_pipe *pipe)
{
	return drmModeSetCrtc(pipe->fd, pipe->crtc_id, 0, 0, 0, NULL, 0, NULL) < 0
		       ? -errno
		       : 0;
}

/* Drivers that scan out the memory that we write to have no DirtyFB, and need none. */
static int
dirtyfb_flip(
	struct drm_pipe *pipe, uint32_t buffer, const struct box *box, uintptr_t token)
{
	drmModeClip clip = { box->left, box->top, box->right, box->bottom };

	(void)token;
	if (box->left != box->right &&
		drmModeDirtyFB(pipe->fd, pipe->buffers[buffer].fb_id, &clip, 1) < 0 &&
		errno != ENOSYS)
		return -errno;
	return DISPLAY_FLIP_DONE;
}

const struct drm_backend drm_legacy = {
	.name = "legacy",
	.n_buffers = 2,
	.modeset = legacy_modeset,
	.flip = legacy_flip,
	.disable = legacy_disable,
};

const struct drm_backend drm_dirtyfb = {
	.name = "dirtyfb",
	.n_buffers = 1,
	.modeset = legacy_modeset,
	.flip = dirtyfb_flip,
	.disable = legacy_disable,
};
