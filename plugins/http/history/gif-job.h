/* SPDX-License-Identifier: MIT */
/*
 * A film: a GIF that is made when somebody asks for it, by a thread of its own, and kept
 * until what it shows has changed.  One is made at a time; who asks meanwhile waits for
 * the same one.  What it shows is its source's business.
 *
 * All of it on the main loop's thread, but for a source's render().
 */
#ifndef HTTP_HISTORY_GIF_JOB_H
#define HTTP_HISTORY_GIF_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "http/web/request.h"

struct http;
struct gif_job;

struct gif_job_ops {
	const char *name; /* of the file that browsers save, without .gif */

	/* A number that is another one when the film would be another one. */
	uint64_t (*version)(struct http *http);

	/* What render() has to know, which is freed by free(); NULL: no memory.  The
	 * store's log holds all that version() counted by the time of render(). */
	void *(*new_params)(struct http *http);

	/* The film's own thread: writes the GIF.  Ends early with any error when
	 * gif_job_is_cancelled(), which it asks every few milliseconds.  0 or -errno. */
	int (*render)(const void *new_params, struct gif_job *job, FILE *out);
};

/* 0 or -errno, logged. */
int gif_job_start(struct gif_job **job, struct http *http, const struct gif_job_ops *ops);

/* Cancels what is being made, and waits for its thread; who still waits for it is left
 * parked.  It is gone, with an http_release(), later.  NULL is accepted. */
void gif_job_stop(struct gif_job *job);

/* Answers with the film, at once or later. */
enum MHD_Result gif_job_answer(struct gif_job *job, struct request *request);

/* Whether one is being made, which is what gif_job_answer() would answer with. */
bool gif_job_is_busy(const struct gif_job *job);

/* Any thread. */
bool gif_job_is_cancelled(struct gif_job *job);

/* So many frames a film of such pictures may have that making one stays a matter of
 * seconds, and keeping it one of megabytes. */
unsigned gif_job_frames_max(uint32_t width, uint32_t height);

#endif
