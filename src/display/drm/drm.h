/* SPDX-License-Identifier: MIT */
/*
 * The KMS driver: cards are found (card.c) and their connectors assigned to screens
 * (select.c), modes are chosen or computed (mode.c), and a pipe (pipe.c) shows dumb
 * buffers on one connector by one of three commit backends (atomic.c, legacy.c).  Outputs
 * (output.c), the open card (device.c) and the driver itself (drm.c) are built on these.
 * It may use the display's driver.h and libdrm; it must never know the canvas or the HUD.
 *
 * Functions return 0 or -errno and do not log unless they say so: what is a failure for
 * one backend is a reason to try the next.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "display/driver.h"

#define DRM_REASON_MAX 200
#define DRM_MODES_MAX 8
#define DRM_CARDS_MAX 64 /* the kernel's limit */
#define DRM_PATH_MAX 64
#define DRM_PROPS 15

/* ------------------------------------------------------------------ cards */

struct drm_card {
	int fd; /* -1: none */
	char path[DRM_PATH_MAX];
	char driver[32];
};

/* The connector, CRTC and modes for one connector name of the config. */
struct drm_assignment {
	uint32_t index;        /* of the output */
	char wanted[32];       /* the connector's name, or "auto"; empty: none */
	uint32_t connector_id; /* 0: not connected */
	uint32_t crtc_id;
	uint32_t crtc; /* its index, for bit masks */
	char connector[32];
	drmModeModeInfo modes[DRM_MODES_MAX]; /* in the order in which to try them */
	uint32_t n_modes;                     /* not 0 when connected */
	bool mode_made;   /* the first mode is not one that the screen lists */
	bool mode_absent; /* the screen lacks the configured mode */
	bool link_bad;    /* link-status is bad: a modeset is needed */
	bool enabled;     /* to card_assign(): connector and CRTC are in use for it */
};

struct drm_assignments {
	struct drm_assignment outputs[CONFIG_CONNECTORS];
};

/* The names of the config, with nothing assigned yet; whether anything is assigned, or
 * wanted. */
void assignments_init(
	struct drm_assignments *assignments, const struct config_display *config);
bool assignments_any(const struct drm_assignments *assignments);
bool assignments_wanted(const struct drm_assignments *assignments);

/* The paths of all cards, or `device` alone unless that is "auto".  Returns how many. */
uint32_t card_paths(const char *device, char paths[DRM_CARDS_MAX][DRM_PATH_MAX]);

/* Opens a card if it can show dumb buffers.  -errno, -ENOTSUP when it cannot, with the
 * reason in `why`. */
int card_open(struct drm_card *card, const char *path, char *why);
void card_close(struct drm_card *card);

/* Assigns connectors that are connected now, modes and CRTCs by the config, no CRTC
 * twice.  What is enabled keeps its CRTC, and its connector as long as that is connected.
 * `probe`: probe enabled connectors too, which may take tens of milliseconds each.
 * -errno when the card is gone. */
int card_assign(const struct drm_card *card, const struct config_display *config,
	bool probe, struct drm_assignments *assignments);

/* Finds a card by the config: the first with a screen that is wanted, else the first that
 * could have one.  `assignments` says what is wanted, with nothing assigned yet.  The
 * cards at the paths in `except`, which a NULL ends, are skipped.  -ENODEV with `why`. */
int card_find(struct drm_card *card, struct drm_assignments *assignments,
	const struct config_display *config, const char *const *except, char *why);

/* --list-displays. */
int card_list(const struct config_display *config, FILE *out);

/* Becomes DRM master, unless it is already.  0, -EBUSY or -EACCES; then the descriptor is
 * useless. */
int card_set_master(const struct drm_card *card);

/* Calls visit() for each connector that a screen may be connected to.  `probe`: detect
 * what is connected now; else use what the kernel knows already. */
void card_each_connector(const struct drm_card *card, bool probe,
	void (*visit)(const drmModeConnector *connector, void *arg), void *arg);

/* As the kernel calls it: "HDMI-A-1". */
void connector_name(const drmModeConnector *connector, char *name, size_t len);

/* "connected", "not connected", or that it cannot tell. */
const char *connector_state(const drmModeConnector *connector);

/* The names of the config, separated by blanks; false: it leaves the choice to murald. */
bool connectors_named(const struct config_display *config, char *text, size_t len);

/* Says which connectors of the config no card has, and names those there are, without
 * probing them: "there is no connector HDMI-A-9; there are HDMI-A-1, VGA-1".  False: all
 * are there. */
bool connectors_unknown(const struct config_display *config, char *text, size_t len);

/* Whether an assignment is for this connector: by name, or for any. */
bool connector_matches(
	const drmModeConnector *connector, const struct drm_assignment *assignment);

/* ------------------------------------------------------------------ properties */

/* The value of the property of that name; `otherwise` when there is none. */
uint64_t property_value(int fd, uint32_t count, const uint32_t *ids,
	const uint64_t *values, const char *name, uint64_t otherwise);
uint64_t plane_property(int fd, uint32_t plane_id, const char *name, uint64_t otherwise);

bool plane_has_format(const drmModePlane *plane, uint32_t format);

/* ------------------------------------------------------------------ modes */

/* Fills in an assignment's modes: the configured one, if any; the one that the screen
 * prefers; then others that it lists, in case those are refused.  A configured WxH@Hz
 * that the screen does not list is computed. */
void mode_select(const drmModeConnector *connector, const struct config_mode *wanted,
	struct drm_assignment *assignment);

/* The mode that the screen prefers, else its first; NULL when it lists none. */
const drmModeModeInfo *mode_preferred(const drmModeConnector *connector);

/* Computes a mode that most screens accept: from CTA-861 where that has one, else by
 * VESA's CVT formula with reduced blanking.  -ERANGE when there is none. */
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

	/* Looks up what the others need, once the buffers exist; NULL: nothing. */
	int (*init)(struct drm_pipe *pipe);
	/* Enables the connector with buffer 0; blocks until it is done.  When refused,
	 * nothing changes. */
	int (*modeset)(struct drm_pipe *pipe);
	/* As display_driver.present; `token` comes back with the event. */
	int (*flip)(struct drm_pipe *pipe, uint32_t buffer, const struct box *box,
		uintptr_t token);
	/* Disables the connector; blocks until it is done. */
	int (*disable)(struct drm_pipe *pipe);
};

/* In the order in which to try them: atomic, legacy, dirtyfb; NULL ends. */
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
	drmModeAtomicReq *flip;    /* reused for each flip */
	uint32_t props[DRM_PROPS]; /* ids */
};

/* Allocates the buffers; pipe_finish() in any case. */
int pipe_init(struct drm_pipe *pipe, const struct drm_card *card,
	const struct drm_assignment *assignment, const drmModeModeInfo *mode, bool rgb565,
	const struct drm_backend *backend);

/* Frees everything.  The connector should be disabled, or show other buffers.  Accepts a
 * zeroed pipe. */
void pipe_finish(struct drm_pipe *pipe);
