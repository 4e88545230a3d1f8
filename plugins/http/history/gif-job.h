/* SPDX-License-Identifier: MIT */
/*
 * Renders a GIF, or a film for the web page, on request, on a thread of its own, and
 * keeps it for a minute, until what it shows has changed.  One is rendered at a time;
 * requests in the meantime wait, for the same one or, source after source, for theirs.
 * When nobody waits for it any more, rendering ends.
 *
 * All of it on the main loop's thread, but for render().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>
#include <uv.h>

#include <mural/plugin.h>

#include "http/store/store.h"
#include "http/web/request.h"

struct gif_job;
struct history;

struct gif_wait;

TAILQ_HEAD(gif_queue, gif_wait);

/* What a GIF shows; all of it: INT64_MIN to INT64_MAX. */
struct gif_range {
	int64_t from_ms, to_ms;
	int64_t step_ms; /* between two pictures at least; 0: as many as there is room for
			  */
	struct mural_rect region; /* of the wall; as wide as nothing: all of it */
};

/* A GIF in memory, mapped while anybody holds it. */
struct gif_buffer {
	unsigned holders;
	void *bytes;
	size_t len;
};

struct gif_job_ops {
	const char *name; /* of the file that browsers save */
	const char *type; /* its media type */

	/* A number that changes whenever the GIF of history's range would change. */
	uint64_t (*version)(const struct history *history);

	/* What render() needs, freed with free(); NULL: out of memory.  When render()
	 * runs, the store's log has all that version() counted. */
	void *(*new_params)(const struct history *history);

	/* On the job's thread: writes the GIF.  Asks gif_job_check() every few
	 * milliseconds, and fails with its error.  0 or -errno.  Called again with fewer
	 * frames if the GIF was too long. */
	int (*render)(const void *params, struct gif_job *job, FILE *out);
};

struct gif_job {
	struct history *history;
	const struct gif_job_ops *ops;
	struct gif_queue waiting;
	bool stopping;

	/* the last one rendered */
	struct gif_buffer *buffer; /* NULL: none */
	uint64_t version;          /* of that, or of the one being rendered */
	uv_timer_t expiry;

	/* the one being rendered */
	struct gif_range range;
	bool busy, running; /* busy: since the first request; running: has a thread */
	struct store_wait written;
	void *params;
	uv_thread_t thread;
	uv_async_t finished;
	uv_mutex_t lock;
	bool cancelled;    /* shared, under the lock; the main thread writes it */
	FILE *out;         /* the thread's while it runs, and so are the next ones */
	unsigned halvings; /* of the number of frames */
	int ret;
};

/* `job` starts as zeros.  0 or -errno, logged. */
int gif_job_start(
	struct gif_job *job, struct history *history, const struct gif_job_ops *ops);

/* Cancels rendering, waits for its thread, and answers the requests that wait with 503.
 * Accepts a job that never started. */
void gif_job_stop(struct gif_job *job);

/* Answers with the GIF of a range, at once or later. */
enum MHD_Result gif_job_answer(
	struct gif_job *job, struct request *request, const struct gif_range *range);

/* Of render(): 0, -ECANCELED, or -EFBIG. */
int gif_job_check(struct gif_job *job);

/* How many frames of this size the GIF may have, so that rendering takes seconds and
 * keeping it megabytes. */
unsigned gif_job_frames_max(const struct gif_job *job, uint32_t width, uint32_t height);
