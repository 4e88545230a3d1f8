/* SPDX-License-Identifier: MIT */
/*
 * One instance of the http plugin: the pixel board, the viewers, the page and the
 * figures, on a web server of its own on murald's main loop.
 *
 * request.h is a request and how to answer it, board.h the cells, generators.h who may
 * paint them, store.h what outlives the process.  Each subject that is more than answers
 * has a struct of its own here, made by its _start() and ended by its _stop().
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include <mural/plugin.h>

#include "common/mhd-uv.h"
#include "http/history/history-route.h"
#include "http/web/client.h"
#include "http/web/request.h"

struct board;
struct generators;
struct timelapse;
struct board_settings;
struct socketio;
struct store;
struct viewers;

struct http_config {
	const char *listen;
	struct mural_dimensions board; /* 0x0: as many cells as fit */
	int64_t cell;
	const char *palette;
	uint64_t pixel_rate; /* ms */
	const char *secrets, *admin_token, *database;
	bool click;
	int64_t viewer_fps;
};

/* healthz.c's memory: what the display had shown when it was last well. */
struct health {
	uint64_t frames, painted;
	uint64_t behind_ms; /* since when there is paint that it did not show; 0: none */
};

/* leaderboard.c's memory. */
struct leaderboard {
	struct MHD_Response *page; /* NULL: none yet */
	uint64_t due_ns;           /* by uv_hrtime(): it is not made again before */
};

struct http {
	struct mural_host *host;
	const struct http_config *config;
	struct mhd_uv server;
	struct http_clients clients;
	struct mural_listener *listener;
	struct request *suspended; /* request.c's list */
	struct store *store;
	struct board *board;
	struct generators *generators;
	struct board_settings *settings;
	struct socketio *socketio;
	struct viewers *viewers;
	struct timelapse *timelapse;
	struct history_cache history_cache;
	unsigned gif_buffers; /* gif-job.c's: films in memory */
	size_t picture_bytes; /* of all /canvas.png that are kept or being sent */
	struct health health;
	struct leaderboard leaderboard;
	unsigned refs; /* that are not gone yet */
	bool stopping;
};

/* A part that began with http_hold() is gone; the last one ends the instance. */
void http_hold(struct http *http);
void http_release(struct http *http);

/* Counts something that arrived and did not become a pixel. */
void http_discard(struct http *http, enum mural_reason reason);

/* ---- subjects, listed in http.c.  start: 0 or -errno, logged; its own struct is in
 * `http` then.  stop: accepts one that never started, answers or ends what waits, and may
 * end later, between an http_hold() in start and its http_release().  What others may
 * still ask for, it frees no sooner than in that order's end. */

/* Engine.IO 4 and Socket.IO 5 (doc/protocols.md, 3.4). */
int socketio_start(struct http *http);
void socketio_stop(struct http *http);
/* Whether anybody would hear an event. */
bool socketio_has_listeners(const struct http *http);
/* Sends an event with one argument, `json` as its text, to everybody who is connected.
 * Costs nothing while nobody is.  More than 64 KiB nobody can be sent: then all are
 * disconnected, to come again. */
void socketio_emit(struct http *http, const char *event, const char *json);

/* Forgets the page of /servers. */
void leaderboard_stop(struct http *http);

/* /ws and /live: who watches the canvas (doc/protocols.md, 1.4). */
int viewers_start(struct http *http);
void viewers_stop(struct http *http);

/* Timelapses and past pictures. */
int timelapse_start(struct http *http);
void timelapse_stop(struct http *http);

#endif
