/* SPDX-License-Identifier: MIT */
/*
 * Put in front of libdrm (LD_PRELOAD), makes the kernel refuse frames, as it does when
 * something else is in the way.  REFUSE says how:
 *
 *   busy    every third flip meets another one, made just before and of what is shown
 *           already: the kernel itself answers EBUSY.  Every third DirtyFB is not made,
 * as none of the drivers at hand refuses one. silent  of every fourth flip no event ever
 * comes atomic  atomic flips name an object that does not exist: ENOENT flips   those of
 * both kinds do
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int drmModePageFlip(
	int fd, uint32_t crtc, uint32_t fb, uint32_t flags, void *user);
EXPORT int drmModeAtomicCommit(
	int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user);
EXPORT int drmModeDirtyFB(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count);

typedef int page_flip(int fd, uint32_t crtc, uint32_t fb, uint32_t flags, void *user);
typedef int atomic_commit(
	int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user);
typedef int dirty_fb(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count);

static unsigned flips, refused;

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
