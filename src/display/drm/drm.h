/* SPDX-License-Identifier: MIT */
/*
 * KMS in parts: cards (card.c, select.c) are found and asked what
 * is connected; modes (mode.c) are chosen, or made; a pipe
 * (pipe.c) is one connector enabled from dumb buffers, by one of three backends
 * (atomic.c, legacy.c); outputs (output.c) are had
 * and given back; drm.c decides when.
 *
 * Functions return 0 or -errno and do not log unless they say so: what is a failure for
 * one backend is a reason to try the next.
 */
#ifndef DISPLAY_DRM_DRM_H
#define DISPLAY_DRM_DRM_H

#include <stdbool.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "display/driver.h"

#define DRM_REASON_MAX 200
#define DRM_MODES_MAX 8

/* ------------------------------------------------------------------ cards */

struct drm_card {
	int fd; /* -1: none */
	char path[64];
	char driver[32];
};

/* What one connector of the config could show. */
struct drm_assignment {
	char wanted[32];       /* the connector's name, or "auto"; empty: none */
	uint32_t connector_id; /* 0: it is not connected */
	uint32_t crtc_id;
	uint32_t crtc; /* its index, for bit masks */
	char connector[32];
	drmModeModeInfo modes[DRM_MODES_MAX]; /* from the one to be tried first */
	uint32_t n_modes;                     /* not 0 when connected */
	bool mode_made;   /* the first is no mode of the screen's own */
	bool mode_absent; /* the configured mode, so another one was chosen */
	bool link_bad;    /* the connection must be set up anew */
	bool enabled;     /* to card_assign(): connector and CRTC are in use for it */
};

struct drm_assignments {
	struct drm_assignment outputs[CONFIG_CONNECTORS];
};

/* What the config wants, nothing chosen yet. */
void assignments_init(
	struct drm_assignments *assignments, const struct config_display *config);
bool assignments_any(const struct drm_assignments *assignments);

/* Opens a card if it can show dumb buffers; -errno, -ENOTSUP when it cannot, with the
 * reason in `why`. */
int card_open(struct drm_card *card, const char *path, char *why);
void card_close(struct drm_card *card);

/* Asks a card what is connected now and chooses connectors, modes and CRTCs by the
 * config, no CRTC twice.  What is enabled keeps its CRTC, and its connector as long as
 * that is connected.  `probe`: ask screens that are enabled, too, which may take tens of
 * milliseconds each.  -errno when the card is gone. */
int card_assign(const struct drm_card *card, const struct config_display *config,
	bool probe, struct drm_assignments *assignments);

/* Finds a card by the config: the first with a screen, else the first that could have
 * one.  The card at the path `except` (or NULL) is passed over.  -ENODEV with `why`. */
int card_find(struct drm_card *card, struct drm_assignments *assignments,
	const struct config_display *config, const char *except, char *why);

/* --list-displays. */
int card_list(FILE *out);

/* Whether the modes set here are those that count; tries to become master. 0, -EBUSY or
 * -EACCES.  A descriptor that was refused is of no use any more. */
int card_set_master(const struct drm_card *card);

/* As the kernel calls it: "HDMI-A-1". */
void connector_name(const drmModeConnector *connector, char *name, size_t len);

/* ------------------------------------------------------------------ modes */

/* Fills in a assignment's modes: the configured one; or where there is none what the
 * screen prefers; then others that it has, for when that is refused.  A configured WxH@Hz
 * that the screen does not list is made. */
void mode_select(const drmModeConnector *connector, const struct config_mode *wanted,
	struct drm_assignment *assignment);

/* Makes a mode that most screens understand: of CTA-861 where that has one, else by
 * VESA's formula with reduced blanking.  -ERANGE when none could be. */
int mode_make(const struct config_mode *wanted, drmModeModeInfo *mode);

/* The nanoseconds from one frame of a mode to the next. */
uint64_t mode_frame_ns(const drmModeModeInfo *mode);

/* "1280x720@60" */
void mode_text(const drmModeModeInfo *mode, char *text, size_t len);

/* ------------------------------------------------------------------ pipes */

struct drm_buffer {
	uint32_t handle, fb_id;
	uint32_t pitch; /* bytes */
	size_t size;
	uint8_t *pixels;
};

struct drm_pipe;

struct drm_backend {
	const char *name;
	uint32_t n_buffers;

	/* Learns what the other three need.  Buffers are there. */
	int (*init)(struct drm_pipe *pipe);
	/* Lights the connector with buffer 0; returns when it is done.  A refusal leaves
	 * all as it was. */
	int (*modeset)(struct drm_pipe *pipe);
	/* As display_driver.present; `token` comes back with the event. */
	int (*flip)(struct drm_pipe *pipe, uint32_t buffer, const struct box *box,
		uintptr_t token);
	/* Darkens the connector; returns when it is done. */
	int (*disable)(struct drm_pipe *pipe);
};

/* From the one to be tried first: atomic, legacy, dirtyfb; NULL ends. */
extern const struct drm_backend *const drm_backends[];
extern const struct drm_backend drm_atomic, drm_legacy, drm_dirtyfb;

struct drm_pipe {
	int fd; /* the card's */
	uint32_t connector_id, crtc_id, crtc;
	drmModeModeInfo mode;
	bool rgb565; /* two bytes a pixel */
	const struct drm_backend *backend;
	struct drm_buffer buffers[DISPLAY_BUFFERS];

	/* atomic only */
	uint32_t plane_id, mode_blob;
	drmModeAtomicReq *flip; /* used again for each flip */
	struct {
		uint32_t connector_crtc, link_status, crtc_active, crtc_mode;
		uint32_t plane_fb, plane_crtc, src_x, src_y, src_w, src_h, x, y, w, h;
		uint32_t damage;
	} props;
};

/* Allocates the buffers; pipe_finish() in any case. */
int pipe_init(struct drm_pipe *pipe, const struct drm_card *card,
	const struct drm_assignment *assignment, const drmModeModeInfo *mode, bool rgb565,
	const struct drm_backend *backend);

/* Frees everything.  The connector should be dark, or show something else.  Accepts a
 * zeroed pipe. */
void pipe_finish(struct drm_pipe *pipe);

#endif
