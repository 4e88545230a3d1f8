/* SPDX-License-Identifier: MIT */
/* The display's thread: its beginning, its end, and what others ask of it in between.
 * The drawing is done in screen.c. */
#include "display/display.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/thread.h"
#include "config/option.h"
#include "display/display-private.h"
#include "display/driver.h"
#include "hud/hud.h"

/* Milliseconds since the kernel made this process, to some ten of them. */
static uint64_t
process_age_ms(void)
{
	/* proc(5): the number, the name, and 19 fields more come before the start */
	static const char format[] = "%*d (%*[^)]) %*c %*s %*s %*s %*s %*s %*s %*s %*s "
				     "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu";
	unsigned long long ticks = 0;
	FILE *file = fopen("/proc/self/stat", "re");
	struct timespec now;
	uint64_t start_ms;

	if (!file || fscanf(file, format, &ticks) != 1)
		ticks = 0;
	if (file)
		fclose(file);
	clock_gettime(CLOCK_BOOTTIME, &now);
	start_ms = ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 - start_ms;
}

void
display_log_first_frame(struct display_thread *thread)
{
	if (!thread->first_frame_logged)
		log_info("display: first picture %" PRIu64 " ms after murald was started",
			process_age_ms());
	thread->first_frame_logged = true;
}

struct screen *
display_screen(struct display_thread *thread, uint32_t index)
{
	return &thread->screens[index];
}

/* ------------------------------------------------------------------ the thread */

static void
on_stop(uv_async_t *async)
{
	struct display_thread *thread = async->data;

	thread->driver->stop(thread->state);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_close(&thread->screens[i]);
	blank_stop(&thread->blank);
	if (thread->hud)
		uv_close((uv_handle_t *)&thread->hud_wakeup, NULL);
	uv_close((uv_handle_t *)&thread->change, NULL);
	uv_close((uv_handle_t *)async, NULL);
}

static void
on_hud(uv_poll_t *wakeup, int status, int events)
{
	struct display_thread *thread = wakeup->data;
	uint64_t rings;

	(void)status;
	(void)events;
	(void)!read(hud_fd(thread->hud), &rings, sizeof(rings));
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_redraw_hud(&thread->screens[i]);
}

/* A HUD that is not shown wakes nobody. */
static void
update_hud_poll(struct display_thread *thread)
{
	if (!thread->hud)
		return;
	if (thread->config.hud)
		uv_poll_start(&thread->hud_wakeup, UV_READABLE, on_hud);
	else
		uv_poll_stop(&thread->hud_wakeup);
}

static bool
display_options_same(const struct config_display *a, const struct config_display *b)
{
	const struct core_section *core = core_sections;

	while (strcmp(core->name, "display") != 0)
		core++;
	return options_same(core->options, a, b);
}

static bool
layout_differs(const struct config_display *a, const struct config_display *b)
{
	return a->scale != b->scale || a->rotate != b->rotate || a->mirror != b->mirror ||
	       a->hud != b->hud;
}

/* Takes up the config that display_reconfigure() left. */
static void
on_change(uv_async_t *async)
{
	struct display_thread *thread = async->data;
	struct config_display before = thread->config, *wanted;

	pthread_mutex_lock(&thread->lock);
	wanted = thread->pending_config;
	thread->pending_config = NULL;
	pthread_mutex_unlock(&thread->lock);
	if (!wanted)
		return;
	thread->config = *wanted;
	free(wanted);
	update_hud_poll(thread);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (layout_differs(&before, &thread->config))
			screen_relayout(&thread->screens[i]);
	if (!display_options_same(&before, &thread->config))
		thread->driver->reconfigure(thread->state);
	if (strcmp(before.blank, thread->config.blank) != 0 ||
		before.blank_mode != thread->config.blank_mode)
		blank_reconfigure(&thread->blank);
	config_display_finish(&before);
}

static void *
run_thread(void *arg)
{
	struct display_thread *thread = arg;

	pthread_setname_np(pthread_self(), "display");
	uv_run(&thread->loop, UV_RUN_DEFAULT);
	return NULL;
}

static int
make_hud_wakeup(struct display_thread *thread)
{
	if (!thread->hud)
		return 0;
	thread->hud_wakeup.data = thread;
	return uv_poll_init(&thread->loop, &thread->hud_wakeup, hud_fd(thread->hud));
}

static int
make_tile_sets(struct display_thread *thread)
{
	const struct mural_view *view = &thread->canvas->view;

	thread->tiles = calloc(view->words, sizeof(uint64_t));
	thread->all_tiles = calloc(view->words, sizeof(uint64_t));
	if (!thread->tiles || !thread->all_tiles)
		return -ENOMEM;
	mural_tiles_add_all(view, thread->all_tiles);
	return 0;
}

/* Handles on the loop; what was made is unmade by display_thread_finish(). */
static int
display_thread_init(struct display_thread *thread)
{
	int ret = make_tile_sets(thread);

	if (ret == 0)
		ret = uv_async_init(&thread->loop, &thread->stop, on_stop);
	if (ret == 0)
		ret = uv_async_init(&thread->loop, &thread->change, on_change);
	if (ret == 0)
		ret = make_hud_wakeup(thread);
	if (ret < 0)
		return ret;
	thread->stop.data = thread->change.data = thread;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_init(&thread->screens[i], thread);
	thread->state = thread->driver->start(&thread->config, &thread->loop, thread);
	if (!thread->state)
		return -ENOMEM;
	blank_start(&thread->blank, thread);
	update_hud_poll(thread);
	return 0;
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
display_thread_finish(struct display_thread *thread)
{
	uv_walk(&thread->loop, close_handle, NULL); /* of one that never ran */
	uv_run(&thread->loop, UV_RUN_DEFAULT);
	uv_loop_close(&thread->loop);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_finish(&thread->screens[i]);
	blank_finish(&thread->blank);
	thread->driver->free(thread->state);
	free(thread->tiles);
	free(thread->all_tiles);
	thread->canvas = NULL;
}

/* ------------------------------------------------------------------ the display */

/* The size of the picture on a screen of that memory, as people see it. */
static void
size_canvas(struct display *display, const struct config_display *config, uint32_t width,
	uint32_t height)
{
	const struct scale_screen screen = {
		.width = width,
		.height = height,
		.quarter_turns = config->rotate,
	};
	struct box strip, picture;

	if (width == 0 || height == 0)
		return;
	scale_upright_size(&screen, &width, &height);
	picture = (struct box){ 0, 0, width, height };
	if (config->hud)
		hud_place(width, height, 0, 0, &strip, &picture);
	display->width = picture.right - picture.left;
	display->height = picture.bottom - picture.top;
}

static int
make_thread(struct display *display, const struct config_display *config,
	const struct display_driver *driver)
{
	struct display_thread *thread = calloc(1, sizeof(*thread));

	if (!thread || config_display_copy(&thread->config, config) < 0) {
		free(thread);
		log_error("display: out of memory");
		return -ENOMEM;
	}
	pthread_mutex_init(&thread->lock, NULL);
	thread->driver = driver;
	thread->output = config->output;
	thread->counters = &display->counters;
	display->thread = thread;
	return 0;
}

int
display_open(struct display *display, const struct config_display *config)
{
	const struct display_driver *driver = &display_drm;
	uint32_t width = 0, height = 0;
	char why[256] = "";
	int ret = -ENODEV;

	display->width = DISPLAY_DEFAULT_WIDTH;
	display->height = DISPLAY_DEFAULT_HEIGHT;
	if (config->output != OUTPUT_HEADLESS)
		ret = driver->open(config, &width, &height, why, sizeof(why));
	if (ret < 0 && ret != -ENODEV)
		return ret;
	if (ret < 0 && config->output != OUTPUT_KMS) {
		driver = &display_null;
		log_info("display: headless%s%s", *why ? ": " : "", why);
	}
	size_canvas(display, config, width, height);
	return make_thread(display, config, driver);
}

int
display_start(struct display *display, struct canvas *canvas, struct hud *hud)
{
	struct display_thread *thread = display->thread;
	int ret;

	if (!thread->driver->start)
		return 0;
	ret = uv_loop_init(&thread->loop);
	if (ret == 0) {
		thread->canvas = canvas;
		thread->hud = hud;
		ret = display_thread_init(thread);
		if (ret == 0)
			ret = thread_start(&thread->id, run_thread, thread);
		if (ret < 0)
			display_thread_finish(thread);
	}
	if (ret < 0)
		log_error("display: cannot start: %s", strerror(-ret));
	return ret;
}

bool
display_wanted(const struct display *display)
{
	return display->thread->driver->start != NULL;
}

void
display_describe(struct display *display, char *text, size_t len)
{
	struct display_thread *thread = display->thread;

	pthread_mutex_lock(&thread->lock);
	snprintf(text, len, "%s", thread->description);
	pthread_mutex_unlock(&thread->lock);
}

void
display_stop(struct display *display)
{
	struct display_thread *thread = display->thread;

	if (!thread || !thread->canvas)
		return;
	uv_async_send(&thread->stop);
	pthread_join(thread->id, NULL);
	display_thread_finish(thread);
}

void
display_close(struct display *display)
{
	struct display_thread *thread = display->thread;

	if (thread) {
		if (thread->pending_config)
			config_display_finish(thread->pending_config);
		free(thread->pending_config);
		config_display_finish(&thread->config);
		pthread_mutex_destroy(&thread->lock);
	}
	free(thread);
	*display = (struct display){ 0 };
}

void
display_reconfigure(struct display *display, const struct config_display *config)
{
	struct display_thread *thread = display->thread;
	struct config_display *wanted = calloc(1, sizeof(*wanted)), *before;

	if (!wanted || config_display_copy(wanted, config) < 0) {
		free(wanted);
		log_error("display: out of memory; its options stay as they were");
		return;
	}
	if (config->output != thread->output)
		log_warn("display: a new output takes effect at the next start");
	pthread_mutex_lock(&thread->lock);
	before = thread->pending_config;
	thread->pending_config = wanted;
	pthread_mutex_unlock(&thread->lock);
	if (before)
		config_display_finish(before);
	free(before);
	if (thread->canvas)
		uv_async_send(&thread->change);
}

int
display_list(const struct config_display *config, FILE *out)
{
	return display_drm.list(config, out);
}
