/* SPDX-License-Identifier: MIT */
/*
 * Put in front of libdrm (LD_PRELOAD), makes the kernel refuse frames and modes, as it
 * does when something else is in the way.  REFUSE says how:
 *
 *   busy       every third flip meets another one, made just before and of what is shown
 *              already: the kernel itself answers EBUSY.  Every third DirtyFB is not
 *              made, as none of the drivers at hand refuses one.
 *   silent     of every fourth flip no event ever comes
 *   atomic     atomic flips name an object that does not exist: ENOENT
 *   flips      those of both kinds do
 *   modesets   no mode is set until there is a file /run/allow
 *   second     the same for the second CRTC only
 *   preferred  1280x800 is never set, though the screen lists it
 *   old        the same, and the driver knows no atomic commits
 *   forced     1000x600 is not
 *   memory     there is none for buffers of four bytes a pixel
 *   link       a file /run/bad says that the link is bad, once
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

EXPORT int drmModePageFlip(
	int fd, uint32_t crtc, uint32_t fb, uint32_t flags, void *user);
EXPORT int drmModeAtomicCommit(
	int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user);
EXPORT int drmModeDirtyFB(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count);

EXPORT int drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
	uint32_t *connectors, int count, drmModeModeInfoPtr mode);
EXPORT drmModeResPtr drmModeGetResources(int fd);
EXPORT int drmModeCreatePropertyBlob(int fd, const void *data, size_t len, uint32_t *id);
EXPORT int drmModeAtomicAddProperty(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value);
EXPORT drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id);

EXPORT int drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bits,
	uint32_t flags, uint32_t *handle, uint32_t *pitch, uint64_t *size);

EXPORT int drmSetClientCap(int fd, uint64_t capability, uint64_t value);

typedef int set_cap(int fd, uint64_t capability, uint64_t value);
typedef int create_buffer(int fd, uint32_t width, uint32_t height, uint32_t bits,
	uint32_t flags, uint32_t *handle, uint32_t *pitch, uint64_t *size);
typedef int page_flip(int fd, uint32_t crtc, uint32_t fb, uint32_t flags, void *user);
typedef int atomic_commit(
	int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user);
typedef int dirty_fb(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count);

typedef int set_crtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
	uint32_t *connectors, int count, drmModeModeInfoPtr mode);
typedef drmModeResPtr get_resources(int fd);
typedef int create_blob(int fd, const void *data, size_t len, uint32_t *id);
typedef int add_property(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value);
typedef drmModeConnectorPtr get_connector(int fd, uint32_t id);

static unsigned flips, refused;
static uint32_t second_crtc;
static drmModeAtomicReqPtr second; /* speaks of that CRTC */
static drmModeModeInfo last_mode;  /* that a request was prepared for */

/* The last flip that the kernel took. */
static uint32_t shown_fb;
static drmModeAtomicReqPtr shown;

static int
is(const char *how)
{
	const char *wanted = getenv("REFUSE");

	return wanted && strcmp(wanted, how) == 0;
}

/* Counts what the kernel said, for the test to see that it bit. */
static int
answer(int ret)
{
	if (ret == -EBUSY)
		fprintf(stderr, "refuse: EBUSY %u of %u\n", ++refused, flips);
	return ret;
}

/* From the mode on that is always tried first, so that the file does not appear amid a
 * round of tries, which on a busy machine takes seconds. */
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
	get_resources *get = (get_resources *)dlsym(RTLD_NEXT, "drmModeGetResources");
	drmModeResPtr res = get(fd);

	if (res && res->count_crtcs > 1)
		second_crtc = res->crtcs[1];
	return res;
}

EXPORT int
drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
	set_cap *set = (set_cap *)dlsym(RTLD_NEXT, "drmSetClientCap");

	if (!is("old") || capability != DRM_CLIENT_CAP_ATOMIC)
		return set(fd, capability, value);
	errno = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

EXPORT int
drmModeCreatePropertyBlob(int fd, const void *data, size_t len, uint32_t *id)
{
	create_blob *create =
		(create_blob *)dlsym(RTLD_NEXT, "drmModeCreatePropertyBlob");

	if (len == sizeof(last_mode))
		memcpy(&last_mode, data, len);
	return create(fd, data, len, id);
}

EXPORT int
drmModeAtomicAddProperty(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value)
{
	add_property *add = (add_property *)dlsym(RTLD_NEXT, "drmModeAtomicAddProperty");

	if (object == second_crtc)
		second = req;
	return add(req, object, prop, value);
}

EXPORT int
drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
	uint32_t *connectors, int count, drmModeModeInfoPtr mode)
{
	set_crtc *set = (set_crtc *)dlsym(RTLD_NEXT, "drmModeSetCrtc");

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
	create_buffer *create =
		(create_buffer *)dlsym(RTLD_NEXT, "drmModeCreateDumbBuffer");

	if (is("memory") && bits == 32) {
		errno = ENOMEM;
		return -ENOMEM;
	}
	return create(fd, width, height, bits, flags, handle, pitch, size);
}

EXPORT drmModeConnectorPtr
drmModeGetConnector(int fd, uint32_t id)
{
	get_connector *get = (get_connector *)dlsym(RTLD_NEXT, "drmModeGetConnector");
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
	page_flip *flip = (page_flip *)dlsym(RTLD_NEXT, "drmModePageFlip");
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
	atomic_commit *commit = (atomic_commit *)dlsym(RTLD_NEXT, "drmModeAtomicCommit");
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
	dirty_fb *dirty = (dirty_fb *)dlsym(RTLD_NEXT, "drmModeDirtyFB");

	flips++;
	if (!is("busy") || flips % 3 != 0)
		return dirty(fd, fb, clips, count);
	errno = EBUSY;
	return answer(-EBUSY);
}
