/* SPDX-License-Identifier: MIT */
/*
 * Preloaded before libdrm (LD_PRELOAD), makes page flips and modesets fail as they do on
 * real hardware.  The environment variable REFUSE says which:
 *
 *   busy       every third flip follows one that was just made of what is shown already,
 *              so that the kernel itself answers EBUSY; every third DirtyFB fails with
 *              EBUSY without reaching the kernel, whose drivers here never refuse one
 *   silent     every fourth flip sends no event
 *   atomic     atomic flips name an object that does not exist: ENOENT
 *   flips      atomic and legacy flips do
 *   modesets   all modesets fail until the file /run/allow exists
 *   second     the same for the second CRTC only
 *   preferred  modesets to 1280x800 fail, though the screen lists it
 *   old        the same, and the driver has no atomic commits
 *   forced     modesets to 1000x600 fail
 *   memory     there is no memory for buffers of four bytes a pixel
 *   link       link-status is bad once, if the file /run/bad exists
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

/* The function of that name in libdrm itself. */
#define NEXT(function) ((__typeof__(function) *)dlsym(RTLD_NEXT, #function))

static unsigned flips, refused;
static uint32_t second_crtc;
static drmModeAtomicReqPtr second; /* the last request for that CRTC */
static drmModeModeInfo last_mode;  /* the last one that became a blob */

/* The last flip that the kernel accepted. */
static uint32_t shown_fb;
static drmModeAtomicReqPtr shown;

static int
fail(int error)
{
	errno = error;
	return -error;
}

static int
refuses(const char *what)
{
	const char *wanted = getenv("REFUSE");

	return wanted && strcmp(wanted, what) == 0;
}

/* Counts EBUSY, so that the test can tell that it occurred. */
static int
count_busy(int ret)
{
	if (ret == -EBUSY)
		fprintf(stderr, "refuse: EBUSY %u of %u\n", ++refused, flips);
	return ret;
}

/* Looks for the file only before the mode that is always tried first, so that it does not
 * appear in the middle of a round of tries, which on a busy machine takes seconds. */
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
	if (refuses("preferred") || refuses("old"))
		return mode->hdisplay == 1280 && mode->vdisplay == 800;
	if (refuses("forced"))
		return mode->hdisplay == 1000 && mode->vdisplay == 600;
	return (refuses("modesets") || (refuses("second") && of_second)) &&
	       !is_allowed(mode);
}

EXPORT drmModeResPtr
drmModeGetResources(int fd)
{
	drmModeResPtr res = NEXT(drmModeGetResources)(fd);

	if (res && res->count_crtcs > 1)
		second_crtc = res->crtcs[1];
	return res;
}

EXPORT int
drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
	if (!refuses("old") || capability != DRM_CLIENT_CAP_ATOMIC)
		return NEXT(drmSetClientCap)(fd, capability, value);
	return fail(EOPNOTSUPP);
}

EXPORT int
drmModeCreatePropertyBlob(int fd, const void *data, size_t len, uint32_t *id)
{
	if (len == sizeof(last_mode))
		memcpy(&last_mode, data, len);
	return NEXT(drmModeCreatePropertyBlob)(fd, data, len, id);
}

EXPORT int
drmModeAtomicAddProperty(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value)
{
	if (object == second_crtc)
		second = req;
	return NEXT(drmModeAtomicAddProperty)(req, object, prop, value);
}

EXPORT int
drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
	uint32_t *connectors, int count, drmModeModeInfoPtr mode)
{
	if (mode && is_refused_mode(crtc == second_crtc, mode))
		return fail(EINVAL);
	return NEXT(drmModeSetCrtc)(fd, crtc, fb, x, y, connectors, count, mode);
}

EXPORT int
drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bits,
	uint32_t flags, uint32_t *handle, uint32_t *pitch, uint64_t *size)
{
	if (refuses("memory") && bits == 32)
		return fail(ENOMEM);
	return NEXT(drmModeCreateDumbBuffer)(
		fd, width, height, bits, flags, handle, pitch, size);
}

EXPORT drmModeConnectorPtr
drmModeGetConnector(int fd, uint32_t id)
{
	drmModeConnectorPtr connector = NEXT(drmModeGetConnector)(fd, id);

	for (int i = 0; connector && refuses("link") && i < connector->count_props; i++) {
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
	if (refuses("busy") && flips % 3 == 0 && shown_fb)
		flip(fd, crtc, shown_fb, 0, NULL);
	if (refuses("silent") && flips % 4 == 0)
		flags = 0;
	if (refuses("flips"))
		fb = UINT32_MAX;
	ret = flip(fd, crtc, fb, flags, user);
	if (ret == 0)
		shown_fb = fb;
	return count_busy(ret);
}

EXPORT int
drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user)
{
	__typeof__(drmModeAtomicCommit) *commit = NEXT(drmModeAtomicCommit);
	int ret;

	if (flags & DRM_MODE_ATOMIC_ALLOW_MODESET &&
		is_refused_mode(req == second, &last_mode))
		return fail(EINVAL);
	if (!(flags & DRM_MODE_PAGE_FLIP_EVENT))
		return commit(fd, req, flags, user);
	flips++;
	if (refuses("busy") && flips % 3 == 0 && shown)
		commit(fd, shown, DRM_MODE_ATOMIC_NONBLOCK, NULL);
	if (refuses("silent") && flips % 4 == 0)
		flags = DRM_MODE_ATOMIC_NONBLOCK;
	if (refuses("atomic") || refuses("flips"))
		drmModeAtomicAddProperty(req, UINT32_MAX, UINT32_MAX, 0);
	ret = commit(fd, req, flags, user);
	if (ret == 0) {
		drmModeAtomicFree(shown);
		shown = drmModeAtomicDuplicate(req);
	}
	return count_busy(ret);
}

EXPORT int
drmModeDirtyFB(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count)
{
	flips++;
	if (!refuses("busy") || flips % 3 != 0)
		return NEXT(drmModeDirtyFB)(fd, fb, clips, count);
	return count_busy(fail(EBUSY));
}
