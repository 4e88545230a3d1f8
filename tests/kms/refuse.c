/* SPDX-License-Identifier: MIT */
/*
 * Makes libdrm fail as a driver might; preloaded into murald.  REFUSE selects how:
 *
 *   busy       every third flip follows one of the frame already shown: the kernel
 *              answers EBUSY.  Every third DirtyFB is answered so here, since no driver
 *              at hand does.
 *   silent     every fourth flip gets no event
 *   atomic     atomic flips name an object that does not exist: ENOENT
 *   flips      flips of both kinds do
 *   modesets   every modeset fails until there is a file /run/allow
 *   second     the same, for the second CRTC only
 *   preferred  1280x800 fails, though the screen lists it
 *   old        the same, and the driver has no atomic commits
 *   forced     1000x600 fails
 *   memory     buffers of four bytes a pixel cannot be created
 *   link       a file /run/bad makes the link status bad, once
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define EXPORT __attribute__((visibility("default")))

/* libdrm's own function. */
#define NEXT(function) ((__typeof__(function) *)dlsym(RTLD_NEXT, #function))

static unsigned flips, refused;
static uint32_t second_crtc;
static drmModeAtomicReqPtr second; /* request that concerns it */
static drmModeModeInfo last_mode;  /* of the request being prepared */

/* The last flip that succeeded. */
static uint32_t shown_fb;
static drmModeAtomicReqPtr shown;

static int
is(const char *how)
{
	const char *wanted = getenv("REFUSE");

	return wanted && strcmp(wanted, how) == 0;
}

/* Counts EBUSY, for the test to see that it occurred. */
static int
answer(int ret)
{
	if (ret == -EBUSY)
		fprintf(stderr, "refuse: EBUSY %u of %u\n", ++refused, flips);
	return ret;
}

/* Looks for the file only when the mode comes that is tried first, so that the answer
 * does not change within a round of tries, which takes seconds on a busy machine. */
static int
is_allowed(const drmModeModeInfo *mode)
{
	static drmModeModeInfo first;
	static int allowed;

	if (first.hdisplay == 0)
		first = *mode;
	if (memcmp(mode, &first, sizeof(first)) == 0)
		allowed = access("/run/allow", F_OK) == 0;
	return allowed;
}

static int
is_refused_mode(int of_second, const drmModeModeInfo *mode)
{
	if (is("preferred") || is("old"))
		return mode->hdisplay == 1280 && mode->vdisplay == 800;
	if (is("forced"))
		return mode->hdisplay == 1000 && mode->vdisplay == 600;
	return (is("modesets") || (is("second") && of_second)) && !is_allowed(mode);
}

EXPORT drmModeResPtr
drmModeGetResources(int fd)
{
	__typeof__(drmModeGetResources) *get = NEXT(drmModeGetResources);
	drmModeResPtr res = get(fd);

	if (res && res->count_crtcs > 1)
		second_crtc = res->crtcs[1];
	return res;
}

EXPORT int
drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
	__typeof__(drmSetClientCap) *set = NEXT(drmSetClientCap);

	if (!is("old") || capability != DRM_CLIENT_CAP_ATOMIC)
		return set(fd, capability, value);
	errno = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

EXPORT int
drmModeCreatePropertyBlob(int fd, const void *data, size_t len, uint32_t *id)
{
	__typeof__(drmModeCreatePropertyBlob) *create = NEXT(drmModeCreatePropertyBlob);

	if (len == sizeof(last_mode))
		memcpy(&last_mode, data, len);
	return create(fd, data, len, id);
}

EXPORT int
drmModeAtomicAddProperty(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value)
{
	__typeof__(drmModeAtomicAddProperty) *add = NEXT(drmModeAtomicAddProperty);

	if (object == second_crtc)
		second = req;
	return add(req, object, prop, value);
}

EXPORT int
drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
	uint32_t *connectors, int count, drmModeModeInfoPtr mode)
{
	__typeof__(drmModeSetCrtc) *set = NEXT(drmModeSetCrtc);

	if (mode && is_refused_mode(crtc == second_crtc, mode)) {
		errno = EINVAL;
		return -EINVAL;
	}
	return set(fd, crtc, fb, x, y, connectors, count, mode);
}

EXPORT int
drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bits,
	uint32_t flags, uint32_t *handle, uint32_t *pitch, uint64_t *size)
{
	__typeof__(drmModeCreateDumbBuffer) *create = NEXT(drmModeCreateDumbBuffer);

	if (is("memory") && bits == 32) {
		errno = ENOMEM;
		return -ENOMEM;
	}
	return create(fd, width, height, bits, flags, handle, pitch, size);
}

EXPORT drmModeConnectorPtr
drmModeGetConnector(int fd, uint32_t id)
{
	__typeof__(drmModeGetConnector) *get = NEXT(drmModeGetConnector);
	drmModeConnectorPtr connector = get(fd, id);

	for (int i = 0; connector && is("link") && i < connector->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, connector->props[i]);

		if (prop && strcmp(prop->name, "link-status") == 0 &&
			unlink("/run/bad") == 0)
			connector->prop_values[i] = DRM_MODE_LINK_STATUS_BAD;
		drmModeFreeProperty(prop);
	}
	return connector;
}

EXPORT int
drmModePageFlip(int fd, uint32_t crtc, uint32_t fb, uint32_t flags, void *user)
{
	__typeof__(drmModePageFlip) *flip = NEXT(drmModePageFlip);
	int ret;

	flips++;
	if (is("busy") && flips % 3 == 0 && shown_fb)
		flip(fd, crtc, shown_fb, 0, NULL);
	if (is("silent") && flips % 4 == 0)
		flags = 0;
	if (is("flips"))
		fb = UINT32_MAX;
	ret = flip(fd, crtc, fb, flags, user);
	if (ret == 0)
		shown_fb = fb;
	return answer(ret);
}

EXPORT int
drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user)
{
	__typeof__(drmModeAtomicCommit) *commit = NEXT(drmModeAtomicCommit);
	int ret;

	if (flags & DRM_MODE_ATOMIC_ALLOW_MODESET &&
		is_refused_mode(req == second, &last_mode)) {
		errno = EINVAL;
		return -EINVAL;
	}
	if (!(flags & DRM_MODE_PAGE_FLIP_EVENT))
		return commit(fd, req, flags, user);
	flips++;
	if (is("busy") && flips % 3 == 0 && shown)
		commit(fd, shown, DRM_MODE_ATOMIC_NONBLOCK, NULL);
	if (is("silent") && flips % 4 == 0)
		flags = DRM_MODE_ATOMIC_NONBLOCK;
	if (is("atomic") || is("flips"))
		drmModeAtomicAddProperty(req, UINT32_MAX, UINT32_MAX, 0);
	ret = commit(fd, req, flags, user);
	if (ret == 0) {
		drmModeAtomicFree(shown);
		shown = drmModeAtomicDuplicate(req);
	}
	return answer(ret);
}

EXPORT int
drmModeDirtyFB(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count)
{
	__typeof__(drmModeDirtyFB) *dirty = NEXT(drmModeDirtyFB);

	flips++;
	if (!is("busy") || flips % 3 != 0)
		return dirty(fd, fb, clips, count);
	errno = EBUSY;
	return answer(-EBUSY);
}
