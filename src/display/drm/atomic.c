/* SPDX-License-Identifier: MIT */
/* Atomic commits: one request says everything, and can be tested before it is made. */
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "display/drm/drm.h"

/* ------------------------------------------------------------------ what there is */

struct wanted_prop {
	const char *name;
	uint32_t *id;
	bool optional;
};

/* The ids of an object's properties, by name; a missing one becomes 0.  -ENOENT when one
 * that is needed is. */
static int
find_props(int fd, uint32_t object, uint32_t type, struct wanted_prop *wanted, size_t len)
{
	drmModeObjectProperties *props = drmModeObjectGetProperties(fd, object, type);
	int ret = 0;

	if (!props)
		return -errno;
	for (uint32_t i = 0; i < props->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, props->props[i]);

		for (size_t k = 0; prop && k < len; k++)
			if (strcmp(prop->name, wanted[k].name) == 0)
				*wanted[k].id = prop->prop_id;
		drmModeFreeProperty(prop);
	}
	drmModeFreeObjectProperties(props);
	for (size_t k = 0; k < len; k++)
		if (*wanted[k].id == 0 && !wanted[k].optional)
			ret = -ENOENT;
	return ret;
}

static bool
is_primary(int fd, uint32_t plane_id)
{
	drmModeObjectProperties *props =
		drmModeObjectGetProperties(fd, plane_id, DRM_MODE_OBJECT_PLANE);
	bool primary = false;

	for (uint32_t i = 0; props && i < props->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, props->props[i]);

		if (prop && strcmp(prop->name, "type") == 0)
			primary = props->prop_values[i] == DRM_PLANE_TYPE_PRIMARY;
		drmModeFreeProperty(prop);
	}
	drmModeFreeObjectProperties(props);
	return primary;
}

static bool
plane_fits(const struct drm_pipe *pipe, const drmModePlane *plane)
{
	const uint32_t format = pipe->rgb565 ? DRM_FORMAT_RGB565 : DRM_FORMAT_XRGB8888;

	if (!(plane->possible_crtcs >> pipe->crtc & 1) ||
		!is_primary(pipe->fd, plane->plane_id))
		return false;
	for (uint32_t i = 0; i < plane->count_formats; i++)
		if (plane->formats[i] == format)
			return true;
	return false;
}

/* One that no other CRTC shows, if there is one: that may be another head's. */
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
find_all_props(struct drm_pipe *pipe)
{
	struct wanted_prop connector[] = {
		{ "CRTC_ID", &pipe->props.connector_crtc, false },
		{ "link-status", &pipe->props.link_status, true },
	};
	struct wanted_prop crtc[] = {
		{ "ACTIVE", &pipe->props.crtc_active, false },
		{ "MODE_ID", &pipe->props.crtc_mode, false },
	};
	struct wanted_prop plane[] = {
		{ "FB_ID", &pipe->props.plane_fb, false },
		{ "CRTC_ID", &pipe->props.plane_crtc, false },
		{ "SRC_X", &pipe->props.src_x, false },
		{ "SRC_Y", &pipe->props.src_y, false },
		{ "SRC_W", &pipe->props.src_w, false },
		{ "SRC_H", &pipe->props.src_h, false },
		{ "CRTC_X", &pipe->props.x, false },
		{ "CRTC_Y", &pipe->props.y, false },
		{ "CRTC_W", &pipe->props.w, false },
		{ "CRTC_H", &pipe->props.h, false },
		{ "FB_DAMAGE_CLIPS", &pipe->props.damage, true },
	};
	int ret = find_props(pipe->fd, pipe->connector_id, DRM_MODE_OBJECT_CONNECTOR,
		connector, ARRAY_LEN(connector));

	if (ret == 0)
		ret = find_props(pipe->fd, pipe->crtc_id, DRM_MODE_OBJECT_CRTC, crtc,
			ARRAY_LEN(crtc));
	if (ret == 0)
		ret = find_props(pipe->fd, pipe->plane_id, DRM_MODE_OBJECT_PLANE, plane,
			ARRAY_LEN(plane));
	return ret;
}

static int
atomic_init(struct drm_pipe *pipe)
{
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
	return find_all_props(pipe);
}

/* ------------------------------------------------------------------ commits */

struct prop_value {
	uint32_t object, prop;
	uint64_t value;
};

static int
add_all(drmModeAtomicReq *req, const struct prop_value *settings, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (settings[i].prop != 0 &&
			drmModeAtomicAddProperty(req, settings[i].object,
				settings[i].prop, settings[i].value) < 0)
			return -ENOMEM;
	return 0;
}

/* Tests a request, and makes it when it would work. */
static int
commit_settings(struct drm_pipe *pipe, const struct prop_value *settings, size_t len)
{
	drmModeAtomicReq *req = drmModeAtomicAlloc();
	const uint32_t flags = DRM_MODE_ATOMIC_ALLOW_MODESET;
	int ret = req ? add_all(req, settings, len) : -ENOMEM;

	if (ret == 0 && (drmModeAtomicCommit(pipe->fd, req,
				 flags | DRM_MODE_ATOMIC_TEST_ONLY, NULL) < 0 ||
				drmModeAtomicCommit(pipe->fd, req, flags, NULL) < 0))
		ret = -errno;
	drmModeAtomicFree(req);
	return ret;
}

/* Blocking, and without an event: some drivers never send the one of a modeset. */
static int
atomic_modeset(struct drm_pipe *pipe)
{
	const uint32_t connector = pipe->connector_id, crtc = pipe->crtc_id;
	const uint32_t plane = pipe->plane_id;
	const uint64_t width = pipe->mode.hdisplay, height = pipe->mode.vdisplay;
	const struct prop_value settings[] = {
		{ connector, pipe->props.connector_crtc, crtc },
		{ connector, pipe->props.link_status, DRM_MODE_LINK_STATUS_GOOD },
		{ crtc, pipe->props.crtc_active, 1 },
		{ crtc, pipe->props.crtc_mode, pipe->mode_blob },
		{ plane, pipe->props.plane_fb, pipe->buffers[0].fb_id },
		{ plane, pipe->props.plane_crtc, crtc },
		{ plane, pipe->props.src_x, 0 },
		{ plane, pipe->props.src_y, 0 },
		{ plane, pipe->props.src_w, width << 16 },
		{ plane, pipe->props.src_h, height << 16 },
		{ plane, pipe->props.x, 0 },
		{ plane, pipe->props.y, 0 },
		{ plane, pipe->props.w, width },
		{ plane, pipe->props.h, height },
	};

	return commit_settings(pipe, settings, ARRAY_LEN(settings));
}

static int
atomic_disable(struct drm_pipe *pipe)
{
	const struct prop_value settings[] = {
		{ pipe->connector_id, pipe->props.connector_crtc, 0 },
		{ pipe->crtc_id, pipe->props.crtc_active, 0 },
		{ pipe->crtc_id, pipe->props.crtc_mode, 0 },
		{ pipe->plane_id, pipe->props.plane_fb, 0 },
		{ pipe->plane_id, pipe->props.plane_crtc, 0 },
	};

	return commit_settings(pipe, settings, ARRAY_LEN(settings));
}

/* Tells drivers that copy what is shown, such as those of USB and virtual displays, how
 * much they need to.  Without it they copy everything.  Returns the blob, 0: none. */
static uint32_t
add_damage(struct drm_pipe *pipe, const struct box *box)
{
	const struct drm_mode_rect clip = { box->left, box->top, box->right,
		box->bottom };
	uint32_t blob = 0;

	if (pipe->props.damage == 0 || box->left == box->right ||
		drmModeCreatePropertyBlob(pipe->fd, &clip, sizeof(clip), &blob) < 0)
		return 0;
	if (drmModeAtomicAddProperty(
		    pipe->flip, pipe->plane_id, pipe->props.damage, blob) < 0) {
		drmModeDestroyPropertyBlob(pipe->fd, blob);
		return 0;
	}
	return blob;
}

/* The kernel keeps a blob for as long as a commit needs it. */
static int
atomic_flip(
	struct drm_pipe *pipe, uint32_t buffer, const struct box *box, uintptr_t token)
{
	uint32_t blob;
	int ret = DISPLAY_FLIP_PENDING;

	drmModeAtomicSetCursor(pipe->flip, 0);
	if (drmModeAtomicAddProperty(pipe->flip, pipe->plane_id, pipe->props.plane_fb,
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
