/* SPDX-License-Identifier: MIT */
/* Films: who waits for one, its thread, and the file in memory that it is kept in. */
#include "http/history/gif-job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "http/http.h"
#include "http/store/store.h"

/* However small the pictures are, nobody watches more frames; and so many pixels are in
 * all of them together, unless that would be no film. */
#define FRAMES_MOST 1000
#define FRAMES_LEAST 16
#define PIXELS_MAX (UINT64_C(256) << 20)

/* So many films are in memory at most, the latest ones and those that slow readers are
 * still being sent; each may be some hundred megabytes long. */
#define REELS_MAX 6

struct film_waiter {
	struct film_waiter *next, **link;
	struct film *film;
	struct request *request;
};

struct film {
	struct http *http;
	const struct film_source *source;
	struct film_waiter *waiters;
	struct MHD_Response *response; /* of the last one made; NULL: none */
	uint64_t version;              /* of that, or of the one that is being made */

	/* the one that is being made */
	bool busy, running; /* busy: from the first wish on; running: there is a thread */
	struct store_wait written;
	void *plan;
	uv_thread_t thread;
	uv_async_t finished;
	uv_mutex_t lock;
	bool cancelled; /* both threads, under the lock; the main one writes it */
	FILE *out;      /* the thread's while it runs, and so is `ret` */
	int ret;
};

unsigned
film_frames_max(uint32_t width, uint32_t height)
{
	uint64_t frames = PIXELS_MAX / ((uint64_t)width * height);

	if (frames > FRAMES_MOST)
		return FRAMES_MOST;
	return frames < FRAMES_LEAST ? FRAMES_LEAST : frames;
}

bool
film_is_busy(const struct film *film)
{
	return film->busy;
}

bool
film_is_cancelled(struct film *film)
{
	bool cancelled;

	uv_mutex_lock(&film->lock);
	cancelled = film->cancelled;
	uv_mutex_unlock(&film->lock);
	return cancelled;
}

/* ------------------------------------------------------------------- waiting */

static void
forget(struct film_waiter *waiter)
{
	*waiter->link = waiter->next;
	if (waiter->next)
		waiter->next->link = waiter->link;
	waiter->request->on_over = NULL;
	waiter->request->data = NULL;
	free(waiter);
}

static void
on_over(struct request *request)
{
	forget(request->data);
}

static enum MHD_Result
answer_waiter(struct request *request)
{
	struct film_waiter *waiter = request->data;
	struct film *film;

	if (!waiter) /* it was woken, and then film_stop() came first */
		return reply_error(
			request, MHD_HTTP_SERVICE_UNAVAILABLE, "murald is stopping");
	film = waiter->film;
	forget(waiter);
	if (!film->response)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"this cannot be made now, the log says why");
	return reply_again(request, MHD_HTTP_OK, film->response);
}

/* All that wait are parked, or on their way to be answered already. */
static void
wake_waiters(struct film *film)
{
	for (struct film_waiter *waiter = film->waiters; waiter; waiter = waiter->next)
		if (waiter->request->parked)
			request_unpark(waiter->request, answer_waiter);
}

/* ---------------------------------------------------------------- the thread */

static void
run(void *arg)
{
	struct film *film = arg;

	film->ret = film->source->shoot(film->plan, film, film->out);
	if (film->ret == 0 && fflush(film->out) != 0)
		film->ret = -errno;
	uv_async_send(&film->finished);
}

/* A film in memory, until nobody is sent it any more. */
struct reel {
	struct http *http;
	void *bytes;
	size_t len;
};

static void
on_reel_sent(void *arg)
{
	struct reel *reel = arg;

	reel->http->reels--;
	munmap(reel->bytes, reel->len);
	free(reel);
}

static struct reel *
keep_reel(struct film *film)
{
	struct reel *reel = calloc(1, sizeof(*reel));
	int fd = fileno(film->out);
	struct stat status;

	if (!reel || fstat(fd, &status) < 0) {
		free(reel);
		return NULL;
	}
	reel->http = film->http;
	reel->len = status.st_size;
	reel->bytes = mmap(NULL, reel->len, PROT_READ, MAP_SHARED, fd, 0);
	if (reel->bytes == MAP_FAILED) {
		free(reel);
		return NULL;
	}
	reel->http->reels++;
	return reel;
}

static struct MHD_Response *
make_response(struct film *film)
{
	struct reel *reel = keep_reel(film);
	struct MHD_Response *response;
	char disposition[100];

	if (!reel)
		return NULL;
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		reel->len, reel->bytes, on_reel_sent, reel);
	if (!response) {
		on_reel_sent(reel);
		return NULL;
	}
	snprintf(disposition, sizeof(disposition), "inline; filename=%s.gif",
		film->source->name);
	(void)MHD_add_response_header(
		response, MHD_HTTP_HEADER_CONTENT_TYPE, "image/gif");
	(void)MHD_add_response_header(response, "Content-Disposition", disposition);
	(void)MHD_add_response_header(
		response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	return response;
}

/* Whatever came of it, nothing of it is left; -errno says so. */
static void
end(struct film *film, int ret)
{
	if (film->response)
		MHD_destroy_response(film->response);
	film->response = ret == 0 ? make_response(film) : NULL;
	if (ret == 0 && !film->response)
		ret = -ENOMEM;
	if (ret < 0 && !film->cancelled)
		mural_log(film->http->host, MURAL_ERROR, "cannot make %s.gif: %s",
			film->source->name, strerror(-ret));
	if (film->out)
		(void)fclose(film->out);
	film->out = NULL;
	free(film->plan);
	film->plan = NULL;
	film->busy = false;
	wake_waiters(film);
}

static void
join(struct film *film)
{
	uv_thread_join(&film->thread);
	film->running = false;
	end(film, film->ret);
}

static void
on_finished(uv_async_t *async)
{
	struct film *film = async->data;

	if (film->running)
		join(film);
}

/* -------------------------------------------------------------------- making */

static FILE *
open_spool(void)
{
	int fd = memfd_create("murald-film", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd >= 0 && !out)
		close(fd);
	return out;
}

static int
shoot(struct film *film)
{
	int ret;

	film->plan = film->source->plan(film->http);
	film->out = open_spool();
	if (!film->plan || !film->out)
		return -ENOMEM;
	ret = uv_thread_create(&film->thread, run, film);
	film->running = ret == 0;
	return ret;
}

static void
on_written(struct store_wait *wait, int ret)
{
	struct film *film =
		(struct film *)((char *)wait - offsetof(struct film, written));

	if (ret == 0)
		ret = shoot(film);
	if (ret < 0)
		end(film, ret);
}

/* Begins with what is to be shown now, once that is written where the thread reads. */
static void
begin(struct film *film)
{
	struct store *store = film->http->store;

	film->busy = true;
	film->version = film->source->version(film->http);
	film->written.mark = store_mark(store);
	film->written.done = on_written;
	if (store_has(store, film->written.mark))
		on_written(&film->written, 0);
	else
		store_wait(store, &film->written);
}

enum MHD_Result
film_answer(struct film *film, struct request *request)
{
	struct film_waiter *waiter;

	if (!film->busy && film->response &&
		film->version == film->source->version(film->http))
		return reply_again(request, MHD_HTTP_OK, film->response);
	if (!film->busy && film->http->reels >= REELS_MAX)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"older films are still on their way to slow readers; try again "
			"later");
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter)
		return reply(request, MHD_HTTP_OK, NULL);
	waiter->film = film;
	waiter->request = request;
	waiter->next = film->waiters;
	waiter->link = &film->waiters;
	if (waiter->next)
		waiter->next->link = &waiter->next;
	film->waiters = waiter;
	request->data = waiter;
	request->on_over = on_over;
	if (film->busy)
		return request_park(request);
	begin(film);
	/* it could not even be begun */
	return film->busy ? request_park(request) : answer_waiter(request);
}

/* --------------------------------------------------------------- start, stop */

int
film_start(struct film **started, struct http *http, const struct film_source *source)
{
	struct film *film = calloc(1, sizeof(*film));
	int ret = film ? uv_mutex_init(&film->lock) : -ENOMEM;

	if (ret == 0) {
		ret = uv_async_init(http->host->loop, &film->finished, on_finished);
		if (ret < 0)
			uv_mutex_destroy(&film->lock);
	}
	if (ret < 0) {
		mural_log(http->host, MURAL_ERROR, "cannot prepare for %s.gif: %s",
			source->name, uv_strerror(ret));
		free(film);
		return ret;
	}
	film->finished.data = film;
	film->source = source;
	film->http = http;
	http_hold(http);
	*started = film;
	return 0;
}

static void
on_closed(uv_handle_t *handle)
{
	struct film *film = handle->data;
	struct http *http = film->http;

	uv_mutex_destroy(&film->lock);
	free(film);
	http_release(http);
}

void
film_stop(struct film *film)
{
	if (!film)
		return;
	while (film->waiters)
		forget(film->waiters);
	uv_mutex_lock(&film->lock);
	film->cancelled = true;
	uv_mutex_unlock(&film->lock);
	if (film->running)
		join(film);
	else if (film->busy) {
		store_cancel(&film->written);
		end(film, -ECANCELED);
	}
	if (film->response)
		MHD_destroy_response(film->response);
	film->response = NULL;
	uv_close((uv_handle_t *)&film->finished, on_closed);
}
