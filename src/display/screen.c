/* SPDX-License-Identifier: MIT */
/* When a screen is drawn on, what, and into which of its buffers. */
#include "display/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "base/log.h"
#include "display/display-private.h"

#define MS UINT64_C(1000000)

static void screen_repaint(struct screen *screen);

/* The first time that the screen has a screen. */
static int
make_readers(struct screen *screen)
{
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		struct screen_slot *slot = &screen->slots[i];
		int ret;

		if (slot->reader)
			continue;
		slot->reader = canvas_reader_new(screen->thread->canvas);
		if (!slot->reader)
			return -ENOMEM;
		slot->wakeup.data = screen;
		ret = uv_poll_init(&screen->thread->loop, &slot->wakeup,
			mural_reader_fd(slot->reader));
		if (ret < 0) {
			mural_reader_free(slot->reader);
			slot->reader = NULL;
			return ret;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ sleeping */

static void
on_timer(uv_timer_t *timer)
{
	screen_repaint(timer->data);
}

/* libuv counts whole milliseconds; the deadline itself is kept in nanoseconds, so that
 * rounding delays a frame but never adds up. */
static void
wait_until_due(struct screen *screen)
{
	uint64_t now = uv_hrtime(), wait_ms = 1;

	if (screen->due_ns > now)
		wait_ms = (screen->due_ns - now + MS - 1) / MS;
	uv_update_time(&screen->thread->loop);
	uv_timer_start(&screen->timer, on_timer, wait_ms, 0);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(wakeup);
	screen_repaint(wakeup->data);
}

/* Whether people see what they should.  Then the next damage rings; nothing can happen to
 * a black screen. */
static bool
sleep_if_up_to_date(struct screen *screen)
{
	struct screen_slot *slot = &screen->slots[screen->front];

	if (screen->black)
		return slot->content == SCREEN_BLACK;
	if (slot->content != SCREEN_PICTURE || slot->version != screen->layout.version ||
		mural_reader_arm(slot->reader))
		return false;
	uv_poll_start(&slot->wakeup, UV_READABLE, on_wakeup);
	return true;
}

/* ------------------------------------------------------------------ drawing */

/* Fills a buffer with what it should show.  Returns what was written, and in the thread's
 * `tiles` what was taken from its reader. */
static struct box
screen_fill(struct screen *screen, uint32_t buffer)
{
	const struct layout *layout = &screen->layout;
	struct display_thread *thread = screen->thread;
	struct screen_slot *slot = &screen->slots[buffer];
	uint8_t *pixels = layout->surface.buffers[buffer].pixels;
	const size_t pitch = layout->surface.buffers[buffer].pitch;
	const bool whole = slot->content != SCREEN_PICTURE;
	struct box box;

	memset(thread->tiles, 0, thread->canvas->view.words * sizeof(uint64_t));
	if (slot->content == SCREEN_STALE ||
		(screen->black && slot->content != SCREEN_BLACK)) {
		scale_clear(&layout->scale, pixels, pitch);
		slot->content = SCREEN_BLACK;
		slot->version = 0;
	}
	if (screen->black)
		return layout_all(layout);

	if (mural_reader_take(slot->reader, thread->tiles))
		thread->painted_ms = uv_now(&thread->loop);
	box = scale_draw(&layout->scale, slot->reader,
		whole ? thread->all_tiles : thread->tiles, pixels, pitch);
	if (slot->version != layout->version && layout->hud)
		box = box_around(box, layout_paste_hud(layout, buffer));
	slot->content = SCREEN_PICTURE;
	slot->version = layout->version;
	return whole ? layout_all(layout) : box;
}

/* What was drawn was not shown: it is to be drawn again. */
static void
screen_put_back(struct screen *screen, uint32_t buffer, const struct box *box)
{
	struct screen_slot *slot = &screen->slots[buffer];
	const struct box whole = layout_all(&screen->layout);

	mural_reader_put_back(slot->reader, screen->thread->tiles);
	slot->version = 0;
	if (memcmp(box, &whole, sizeof(whole)) == 0)
		slot->content = SCREEN_STALE;
}

static void
screen_finish_frame(struct screen *screen)
{
	struct display_thread *thread = screen->thread;
	uint64_t now = uv_hrtime(), frame_ns = screen->layout.surface.frame_ns;

	screen->front = screen->back;
	screen->flip_pending = false;
	counter_store(&thread->counters->frames, ++thread->frames);
	if (now - screen->began_ns > 2 * frame_ns)
		counter_store(&thread->counters->late_frames, ++thread->late_frames);
	/* A screen that took its time sets the pace itself; a virtual one, which shows
	 * everything at once, is held to its mode's rate. */
	if (now - screen->began_ns > frame_ns / 2)
		screen->due_ns = now;
}

/* Draws what changed and presents it, if it is time and anything did. */
static void
screen_repaint(struct screen *screen)
{
	struct display_thread *thread = screen->thread;
	struct box box;
	int ret;

	if (!screen->enabled || screen->flip_pending || sleep_if_up_to_date(screen))
		return;

	uint64_t now = uv_hrtime(), frame_ns = screen->layout.surface.frame_ns;
	if (now < screen->due_ns) {
		wait_until_due(screen);
		return;
	}
	screen->began_ns = now;
	screen->due_ns =
		frame_ns + (now - screen->due_ns < frame_ns ? screen->due_ns : now);
	screen->back = screen->layout.surface.n_buffers - 1 - screen->front;
	box = screen_fill(screen, screen->back);

	ret = thread->driver->present(screen->output, screen->back, &box);
	if (ret == DISPLAY_FLIP_PENDING) {
		screen->flip_pending = true;
		return;
	}
	if (ret == DISPLAY_FLIP_DONE) {
		screen_finish_frame(screen);
	} else {
		screen_put_back(screen, screen->back, &box);
		if (ret != -EBUSY)
			counter_store(&thread->counters->refused, ++thread->refused);
	}
	if (screen->enabled)
		wait_until_due(screen);
}

/* ------------------------------------------------------------------ for the driver */

/* With paint that nobody takes: the readers are those of the screen that may stay. */
int
screen_prepare(struct screen *screen, const struct display_surface *surface, void *output)
{
	struct display_thread *thread = screen->thread;
	struct layout *next = &screen->next;
	int ret = make_readers(screen);

	layout_finish(next);
	if (ret == 0)
		ret = layout_init(next, surface, &thread->config, thread->hud,
			&thread->canvas->view);
	if (ret < 0)
		return ret;
	screen->output = output;
	for (uint32_t i = 0; i < surface->n_buffers; i++)
		scale_clear(&next->scale, surface->buffers[i].pixels,
			surface->buffers[i].pitch);
	if (screen->black)
		return 0;
	if (!screen->enabled)
		mural_reader_take(screen->slots[0].reader, thread->tiles);
	(void)scale_draw(&next->scale, screen->slots[0].reader, thread->all_tiles,
		surface->buffers[0].pixels, surface->buffers[0].pitch);
	if (next->hud)
		(void)layout_paste_hud(next, 0);
	return 0;
}

/* Tells the other threads. */
static void
update_enabled(struct display_thread *thread)
{
	const char *name = "";

	for (uint32_t i = CONFIG_CONNECTORS; i-- > 0;)
		if (thread->screens[i].enabled)
			name = thread->screens[i].layout.surface.name;
	counter_store(&thread->counters->enabled, *name != '\0');
	pthread_mutex_lock(&thread->lock);
	snprintf(thread->description, sizeof(thread->description), "%s", name);
	pthread_mutex_unlock(&thread->lock);
}

static void
log_layout(const struct screen *screen)
{
	static const char *const words[] = { "fit", "integer", "fill", "none" };
	static const char *const turns[] = { "", ", turned 90", ", turned 180",
		", turned 270" };
	const struct config_display *config = &screen->thread->config;
	const struct scale *scale = &screen->layout.scale;

	log_info("display: %s; canvas %ux%u as %ux%u (%s%s%s)",
		screen->layout.surface.name, scale->view.width, scale->view.height,
		scale->x.picture, scale->y.picture, words[config->scale],
		turns[config->rotate], config->mirror == MIRROR_X ? ", mirrored" : "");
}

/* The next frame is left to the timer: the driver is in the midst of its own work. */
void
screen_enabled(struct screen *screen)
{
	struct display_thread *thread = screen->thread;

	layout_finish(&screen->layout);
	screen->layout = screen->next;
	screen->next = (struct layout){ 0 };
	screen->slots[0].content = screen->black ? SCREEN_BLACK : SCREEN_PICTURE;
	screen->slots[0].version = screen->black ? 0 : screen->layout.version;
	screen->slots[1].content = SCREEN_BLACK;
	screen->slots[1].version = 0;
	screen->enabled = true;
	screen->flip_pending = false;
	screen->front = 0;
	screen->due_ns = uv_hrtime();
	counter_store(&thread->counters->frames, ++thread->frames);
	update_enabled(thread);
	log_layout(screen);
	display_log_first_frame(thread);
	wait_until_due(screen);
}

void
screen_presented(struct screen *screen)
{
	if (!screen->flip_pending)
		return;
	screen_finish_frame(screen);
	screen_repaint(screen);
}

void
screen_disabled(struct screen *screen)
{
	screen->enabled = screen->flip_pending = false;
	update_enabled(screen->thread);
	uv_timer_stop(&screen->timer);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		if (screen->slots[i].reader)
			uv_poll_stop(&screen->slots[i].wakeup);
}

/* ------------------------------------------------------------------ for the display */

void
screen_init(struct screen *screen, struct display_thread *thread)
{
	screen->thread = thread;
	screen->timer.data = screen;
	uv_timer_init(&thread->loop, &screen->timer);
}

void
screen_close(struct screen *screen)
{
	screen_disabled(screen);
	uv_close((uv_handle_t *)&screen->timer, NULL);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		if (screen->slots[i].reader)
			uv_close((uv_handle_t *)&screen->slots[i].wakeup, NULL);
}

void
screen_finish(struct screen *screen)
{
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		mural_reader_free(screen->slots[i].reader);
		screen->slots[i].reader = NULL;
	}
	layout_finish(&screen->layout);
	layout_finish(&screen->next);
}

void
screen_relayout(struct screen *screen)
{
	const struct display_thread *thread = screen->thread;
	struct layout layout;

	if (!screen->enabled ||
		layout_init(&layout, &screen->layout.surface, &thread->config,
			thread->hud, &thread->canvas->view) < 0)
		return;
	layout_finish(&screen->layout);
	screen->layout = layout;
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		screen->slots[i].content = SCREEN_STALE;
	log_layout(screen);
	screen_repaint(screen);
}

void
screen_redraw_hud(struct screen *screen)
{
	struct layout *layout = &screen->layout;

	if (!screen->enabled || !layout->hud)
		return;
	layout_draw_hud(layout, screen->thread->hud);
	screen_repaint(screen);
}

void
screen_set_black(struct screen *screen, bool black)
{
	screen->black = black;
	screen_repaint(screen);
}
