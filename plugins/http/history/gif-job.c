/* SPDX-License-Identifier: MIT */
/* Renders GIFs and films into memory on a thread, and answers the requests that wait for
 * them. */
#include "http/history/gif-job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/history/history.h"
#include "http/store/store.h"
#include "lib/macros.h"

/* Nobody watches more frames, however small; and all frames together have PIXELS_MAX
 * pixels, unless too few frames would be left. */
#define FRAMES_MOST 1000
#define FRAMES_LEAST 16
#define PIXELS_MAX (UINT64_C(256) << 20)

/* A longer GIF is rendered again with half as many frames. */
#define GIF_BYTES_MAX (16 * 1024 * 1024)
#define HALVINGS_MAX 9

/* A GIF that nobody asks for is kept for as long. */
#define EXPIRY_MS 60000

unsigned
gif_job_frames_max(const struct gif_job *job, uint32_t width, uint32_t height)
{
	uint64_t frames = PIXELS_MAX / ((uint64_t)width * height);

	if (frames > FRAMES_MOST)
		frames = FRAMES_MOST;
	if (frames < FRAMES_LEAST)
		frames = FRAMES_LEAST;
	frames >>= job->halvings;
	return frames < 2 ? 2 : frames;
}

int
gif_job_check(struct gif_job *job)
{
	bool cancelled;

	uv_mutex_lock(&job->lock);
	cancelled = job->cancelled;
	uv_mutex_unlock(&job->lock);
	if (cancelled)
		return -ECANCELED;
	return job->halvings < HALVINGS_MAX && ftello(job->out) > GIF_BYTES_MAX ? -EFBIG
										: 0;
}

static void
job_cancel(struct gif_job *job, bool cancelled)
{
	uv_mutex_lock(&job->lock);
	job->cancelled = cancelled;
	uv_mutex_unlock(&job->lock);
}

/* ------------------------------------------------------------------- buffers */

static void
buffer_release(struct gif_buffer *buffer)
{
	if (!buffer || --buffer->holders > 0)
		return;
	munmap(buffer->bytes, buffer->len);
	free(buffer);
}

static void
on_buffer_sent(void *arg)
{
	buffer_release(arg);
}

static struct gif_buffer *
buffer_map(FILE *out)
{
	struct gif_buffer *buffer = calloc(1, sizeof(*buffer));
	int fd = fileno(out);
	struct stat status;

	if (!buffer || fstat(fd, &status) < 0) {
		free(buffer);
		return NULL;
	}
	buffer->holders = 1;
	buffer->len = status.st_size;
	buffer->bytes = mmap(NULL, buffer->len, PROT_READ, MAP_SHARED, fd, 0);
	if (buffer->bytes == MAP_FAILED) {
		free(buffer);
		return NULL;
	}
	return buffer;
}

static void
on_expiry(uv_timer_t *timer)
{
	struct gif_job *job = timer->data;

	buffer_release(job->buffer);
	job->buffer = NULL;
}

/* --------------------------------------------------------------- who waits for it */

/* A request for a GIF that is not rendered yet. */
struct gif_wait {
	TAILQ_ENTRY(gif_wait) in_waiting;
	bool waiting;
	struct gif_job *job;
	struct request *request;
	struct gif_range range;
	struct gif_buffer *buffer; /* the GIF; NULL: none, or not yet */
};

static bool
is_same(const struct gif_range *a, const struct gif_range *b)
{
	return a->from_ms == b->from_ms && a->to_ms == b->to_ms &&
	       a->step_ms == b->step_ms &&
	       memcmp(&a->region, &b->region, sizeof(a->region)) == 0;
}

static void
wait_end(struct gif_wait *wait)
{
	if (wait->waiting)
		TAILQ_REMOVE(&wait->job->waiting, wait, in_waiting);
	wait->waiting = false;
}

/* Whether anybody waits for what is being rendered. */
static bool
is_wanted(const struct gif_job *job)
{
	const struct gif_wait *wait;

	TAILQ_FOREACH(wait, &job->waiting, in_waiting)
	if (is_same(&wait->range, &job->range))
		return true;
	return false;
}

static uint64_t
last_turn(const struct gif_wait *wait)
{
	return wait->request->source->last_work[WORK_RENDER];
}

/* The oldest of the source that has waited for longest for its turn. */
static struct gif_wait *
next_wait(const struct gif_job *job)
{
	struct gif_wait *next = TAILQ_FIRST(&job->waiting), *wait;

	TAILQ_FOREACH(wait, &job->waiting, in_waiting)
	if (last_turn(wait) < last_turn(next))
		next = wait;
	return next;
}

static void
on_wait_completed(struct request *request)
{
	struct gif_wait *wait = request->data;
	struct gif_job *job = wait->job;

	wait_end(wait);
	buffer_release(wait->buffer);
	free(wait);
	if (job->running && !is_wanted(job))
		job_cancel(job, true);
}

/* ------------------------------------------------------------------ answers */

static enum MHD_Result
reply_buffer(
	struct request *request, const struct gif_job *job, struct gif_buffer *buffer)
{
	struct MHD_Response *response;
	char disposition[100];

	snprintf(disposition, sizeof(disposition), "inline; filename=%s", job->ops->name);
	buffer->holders++;
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		buffer->len, buffer->bytes, on_buffer_sent, buffer);
	if (!response)
		buffer_release(buffer);
	response = response_prepare(response, job->ops->type);
	response = response_with(response, "Content-Disposition", disposition);
	response = response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	request_holds(request, HOLDING_FILMS, buffer, buffer->len);
	return reply_send(request, MHD_HTTP_OK, response);
}

static enum MHD_Result
answer_rendered(struct request *request)
{
	const struct gif_wait *wait = request->data;

	if (wait->buffer)
		return reply_buffer(request, wait->job, wait->buffer);
	return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
		wait->job->stopping
			? "murald is stopping"
			: "this cannot be rendered now; murald's log says why");
}

static bool
has_answer(const struct gif_job *job, const struct gif_range *range)
{
	return job->buffer && !job->busy && is_same(range, &job->range) &&
	       job->version == job->ops->version(job->history);
}

/* All that wait for this range, or when murald stops, for any. */
static void
answer_waiting(struct gif_job *job)
{
	struct gif_wait *wait, *next;

	for (wait = TAILQ_FIRST(&job->waiting); wait; wait = next) {
		next = TAILQ_NEXT(wait, in_waiting);
		if (!job->stopping && !is_same(&wait->range, &job->range))
			continue;
		wait_end(wait);
		wait->buffer = job->buffer;
		if (wait->buffer)
			wait->buffer->holders++;
		request_resume(wait->request, answer_rendered);
	}
}

/* ---------------------------------------------------------------- the thread */

static int
render_once(struct gif_job *job)
{
	int ret;

	rewind(job->out);
	if (ftruncate(fileno(job->out), 0) < 0)
		return -errno;
	ret = job->ops->render(job->params, job, job->out);
	return ret == 0 && fflush(job->out) != 0 ? -errno : ret;
}

static void
job_run(void *arg)
{
	struct gif_job *job = arg;

	for (job->halvings = 0;; job->halvings++) {
		job->ret = render_once(job);
		if (job->ret != -EFBIG || job->halvings == HALVINGS_MAX)
			break;
	}
	uv_async_send(&job->finished);
}

static void job_next(struct gif_job *job);

/* Keeps the GIF, or after an error (-errno) none, answers all that wait for it, and goes
 * on to the next one. */
static void
job_finish(struct gif_job *job, int ret)
{
	bool unwanted = job->cancelled && !job->stopping;

	buffer_release(job->buffer);
	job->buffer = ret == 0 ? buffer_map(job->out) : NULL;
	if (ret == 0 && !job->buffer)
		ret = -ENOMEM;
	if (ret < 0 && !job->cancelled)
		mural_log(job->history->web->host, MURAL_ERROR, "cannot render %s: %s",
			job->ops->name, strerror(-ret));
	if (job->out)
		(void)fclose(job->out);
	job->out = NULL;
	free(job->params);
	job->params = NULL;
	job->busy = false;
	job_cancel(job, false);
	/* a request that came after it was cancelled still wants it */
	if (!unwanted || job->buffer)
		answer_waiting(job);
	if (!job->stopping) {
		uv_timer_start(&job->expiry, on_expiry, EXPIRY_MS, 0);
		job_next(job);
	}
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
	struct gif_job *job = container_of(wait, struct gif_job, written);

	if (ret == 0 && !is_wanted(job)) {
		job_cancel(job, true);
		ret = -ECANCELED;
	}
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

static void
job_next(struct gif_job *job)
{
	struct gif_wait *wait = next_wait(job);

	if (!wait || job->busy || job->stopping)
		return;
	source_works(job->history->web, wait->request->source, WORK_RENDER);
	job->range = wait->range;
	job_begin(job);
}

enum MHD_Result
gif_job_answer(
	struct gif_job *job, struct request *request, const struct gif_range *range)
{
	struct gif_wait *wait;

	if (has_answer(job, range)) {
		uv_timer_start(&job->expiry, on_expiry, EXPIRY_MS, 0);
		return reply_buffer(request, job, job->buffer);
	}
	wait = calloc(1, sizeof(*wait));
	if (!wait)
		return reply_no_memory(request);
	*wait = (struct gif_wait){
		.job = job, .request = request, .range = *range, .waiting = true
	};
	TAILQ_INSERT_TAIL(&job->waiting, wait, in_waiting);
	request->data = wait;
	request->on_completed = on_wait_completed;
	(void)request_suspend(request);
	job_next(job);
	return MHD_YES;
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
		mural_log(host, MURAL_ERROR, "cannot prepare for %s: %s", ops->name,
			uv_strerror(ret));
		return ret;
	}
	job->finished.data = job;
	job->ops = ops;
	job->history = history;
	TAILQ_INIT(&job->waiting);
	uv_timer_init(host->loop, &job->expiry);
	job->expiry.data = job;
	web_hold(history->web);
	web_hold(history->web);
	return 0;
}

void
gif_job_stop(struct gif_job *job)
{
	if (!job->history)
		return;
	job->stopping = true;
	job_cancel(job, true);
	if (job->running)
		job_join(job);
	else if (job->busy) {
		store_cancel(&job->written);
		job_finish(job, -ECANCELED);
	}
	on_expiry(&job->expiry);
	uv_mutex_destroy(&job->lock);
	web_close_handle(job->history->web, (uv_handle_t *)&job->finished);
	web_close_handle(job->history->web, (uv_handle_t *)&job->expiry);
}
