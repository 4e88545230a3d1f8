/* SPDX-License-Identifier: MIT */
/* Starts and stops the display's thread, and passes other threads' requests to it. */
#include "display/display.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "config/option.h"
#include "display/blank.h"
#include "display/context.h"
#include "display/layout.h"
#include "display/screen.h"
#include "hud/hud.h"
#include "lib/thread.h"

/* What a canvas of `canvas.size = auto` takes where there is no screen to ask. */
enum { DEFAULT_WIDTH = 1280, DEFAULT_HEIGHT = 720 };

/* How long a start waits for a card, and between two looks. */
enum { CARD_WAIT_MS = 4000, CARD_PAUSE_MS = 100 };

/* From one picture of a ripple to the next. */
enum { RIPPLE_FRAME_MS = 33 };

struct display_thread {
	struct display_context context;
	struct screen screens[CONFIG_CONNECTORS];
	struct display_blank blank;
	uv_poll_t hud_wakeup;
	uv_timer_t ripples; /* runs while there are some */
	pthread_t id;
	uint32_t output; /* as configured at the start */

	/* for other threads */
	uv_async_t stop, change;
	struct config_display *pending_config; /* context.lock; NULL: none */
	bool wants_blank;                      /* context.lock */
};

static const struct display_driver headless = { .name = "headless" };

/* ------------------------------------------------------------------ the thread */

static void
on_stop(uv_async_t *async)
{
	struct display_thread *thread = async->data;

	thread->context.driver->stop(thread->context.state);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_close(&thread->screens[i]);
	blank_stop(&thread->blank);
	if (thread->context.hud) {
		uv_close((uv_handle_t *)&thread->hud_wakeup, NULL);
		uv_close((uv_handle_t *)&thread->ripples, NULL);
	}
	uv_close((uv_handle_t *)&thread->change, NULL);
	uv_close((uv_handle_t *)async, NULL);
}

/* Draws once more after the last has ended, in each buffer when it is its turn, to remove
 * it. */
static void
on_ripples(uv_timer_t *timer)
{
	struct display_thread *thread = timer->data;
	struct display_context *context = &thread->context;

	if (!ripples_run(context->ripples, context->n_ripples, uv_hrtime())) {
		context->n_ripples = 0;
		uv_timer_stop(timer);
	}
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_redraw_ripples(&thread->screens[i]);
}

static void
take_ripples(struct display_thread *thread)
{
	struct display_context *context = &thread->context;
	const uint32_t n = hud_get_ripples(context->hud, context->ripples);

	context->n_ripples = ripples_run(context->ripples, n, uv_hrtime()) ? n : 0;
	if (context->n_ripples > 0 && !uv_is_active((uv_handle_t *)&thread->ripples))
		uv_timer_start(&thread->ripples, on_ripples, 0, RIPPLE_FRAME_MS);
}

static void
on_hud(uv_poll_t *wakeup, int status, int events)
{
	struct display_thread *thread = wakeup->data;
	uint64_t n;

	(void)status;
	(void)events;
	(void)!read(hud_fd(thread->context.hud), &n, sizeof(n));
	take_ripples(thread);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_redraw_hud(&thread->screens[i]);
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
layout_differs(const struct config_output *a, const struct config_output *b)
{
	return memcmp(&a->view, &b->view, sizeof(a->view)) != 0 || a->scale != b->scale ||
	       a->rotate != b->rotate || a->mirror != b->mirror || a->hud != b->hud ||
	       a->hud_place != b->hud_place || a->hud_size != b->hud_size ||
	       a->safe_area != b->safe_area;
}

/* An output that is configured already keeps its place, and so its screen; sections may
 * have been added before it. */
static void
keep_places(const struct config_display *before, struct config_display *wanted)
{
	struct config_output placed[CONFIG_CONNECTORS] = { 0 };
	bool is_placed[CONFIG_CONNECTORS] = { false };

	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		for (uint32_t k = 0; k < CONFIG_CONNECTORS; k++)
			if (*wanted->outputs[i].connector &&
				strcmp(wanted->outputs[i].connector,
					before->outputs[k].connector) == 0) {
				placed[k] = wanted->outputs[i];
				is_placed[i] = true;
			}
	for (uint32_t i = 0, k = 0; i < CONFIG_CONNECTORS; i++) {
		if (!*wanted->outputs[i].connector || is_placed[i])
			continue;
		while (*placed[k].connector)
			k++;
		placed[k] = wanted->outputs[i];
	}
	memcpy(wanted->outputs, placed, sizeof(placed));
}

static void
apply_config(struct display_thread *thread, struct config_display *wanted)
{
	struct config_display before = thread->context.config;

	keep_places(&before, wanted);
	thread->context.config = *wanted;
	free(wanted);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (layout_differs(
			    &before.outputs[i], &thread->context.config.outputs[i]))
			screen_relayout(&thread->screens[i]);
	if (!display_options_same(&before, &thread->context.config) ||
		memcmp(before.outputs, thread->context.config.outputs,
			sizeof(before.outputs)) != 0)
		thread->context.driver->reconfigure(thread->context.state);
	if (strcmp(before.blank, thread->context.config.blank) != 0 ||
		before.blank_mode != thread->context.config.blank_mode)
		blank_reconfigure(&thread->blank);
	config_display_finish(&before);
}

/* Applies what display_reconfigure() and display_blank() left. */
static void
on_change(uv_async_t *async)
{
	struct display_thread *thread = async->data;
	struct config_display *wanted;
	bool blank;

	pthread_mutex_lock(&thread->context.lock);
	wanted = thread->pending_config;
	thread->pending_config = NULL;
	blank = thread->wants_blank;
	pthread_mutex_unlock(&thread->context.lock);
	if (wanted)
		apply_config(thread, wanted);
	blank_demand(&thread->blank, blank);
}

static void *
run_thread(void *arg)
{
	struct display_thread *thread = arg;

	pthread_setname_np(pthread_self(), "display");
	uv_run(&thread->context.loop, UV_RUN_DEFAULT);
	return NULL;
}

static int
make_hud_wakeup(struct display_thread *thread)
{
	if (!thread->context.hud)
		return 0;
	thread->hud_wakeup.data = thread->ripples.data = thread;
	uv_timer_init(&thread->context.loop, &thread->ripples);
	return uv_poll_init(
		&thread->context.loop, &thread->hud_wakeup, hud_fd(thread->context.hud));
}

/* display_thread_finish() in any case. */
static int
display_thread_init(struct display_thread *thread)
{
	struct display_context *context = &thread->context;
	int ret = context_init(context);

	if (ret == 0)
		ret = uv_async_init(&thread->context.loop, &thread->stop, on_stop);
	if (ret == 0)
		ret = uv_async_init(&thread->context.loop, &thread->change, on_change);
	if (ret == 0)
		ret = make_hud_wakeup(thread);
	if (ret < 0)
		return ret;
	thread->stop.data = thread->change.data = thread;
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		screen_init(&thread->screens[i], context, i);
		context->screens[i] = &thread->screens[i];
	}
	context->state = context->driver->start(
		&context->config, &context->loop, context->screens);
	if (!context->state)
		return -ENOMEM;
	blank_start(&thread->blank, context);
	blank_demand(&thread->blank, thread->wants_blank);
	if (context->hud)
		uv_poll_start(&thread->hud_wakeup, UV_READABLE, on_hud);
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
	uv_walk(&thread->context.loop, close_handle, NULL); /* if it never ran */
	uv_run(&thread->context.loop, UV_RUN_DEFAULT);
	uv_loop_close(&thread->context.loop);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		screen_finish(&thread->screens[i]);
	blank_finish(&thread->blank);
	thread->context.driver->free(thread->context.state);
	context_finish(&thread->context);
}

/* ------------------------------------------------------------------ the display */

/* The smallest canvas with all views; false: there are none. */
static bool
size_by_views(struct display *display, const struct config_display *config)
{
	uint32_t width = 0, height = 0;

	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct mural_rect *view = &config->outputs[i].view;

		width = MAX(width, view->x + view->width);
		height = MAX(height, view->y + view->height);
	}
	if (width == 0)
		return false;
	display->width = width;
	display->height = height;
	return true;
}

/* The size of the picture, as people see it, on that screen. */
static void
size_canvas(struct display *display, const struct config_display *config,
	const struct display_size *size)
{
	const struct config_output *output = &config->outputs[size->output];
	const struct scale_screen screen = {
		.width = size->width,
		.height = size->height,
		.quarter_turns = output->rotate,
	};
	uint32_t width, height;
	struct hud_room room;
	struct box strip, picture;

	display->found_screen = size_by_views(display, config);
	if (display->found_screen || size->width == 0)
		return;
	display->found_screen = true;
	scale_upright_size(&screen, &width, &height);
	room = layout_room(output, width, height);
	room.only = false; /* another one may show the picture */
	hud_place(&room, 0, 0, &strip, &picture);
	display->width = picture.right - picture.left;
	display->height = picture.bottom - picture.top;
}

static int
make_thread(struct display *display, const struct config_display *config,
	const struct display_driver *driver)
{
	struct display_thread *thread = calloc(1, sizeof(*thread));

	if (!thread || config_display_copy(&thread->context.config, config) < 0) {
		free(thread);
		log_error("display: out of memory");
		return -ENOMEM;
	}
	pthread_mutex_init(&thread->context.lock, NULL);
	thread->context.driver = driver;
	thread->output = config->output;
	thread->context.counters = &display->counters;
	display->thread = thread;
	return 0;
}

/* At boot, the kernel or udev may still be busy with the card. */
static bool
may_come(const struct config_display *config)
{
	return config->output == OUTPUT_KMS || access("/run/udev/queue", F_OK) == 0;
}

/* Waits a few seconds for a card, because the size of the canvas depends on it. */
static int
open_patiently(const struct config_display *config, struct display_size *size, char *why,
	size_t len)
{
	const struct timespec pause = { .tv_nsec = CARD_PAUSE_MS * 1000 * 1000 };
	int ret = display_drm.open(config, size, why, len);

	for (int ms = 0; ret == -ENODEV && ms < CARD_WAIT_MS && may_come(config);
		ms += CARD_PAUSE_MS) {
		if (ms == 0)
			log_info("display: %s; waiting a few seconds for it", why);
		nanosleep(&pause, NULL);
		ret = display_drm.open(config, size, why, len);
	}
	return ret;
}

int
display_open(struct display *display, const struct config_display *config)
{
	const struct display_driver *driver = &display_drm;
	struct display_size size = { 0 };
	char why[256] = "";
	int ret = -ENODEV;

	display->width = DEFAULT_WIDTH;
	display->height = DEFAULT_HEIGHT;
	if (config->output != OUTPUT_HEADLESS)
		ret = open_patiently(config, &size, why, sizeof(why));
	if (ret < 0 && ret != -ENODEV)
		return ret;
	if (ret < 0 && config->output != OUTPUT_KMS) {
		driver = &headless;
		log_info("display: headless%s%s", *why ? ": " : "", why);
	}
	size_canvas(display, config, &size);
	return make_thread(display, config, driver);
}

int
display_start(struct display *display, struct canvas *canvas, struct hud *hud)
{
	struct display_thread *thread = display->thread;
	int ret;

	if (!thread->context.driver->start)
		return 0;
	ret = uv_loop_init(&thread->context.loop);
	if (ret == 0) {
		thread->context.canvas = canvas;
		thread->context.hud = hud;
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
	return display->thread->context.driver->start != NULL;
}

void
display_describe_output(struct display *display, uint32_t output, char *text, size_t len)
{
	struct display_thread *thread = display->thread;

	pthread_mutex_lock(&thread->context.lock);
	snprintf(text, len, "%s", thread->context.descriptions[output]);
	pthread_mutex_unlock(&thread->context.lock);
}

void
display_describe(struct display *display, char *text, size_t len)
{
	*text = '\0';
	for (uint32_t i = 0; i < CONFIG_CONNECTORS && *text == '\0'; i++)
		display_describe_output(display, i, text, len);
}

void
display_stop(struct display *display)
{
	struct display_thread *thread = display->thread;

	if (!thread || !thread->context.canvas)
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
		config_display_finish(&thread->context.config);
		pthread_mutex_destroy(&thread->context.lock);
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
	pthread_mutex_lock(&thread->context.lock);
	before = thread->pending_config;
	thread->pending_config = wanted;
	pthread_mutex_unlock(&thread->context.lock);
	if (before)
		config_display_finish(before);
	free(before);
	if (thread->context.canvas)
		uv_async_send(&thread->change);
}

void
display_blank(struct display *display, bool on)
{
	struct display_thread *thread = display->thread;

	pthread_mutex_lock(&thread->context.lock);
	thread->wants_blank = on;
	pthread_mutex_unlock(&thread->context.lock);
	if (thread->context.canvas)
		uv_async_send(&thread->change);
}

int
display_list(const struct config_display *config, FILE *out)
{
	return display_drm.list(config, out);
}
