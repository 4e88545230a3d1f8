/* SPDX-License-Identifier: MIT */
/* The commit backend for drivers with atomic commits. */
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "display/drm/drm.h"

enum prop {
	CONNECTOR_CRTC,
	LINK_STATUS,
	CRTC_ACTIVE,
	CRTC_MODE,
	PLANE_FB,
	PLANE_CRTC,
	SRC_X,
	SRC_Y,
	SRC_W,
	SRC_H,
	PLANE_X,
	PLANE_Y,
	PLANE_W,
	PLANE_H,
	DAMAGE
};

static const struct {
	const char *name;
	uint32_t type; /* of the object */
	bool optional;
} props[DRM_PROPS] = {
	[CONNECTOR_CRTC] = { "CRTC_ID", DRM_MODE_OBJECT_CONNECTOR, false },
	[LINK_STATUS] = { "link-status", DRM_MODE_OBJECT_CONNECTOR, true },
	[CRTC_ACTIVE] = { "ACTIVE", DRM_MODE_OBJECT_CRTC, false },
	[CRTC_MODE] = { "MODE_ID", DRM_MODE_OBJECT_CRTC, false },
	[PLANE_FB] = { "FB_ID", DRM_MODE_OBJECT_PLANE, false },
	[PLANE_CRTC] = { "CRTC_ID", DRM_MODE_OBJECT_PLANE, false },
	[SRC_X] = { "SRC_X", DRM_MODE_OBJECT_PLANE, false },
	[SRC_Y] = { "SRC_Y", DRM_MODE_OBJECT_PLANE, false },
	[SRC_W] = { "SRC_W", DRM_MODE_OBJECT_PLANE, false },
	[SRC_H] = { "SRC_H", DRM_MODE_OBJECT_PLANE, false },
	[PLANE_X] = { "CRTC_X", DRM_MODE_OBJECT_PLANE, false },
	[PLANE_Y] = { "CRTC_Y", DRM_MODE_OBJECT_PLANE, false },
	[PLANE_W] = { "CRTC_W", DRM_MODE_OBJECT_PLANE, false },
	[PLANE_H] = { "CRTC_H", DRM_MODE_OBJECT_PLANE, false },
	[DAMAGE] = { "FB_DAMAGE_CLIPS", DRM_MODE_OBJECT_PLANE, true },
};

/* ------------------------------------------------------------------ looking up */

static uint32_t
object_id(const struct drm_pipe *pipe, uint32_t type)
{
	return type == DRM_MODE_OBJECT_CONNECTOR ? pipe->connector_id
	       : type == DRM_MODE_OBJECT_CRTC    ? pipe->crtc_id
						 : pipe->plane_id;
}

/* The ids of the properties of the pipe's object of that type.  -ENOENT when one that is
 * not optional is missing. */
static int
find_props(struct drm_pipe *pipe, uint32_t type)
{
	drmModeObjectProperties *all =
		drmModeObjectGetProperties(pipe->fd, object_id(pipe, type), type);

	if (!all)
		return -errno;
	for (uint32_t i = 0; i < all->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(pipe->fd, all->props[i]);

		for (uint32_t k = 0; prop && k < DRM_PROPS; k++)
			if (props[k].type == type &&
				strcmp(prop->name, props[k].name) == 0)
				pipe->props[k] = prop->prop_id;
		drmModeFreeProperty(prop);
	}
	drmModeFreeObjectProperties(all);
	for (uint32_t k = 0; k < DRM_PROPS; k++)
		if (props[k].type == type && !props[k].optional && pipe->props[k] == 0)
			return -ENOENT;
	return 0;
}

static bool
plane_fits(const struct drm_pipe *pipe, const drmModePlane *plane)
{
	const uint32_t format = pipe->rgb565 ? DRM_FORMAT_RGB565 : DRM_FORMAT_XRGB8888;

	return plane->possible_crtcs >> pipe->crtc & 1 &&
	       plane_property(pipe->fd, plane->plane_id, "type", 0) ==
		       DRM_PLANE_TYPE_PRIMARY &&
	       plane_has_format(plane, format);
}

/* Prefers a plane that no other CRTC shows: that may be another output's. */
static uint32_t
find_plane(const struct drm_pipe *pipe)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(pipe->fd);
	uint32_t id = 0;
	bool free = false;

	for (uint32_t i = 0; planes && i < planes->count_planes && !free; i++) {
		drmModePlane *plane = drmModeGetPlane(pipe->fd, planes->planes[i]);

		if (plane && plane_fits(pipe, plane)) {
			free = plane->crtc_id == 0 || plane->crtc_id == pipe->crtc_id;
			if (id == 0 || free)
				id = plane->plane_id;
		}
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	return id;
}

static int
atomic_init(struct drm_pipe *pipe)
{
	int ret;

	if (drmSetClientCap(pipe->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) < 0 ||
		drmSetClientCap(pipe->fd, DRM_CLIENT_CAP_ATOMIC, 1) < 0)
		return -errno;
	pipe->plane_id = find_plane(pipe);
	if (pipe->plane_id == 0)
		return -ENOENT;
	pipe->flip = drmModeAtomicAlloc();
	if (!pipe->flip)
		return -ENOMEM;
	if (drmModeCreatePropertyBlob(
		    pipe->fd, &pipe->mode, sizeof(pipe->mode), &pipe->mode_blob) < 0)
		return -errno;
	ret = find_props(pipe, DRM_MODE_OBJECT_CONNECTOR);
	if (ret == 0)
		ret = find_props(pipe, DRM_MODE_OBJECT_CRTC);
	return ret < 0 ? ret : find_props(pipe, DRM_MODE_OBJECT_PLANE);
}

/* ------------------------------------------------------------------ commits */

struct prop_value {
	enum prop prop;
	uint64_t value;
};

static int
add_all(const struct drm_pipe *pipe, drmModeAtomicReq *req,
	const struct prop_value *settings, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const enum prop prop = settings[i].prop;

		if (pipe->props[prop] != 0 &&
			drmModeAtomicAddProperty(req, object_id(pipe, props[prop].type),
				pipe->props[prop], settings[i].value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Tests a request, and makes it if it would work. */
static int
commit_settings(
	const struct drm_pipe *pipe, const struct prop_value *settings, size_t len)
{
	drmModeAtomicReq *req = drmModeAtomicAlloc();
	const uint32_t flags = DRM_MODE_ATOMIC_ALLOW_MODESET;
	int ret = req ? add_all(pipe, req, settings, len) : -ENOMEM;

	if (ret == 0 && (drmModeAtomicCommit(pipe->fd, req,
				 flags | DRM_MODE_ATOMIC_TEST_ONLY, NULL) < 0 ||
				drmModeAtomicCommit(pipe->fd, req, flags, NULL) < 0))
		ret = -errno;
	drmModeAtomicFree(req);
	return ret;
}

/* Blocking, and without an event: some drivers never send one for a modeset. */
static int
atomic_modeset(struct drm_pipe *pipe)
{
	const uint64_t width = pipe->mode.hdisplay, height = pipe->mode.vdisplay;
	const struct prop_value settings[] = {
		{ CONNECTOR_CRTC, pipe->crtc_id },
		{ LINK_STATUS, DRM_MODE_LINK_STATUS_GOOD },
		{ CRTC_ACTIVE, 1 },
		{ CRTC_MODE, pipe->mode_blob },
		{ PLANE_FB, pipe->buffers[0].fb_id },
		{ PLANE_CRTC, pipe->crtc_id },
		{ SRC_X, 0 },
		{ SRC_Y, 0 },
		{ SRC_W, width << 16 },
		{ SRC_H, height << 16 },
		{ PLANE_X, 0 },
		{ PLANE_Y, 0 },
		{ PLANE_W, width },
		{ PLANE_H, height },
	};

	return commit_settings(pipe, settings, ARRAY_LEN(settings));
}

static int
atomic_disable(struct drm_pipe *pipe)
{
	static const struct prop_value settings[] = { { CONNECTOR_CRTC, 0 },
		{ CRTC_ACTIVE, 0 }, { CRTC_MODE, 0 }, { PLANE_FB, 0 },
		{ PLANE_CRTC, 0 } };

	return commit_settings(pipe, settings, ARRAY_LEN(settings));
}

/* Tells drivers that copy framebuffers, such as those of USB and virtual displays, which
 * part changed; without it they copy everything.  Returns the blob; 0: none. */
static uint32_t
add_damage(struct drm_pipe *pipe, const struct box *box)
{
	const struct drm_mode_rect clip = { box->left, box->top, box->right,
		box->bottom };
	uint32_t blob = 0;

	if (pipe->props[DAMAGE] == 0 || box->left == box->right ||
		drmModeCreatePropertyBlob(pipe->fd, &clip, sizeof(clip), &blob) < 0)
		return 0;
	if (drmModeAtomicAddProperty(
		    pipe->flip, pipe->plane_id, pipe->props[DAMAGE], blob) < 0) {
		drmModeDestroyPropertyBlob(pipe->fd, blob);
		return 0;
	}
	return blob;
}

/* The blob can go at once: the kernel keeps it for as long as the commit needs it. */
static int
atomic_flip(
	struct drm_pipe *pipe, uint32_t buffer, const struct box *box, uintptr_t token)
{
	uint32_t blob;
	int ret = DISPLAY_FLIP_PENDING;

	drmModeAtomicSetCursor(pipe->flip, 0);
	if (drmModeAtomicAddProperty(pipe->flip, pipe->plane_id, pipe->props[PLANE_FB],
		    pipe->buffers[buffer].fb_id) < 0)
		return -ENOMEM;
	blob = add_damage(pipe, box);
	if (drmModeAtomicCommit(pipe->fd, pipe->flip,
		    DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT,
		    (void *)token) < 0)
		ret = -errno;
	if (blob != 0)
		drmModeDestroyPropertyBlob(pipe->fd, blob);
	return ret;
}

const struct drm_backend drm_atomic = {
	.name = "atomic",
	.n_buffers = 2,
	.init = atomic_init,
	.modeset = atomic_modeset,
	.flip = atomic_flip,
	.disable = atomic_disable,
};
