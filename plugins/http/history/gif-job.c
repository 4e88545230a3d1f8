/* SPDX-License-Identifier: MIT */
/* Renders GIFs into memory on a thread, and answers the requests that wait for them. */
#include "http/history/gif-job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/history/history.h"
#include "http/store/store.h"

/* Nobody watches more frames, however small; and all frames together have PIXELS_MAX
 * pixels, unless too few frames would be left. */
#define FRAMES_MOST 1000
#define FRAMES_LEAST 16
#define PIXELS_MAX (UINT64_C(256) << 20)

/* At most this many GIFs are in memory: the latest ones, and older ones that slow readers
 * are still being sent; each may have some hundred megabytes. */
#define GIF_BUFFERS_MAX 6

unsigned
gif_job_frames_max(uint32_t width, uint32_t height)
{
	uint64_t frames = PIXELS_MAX / ((uint64_t)width * height);

	if (frames > FRAMES_MOST)
		return FRAMES_MOST;
	return frames < FRAMES_LEAST ? FRAMES_LEAST : frames;
}

bool
gif_job_is_cancelled(struct gif_job *job)
{
	bool cancelled;

	uv_mutex_lock(&job->lock);
	cancelled = job->cancelled;
	uv_mutex_unlock(&job->lock);
	return cancelled;
}

static enum MHD_Result
answer_rendered(struct request *request)
{
	const struct gif_job *job = request->data;

	if (!job->response)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			job->cancelled ? "murald is stopping"
				       : "this cannot be rendered now; murald's log "
					 "says why");
	return reply_shared(request, MHD_HTTP_OK, job->response);
}

/* ---------------------------------------------------------------- the thread */

static void
job_run(void *arg)
{
	struct gif_job *job = arg;

	job->ret = job->ops->render(job->params, job, job->out);
	if (job->ret == 0 && fflush(job->out) != 0)
		job->ret = -errno;
	uv_async_send(&job->finished);
}

/* A GIF in memory, mapped until the last response with it was sent. */
struct gif_buffer {
	struct history *history;
	void *bytes;
	size_t len;
};

static void
on_buffer_sent(void *arg)
{
	struct gif_buffer *buffer = arg;

	buffer->history->gif_buffers--;
	munmap(buffer->bytes, buffer->len);
	free(buffer);
}

static struct gif_buffer *
buffer_map(struct gif_job *job)
{
	struct gif_buffer *buffer = calloc(1, sizeof(*buffer));
	int fd = fileno(job->out);
	struct stat status;

	if (!buffer || fstat(fd, &status) < 0) {
		free(buffer);
		return NULL;
	}
	buffer->history = job->history;
	buffer->len = status.st_size;
	buffer->bytes = mmap(NULL, buffer->len, PROT_READ, MAP_SHARED, fd, 0);
	if (buffer->bytes == MAP_FAILED) {
		free(buffer);
		return NULL;
	}
	buffer->history->gif_buffers++;
	return buffer;
}

static struct MHD_Response *
make_response(struct gif_job *job)
{
	struct gif_buffer *buffer = buffer_map(job);
	struct MHD_Response *response;
	char disposition[100];

	if (!buffer)
		return NULL;
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		buffer->len, buffer->bytes, on_buffer_sent, buffer);
	if (!response) {
		on_buffer_sent(buffer);
		return NULL;
	}
	snprintf(disposition, sizeof(disposition), "inline; filename=%s.gif",
		job->ops->name);
	response = response_prepare(response, "image/gif");
	response = response_with(response, "Content-Disposition", disposition);
	return response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
}

/* Keeps the GIF, or after an error (-errno) none, and wakes all that wait. */
static void
job_finish(struct gif_job *job, int ret)
{
	if (job->response)
		MHD_destroy_response(job->response);
	job->response = ret == 0 ? make_response(job) : NULL;
	if (ret == 0 && !job->response)
		ret = -ENOMEM;
	if (ret < 0 && !job->cancelled)
		mural_log(job->history->web->host, MURAL_ERROR,
			"cannot render %s.gif: %s", job->ops->name, strerror(-ret));
	if (job->out)
		(void)fclose(job->out);
	job->out = NULL;
	free(job->params);
	job->params = NULL;
	job->busy = false;
	requests_resume(job->history->web, job, answer_rendered);
}

static void
job_join(struct gif_job *job)
{
	uv_thread_join(&job->thread);
	job->running = false;
	job_finish(job, job->ret);
}

static void
on_finished(uv_async_t *async)
{
	struct gif_job *job = async->data;

	if (job->running)
		job_join(job);
}

/* ----------------------------------------------------------------- rendering */

static FILE *
open_spool(void)
{
	int fd = memfd_create("murald-gif", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd >= 0 && !out)
		close(fd);
	return out;
}

static int
start_render(struct gif_job *job)
{
	int ret;

	job->params = job->ops->new_params(job->history);
	job->out = open_spool();
	if (!job->params || !job->out)
		return -ENOMEM;
	ret = uv_thread_create(&job->thread, job_run, job);
	job->running = ret == 0;
	return ret;
}

static void
on_written(struct store_wait *wait, int ret)
{
	struct gif_job *job =
		(struct gif_job *)((char *)wait - offsetof(struct gif_job, written));

	if (ret == 0)
		ret = start_render(job);
	if (ret < 0)
		job_finish(job, ret);
}

/* Starts once the database, which the thread reads, has all changes up to now. */
static void
job_begin(struct gif_job *job)
{
	struct store *store = job->history->store;

	job->busy = true;
	job->version = job->ops->version(job->history);
	job->written.mark = store_mark(store);
	job->written.done = on_written;
	if (store_is_written(store, job->written.mark))
		on_written(&job->written, 0);
	else
		store_wait(store, &job->written);
}

enum MHD_Result
gif_job_answer(struct gif_job *job, struct request *request)
{
	if (!job->busy && job->response &&
		job->version == job->ops->version(job->history))
		return reply_shared(request, MHD_HTTP_OK, job->response);
	if (!job->busy && job->history->gif_buffers >= GIF_BUFFERS_MAX)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"older GIFs are still being sent to slow readers; try again "
			"later");
	request->data = job;
	if (!job->busy)
		job_begin(job);
	/* not busy: it failed at once */
	return job->busy ? request_suspend(request) : answer_rendered(request);
}

/* --------------------------------------------------------------- start, stop */

int
gif_job_start(struct gif_job *job, struct history *history, const struct gif_job_ops *ops)
{
	struct mural_host *host = history->web->host;
	int ret = uv_mutex_init(&job->lock);

	if (ret == 0) {
		ret = uv_async_init(host->loop, &job->finished, on_finished);
		if (ret < 0)
			uv_mutex_destroy(&job->lock);
	}
	if (ret < 0) {
		mural_log(host, MURAL_ERROR, "cannot prepare for %s.gif: %s", ops->name,
			uv_strerror(ret));
		return ret;
	}
	job->finished.data = job;
	job->ops = ops;
	job->history = history;
	web_hold(history->web);
	return 0;
}

void
gif_job_stop(struct gif_job *job)
{
	if (!job->history)
		return;
	uv_mutex_lock(&job->lock);
	job->cancelled = true;
	uv_mutex_unlock(&job->lock);
	if (job->running)
		job_join(job);
	else if (job->busy) {
		store_cancel(&job->written);
		job_finish(job, -ECANCELED);
	}
	if (job->response)
		MHD_destroy_response(job->response);
	job->response = NULL;
	uv_mutex_destroy(&job->lock);
	web_close_handle(job->history->web, (uv_handle_t *)&job->finished);
}
