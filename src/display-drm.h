/* SPDX-License-Identifier: MIT */
/*
 * KMS in three parts: cards (display-drm-card.c) are found and asked what is connected;
 * a pipe (display-drm-pipe.c) is one connector lit from dumb buffers, by one of three
 * methods (display-drm-atomic.c, display-drm-legacy.c); display-drm.c decides when.
 *
 * Functions return 0 or -errno and do not log unless they say so: what is a failure for
 * one method is a reason to try the next.
 */
#ifndef DISPLAY_DRM_H
#define DISPLAY_DRM_H

#include <stdbool.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "display-driver.h"

#define DRM_WHY 200

/* ------------------------------------------------------------------ cards */

struct drm_card {
	int fd; /* -1: none */
	char path[64];
	char driver[32];
};

/* What a card could show on. */
struct drm_choice {
	uint32_t connector_id; /* 0: nothing is connected */
	uint32_t crtc_id;
	uint32_t crtc; /* its index, for bit masks */
	char connector[32];
	drmModeModeInfo mode;
	bool mode_absent; /* the configured mode, so another one was chosen */
	bool link_bad;    /* the connection must be set up anew */
};

/* Opens a card if it can show dumb buffers; -errno, -ENOTSUP when it cannot, with the
 * reason in `why`. */
int card_open(struct drm_card *card, const char *path, char *why);
void card_close(struct drm_card *card);

/* Asks a card what is connected now (which may take tens of milliseconds) and chooses
 * connector, mode and CRTC by the config.  A connector named in choice->connector_id is
 * preferred as long as it is connected.  -errno when the card is gone. */
int card_look(const struct drm_card *card, const struct config_display *config,
	struct drm_choice *choice);

/* Finds a card by the config: the first with a screen, else the first that could have
 * one.  The card at the path `except` (or NULL) is passed over.  -ENODEV with `why`. */
int card_find(struct drm_card *card, struct drm_choice *choice,
	const struct config_display *config, const char *except, char *why);

/* --list-displays. */
int cards_list(FILE *out);

/* Whether the modes set here are those that count; tries to become master. 0, -EBUSY or
 * -EACCES.  A descriptor that was refused is of no use any more. */
int card_master(const struct drm_card *card);

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

struct drm_method {
	const char *name;
	uint32_t n_buffers;

	/* Learns what the other three need.  Buffers are there. */
	int (*init)(struct drm_pipe *pipe);
	/* Lights the connector with buffer 0; returns when it is done. */
	int (*modeset)(struct drm_pipe *pipe);
	/* As display_driver.present; `user` comes back with the event. */
	int (*flip)(struct drm_pipe *pipe, uint32_t buffer, const struct scale_box *box,
		void *user);
	/* Darkens the connector; returns when it is done. */
	int (*disable)(struct drm_pipe *pipe);
};

/* From the one to be tried first: atomic, legacy, dirtyfb; NULL ends. */
extern const struct drm_method *const drm_methods[];
extern const struct drm_method drm_atomic, drm_legacy, drm_dirtyfb;

struct drm_pipe {
	int fd; /* the card's */
	struct drm_choice choice;
	const struct drm_method *method;
	struct drm_buffer buffers[DISPLAY_BUFFERS];

	/* atomic only */
	uint32_t plane_id, mode_blob;
	drmModeAtomicReq *flip; /* used again for each flip */
	struct {
		uint32_t connector_crtc, link_status, crtc_active, crtc_mode;
		uint32_t plane_fb, plane_crtc, src_x, src_y, src_w, src_h, x, y, w, h;
	} props;
};

/* Allocates the buffers; pipe_finish() in any case. */
int pipe_init(struct drm_pipe *pipe, const struct drm_card *card,
	const struct drm_choice *choice, const struct drm_method *method);

/* Frees everything.  The connector should be dark, or show something else.  Accepts a
 * zeroed pipe. */
void pipe_finish(struct drm_pipe *pipe);

#endif
