/* SPDX-License-Identifier: MIT */
/*
 * The display's thread: when to draw, what, and into which buffer.
 *
 * The front buffer is the one people see.  Its reader alone decides whether there is
 * anything to do: what changed since it was filled is what is wrong on the screen.  When
 * nothing did, that reader is armed, and the thread sleeps with no timer running.  When
 * something did, the back buffer takes its own damage, which is at least that, and is
 * presented; so a pixel costs one frame, and what the other buffer has missed costs
 * none.  A frame that is refused gives its tiles back, and since the front buffer's
 * reader has not been taken from, the next tick finds the same work again.
 */
#include "display.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "display-driver.h"
#include "log.h"
#include "option.h"
#include "stats.h"

#define MS UINT64_C(1000000)

struct slot {
	struct mural_reader *reader;
	uv_poll_t bell; /* polled only while the reader is armed */
};

struct display_thread {
	struct display_figures *figures;
	const struct display_driver *driver;
	const struct config_display *config;
	struct canvas *canvas;
	pthread_t id;
	uv_async_t stop; /* the one handle that another thread touches */

	/* the display's thread only */
	uv_loop_t loop;
	uv_timer_t timer;
	void *state; /* the driver's */
	struct display_screen screen;
	struct scale scale;
	struct slot slots[DISPLAY_BUFFERS];
	uint64_t *tiles; /* words of one set */
	bool lit;        /* a buffer is on the screen */
	bool under_way;  /* another one soon will be */
	uint32_t front, back;
	uint64_t began_ns; /* the frame that is under way */
	uint64_t due_ns;   /* the next frame, not earlier */
	uint64_t frames, late_frames, refused;
};

/* ------------------------------------------------------------------ frames */

static void tick(struct display_thread *thread);

static void
on_timer(uv_timer_t *timer)
{
	tick(timer->data);
}

/* libuv counts whole milliseconds; the deadline itself is kept in nanoseconds, so that
 * rounding delays a frame but never adds up. */
static void
wait_until_due(struct display_thread *thread)
{
	uint64_t now = uv_hrtime(), wait_ms = 1;

	if (thread->due_ns > now)
		wait_ms = (thread->due_ns - now + MS - 1) / MS;
	uv_update_time(&thread->loop);
	uv_timer_start(&thread->timer, on_timer, wait_ms, 0);
}

static void
on_bell(uv_poll_t *bell, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(bell);
	tick(bell->data);
}

static bool
sleep_unless_damaged(struct display_thread *thread)
{
	struct slot *slot = &thread->slots[thread->front];

	if (mural_reader_arm(slot->reader))
		return false;
	uv_poll_start(&slot->bell, UV_READABLE, on_bell);
	return true;
}

static void
finish_frame(struct display_thread *thread)
{
	uint64_t now = uv_hrtime(), frame_ns = thread->screen.frame_ns;

	thread->front = thread->back;
	thread->under_way = false;
	figure_store(&thread->figures->frames, ++thread->frames);
	if (now - thread->began_ns > 2 * frame_ns)
		figure_store(&thread->figures->late_frames, ++thread->late_frames);
	/* A screen that took its time sets the pace itself; a virtual one, which shows
	 * everything at once, is held to its mode's rate. */
	if (now - thread->began_ns > frame_ns / 2)
		thread->due_ns = now;
}

/* Draws what changed and presents it, if it is time and anything did. */
static void
tick(struct display_thread *thread)
{
	struct scale_box box;
	struct slot *slot;
	int ret;

	if (!thread->lit || thread->under_way || sleep_unless_damaged(thread))
		return;

	uint64_t now = uv_hrtime();
	if (now < thread->due_ns) {
		wait_until_due(thread);
		return;
	}
	thread->began_ns = now;
	thread->due_ns =
		thread->screen.frame_ns +
		(now - thread->due_ns < thread->screen.frame_ns ? thread->due_ns : now);
	thread->back = thread->screen.n_buffers - 1 - thread->front;
	slot = &thread->slots[thread->back];
	mural_reader_take(slot->reader, thread->tiles);
	box = scale_draw(&thread->scale, slot->reader, thread->tiles,
		thread->screen.buffers[thread->back].pixels,
		thread->screen.buffers[thread->back].pitch);

	ret = thread->driver->present(thread->state, thread->back, &box);
	if (ret == DISPLAY_UNDER_WAY) {
		thread->under_way = true;
		return;
	}
	if (ret == DISPLAY_AT_ONCE) {
		finish_frame(thread);
	} else {
		mural_reader_untake(slot->reader, thread->tiles);
		if (ret != -EBUSY)
			figure_store(&thread->figures->refused, ++thread->refused);
	}
	if (thread->lit)
		wait_until_due(thread);
}

/* ------------------------------------------------------------------ for the driver */

/* Every tile of every buffer is to be drawn again. */
static void
damage_all(struct display_thread *thread)
{
	memset(thread->tiles, 0, thread->canvas->view.words * sizeof(uint64_t));
	for (uint32_t t = 0;
		t < thread->canvas->view.tiles_x * thread->canvas->view.tiles_y; t++)
		thread->tiles[t / 64] |= UINT64_C(1) << t % 64;
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		mural_reader_untake(thread->slots[i].reader, thread->tiles);
}

int
display_prepare(struct display_thread *thread, const struct display_screen *screen)
{
	struct mural_reader *reader = thread->slots[0].reader;
	int ret;

	thread->screen = *screen;
	scale_finish(&thread->scale);
	ret = scale_init(&thread->scale, thread->config->scale, &thread->canvas->view,
		screen->width, screen->height);
	if (ret < 0) {
		scale_finish(&thread->scale);
		log_error("display: %s: %s", screen->name, strerror(-ret));
		return ret;
	}
	for (uint32_t i = 0; i < screen->n_buffers; i++)
		scale_clear(&thread->scale, screen->buffers[i].pixels,
			screen->buffers[i].pitch);
	damage_all(thread);
	mural_reader_take(reader, thread->tiles);
	(void)scale_draw(&thread->scale, reader, thread->tiles, screen->buffers[0].pixels,
		screen->buffers[0].pitch);
	return 0;
}

void
display_lit(struct display_thread *thread)
{
	static const char *const words[] = { "fit", "integer", "fill", "none" };
	const struct scale *scale = &thread->scale;

	thread->lit = true;
	thread->under_way = false;
	thread->front = 0;
	thread->due_ns = uv_hrtime();
	figure_store(&thread->figures->frames, ++thread->frames);
	figure_store(&thread->figures->lit, 1);
	log_info("display: %s; canvas %ux%u as %ux%u (%s)", thread->screen.name,
		scale->view.width, scale->view.height, scale->x.picture, scale->y.picture,
		words[thread->config->scale]);
	tick(thread);
}

void
display_shown(struct display_thread *thread)
{
	if (!thread->under_way)
		return;
	finish_frame(thread);
	tick(thread);
}

void
display_dark(struct display_thread *thread)
{
	thread->lit = thread->under_way = false;
	figure_store(&thread->figures->lit, 0);
	uv_timer_stop(&thread->timer);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		uv_poll_stop(&thread->slots[i].bell);
}

/* ------------------------------------------------------------------ the thread */

static void
on_stop(uv_async_t *async)
{
	struct display_thread *thread = async->data;

	thread->driver->stop(thread->state);
	display_dark(thread);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		uv_close((uv_handle_t *)&thread->slots[i].bell, NULL);
	uv_close((uv_handle_t *)&thread->timer, NULL);
	uv_close((uv_handle_t *)async, NULL);
}

static void *
run_thread(void *arg)
{
	struct display_thread *thread = arg;

	pthread_setname_np(pthread_self(), "display");
	uv_run(&thread->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* Readers and handles on the loop; what was made is unmade by thread_finish(). */
static int
thread_init(struct display_thread *thread)
{
	int ret;

	thread->tiles = calloc(thread->canvas->view.words, sizeof(uint64_t));
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		thread->slots[i].reader = canvas_reader_new(thread->canvas);
	if (!thread->tiles || !thread->slots[0].reader || !thread->slots[1].reader)
		return -ENOMEM;
	ret = uv_async_init(&thread->loop, &thread->stop, on_stop);
	if (ret < 0)
		return ret;
	thread->stop.data = thread->timer.data = thread;
	uv_timer_init(&thread->loop, &thread->timer);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		struct slot *slot = &thread->slots[i];

		slot->bell.data = thread;
		uv_poll_init(&thread->loop, &slot->bell, mural_reader_fd(slot->reader));
	}
	thread->state = thread->driver->start(thread->config, &thread->loop, thread);
	return thread->state ? 0 : -ENOMEM;
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
thread_finish(struct display_thread *thread)
{
	uv_walk(&thread->loop, close_handle, NULL); /* of one that never ran */
	uv_run(&thread->loop, UV_RUN_DEFAULT);
	uv_loop_close(&thread->loop);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		mural_reader_free(thread->slots[i].reader);
	thread->driver->free(thread->state);
	scale_finish(&thread->scale);
	free(thread->tiles);
	thread->canvas = NULL;
}

/* Signals are the main loop's. */
static int
thread_run(struct display_thread *thread)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread->id, NULL, run_thread, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

/* ------------------------------------------------------------------ the display */

int
display_open(struct display *display, const struct config_display *config)
{
	const struct display_driver *driver = &display_drm;
	char why[256] = "";
	int ret = -ENODEV;

	display->width = DISPLAY_DEFAULT_WIDTH;
	display->height = DISPLAY_DEFAULT_HEIGHT;
	if (config->output != OUTPUT_HEADLESS)
		ret = driver->open(
			config, &display->width, &display->height, why, sizeof(why));
	if (ret < 0 && ret != -ENODEV)
		return ret;
	if (ret < 0 && config->output != OUTPUT_KMS) {
		driver = &display_null;
		ret = driver->open(
			config, &display->width, &display->height, why, sizeof(why));
		log_info("display: headless%s%s", *why ? ": " : "", why);
	}
	display->thread = calloc(1, sizeof(*display->thread));
	if (!display->thread) {
		log_error("display: out of memory");
		return -ENOMEM;
	}
	display->thread->driver = driver;
	display->thread->config = config;
	display->thread->figures = &display->figures;
	return 0;
}

int
display_start(struct display *display, struct canvas *canvas)
{
	struct display_thread *thread = display->thread;
	int ret;

	if (!thread->driver->start)
		return 0;
	ret = uv_loop_init(&thread->loop);
	if (ret == 0) {
		thread->canvas = canvas;
		ret = thread_init(thread);
		if (ret == 0)
			ret = thread_run(thread);
		if (ret < 0)
			thread_finish(thread);
	}
	if (ret < 0)
		log_error("display: cannot start: %s", strerror(-ret));
	return ret;
}

void
display_reconfigure(struct display *display, const struct config_display *config)
{
	const struct core_section *core = core_sections;

	while (strcmp(core->name, "display") != 0)
		core++;
	if (!options_same(core->options, display->thread->config, config))
		log_warn("display: its new settings take effect at the next start");
}

bool
display_wanted(const struct display *display)
{
	return display->thread->driver->start != NULL;
}

void
display_stop(struct display *display)
{
	struct display_thread *thread = display->thread;

	if (!thread || !thread->canvas)
		return;
	uv_async_send(&thread->stop);
	pthread_join(thread->id, NULL);
	thread_finish(thread);
}

void
display_close(struct display *display)
{
	free(display->thread);
	*display = (struct display){ 0 };
}

int
display_list(const struct config_display *config, FILE *out)
{
	return display_drm.list(config, out);
}
