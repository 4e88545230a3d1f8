/* SPDX-License-Identifier: MIT */
/* Decides when a screen is redrawn, and into which of its buffers, and draws. */
#include "display/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "base/log.h"
#include "display/context.h"

#define MS UINT64_C(1000000)

static void screen_repaint(struct screen *screen);

static const struct config_output *
screen_config(const struct screen *screen)
{
	return &screen->context->config.outputs[screen->index];
}

static int
open_readers(struct screen *screen)
{
	int ret = 0;

	for (uint32_t i = 0; i < DISPLAY_BUFFERS && ret == 0; i++) {
		struct screen_slot *slot = &screen->slots[i];

		slot->wakeup.data = screen;
		ret = context_open_reader(screen->context, &slot->reader, &slot->wakeup);
	}
	return ret;
}

/* ------------------------------------------------------------------ sleeping */

static void
on_timer(uv_timer_t *timer)
{
	screen_repaint(timer->data);
}

/* libuv's timers have whole milliseconds; the deadline is kept in nanoseconds, so that
 * rounding errors do not add up. */
static void
wait_until_due(struct screen *screen)
{
	uint64_t now = uv_hrtime(), wait_ms = 1;

	if (screen->due_ns > now)
		wait_ms = (screen->due_ns - now + MS - 1) / MS;
	uv_update_time(&screen->context->loop);
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

/* Whether all but the picture is as it should be. */
static bool
has_hud(const struct screen *screen, const struct screen_slot *slot)
{
	return slot->content == SCREEN_PICTURE &&
	       slot->version == screen->layout.version &&
	       slot->covers == screen->layout.covers && slot->film == screen->layout.film;
}

/* Whether the screen shows what it should.  If so, arms the reader, so that damage wakes
 * it up; nothing changes a black screen. */
static bool
sleep_if_up_to_date(struct screen *screen)
{
	struct screen_slot *slot = &screen->slots[screen->front];

	if (screen->black)
		return slot->content == SCREEN_BLACK;
	if (screen->ripples || !has_hud(screen, slot) || mural_reader_arm(slot->reader))
		return false;
	uv_poll_start(&slot->wakeup, UV_READABLE, on_wakeup);
	return true;
}

/* ------------------------------------------------------------------ drawing */

static void
slot_is_black(struct screen_slot *slot)
{
	slot->content = SCREEN_BLACK;
	slot->version = slot->covers = slot->film = 0;
	slot->cover = (struct box){ 0 };
	slot->ripples.n = 0;
}

static void
slot_is_filled(struct screen_slot *slot, const struct layout *layout)
{
	slot->content = SCREEN_PICTURE;
	slot->version = layout->version;
	slot->covers = layout->covers;
	slot->cover = layout->cover;
	slot->dims = layout->scale.dims;
	slot->film = layout->film;
}

/* Where the next frame differs from the buffer that is shown, whatever is damaged: the
 * other one may never have had what lies on that. */
static struct box
differs_from_front(const struct screen *screen)
{
	const struct layout *layout = &screen->layout;
	const struct screen_slot *front = &screen->slots[screen->front];
	struct box box = { 0 };

	if (front->content != SCREEN_PICTURE || front->dims != layout->scale.dims)
		return layout_all(layout);
	if (front->covers != layout->covers)
		box = front->cover;
	for (uint32_t i = 0; i < front->ripples.n; i++)
		box = box_around(box, front->ripples.boxes[i]);
	return box;
}

/* Brings a buffer up to date.  Returns in what it differs from the one that is shown, and
 * in the context's `tiles` what was taken from its reader. */
static struct box
screen_fill(struct screen *screen, uint32_t buffer)
{
	const struct layout *layout = &screen->layout;
	struct display_context *context = screen->context;
	struct screen_slot *slot = &screen->slots[buffer];
	uint8_t *pixels = layout->surface.buffers[buffer].pixels;
	const size_t pitch = layout->surface.buffers[buffer].pitch;
	const bool whole =
		slot->content != SCREEN_PICTURE || slot->dims != layout->scale.dims;
	const bool uncovers = slot->covers != layout->covers;
	const struct box differs = differs_from_front(screen);
	struct ripple_boxes ripples = slot->ripples;
	struct box box;

	memset(context->tiles, 0, context->canvas->view.words * sizeof(uint64_t));
	if (slot->content == SCREEN_STALE ||
		(screen->black && slot->content != SCREEN_BLACK)) {
		scale_clear(&layout->scale, pixels, pitch);
		slot_is_black(slot);
	}
	if (screen->black)
		return layout_all(layout);

	if (mural_reader_take(slot->reader, context->tiles))
		context->painted_ms = uv_now(&context->loop);
	if (uncovers)
		layout_uncover(layout, buffer, &slot->cover, context->tiles);
	for (uint32_t i = 0; i < ripples.n; i++)
		layout_uncover(layout, buffer, &ripples.boxes[i], context->tiles);
	layout_skip_tiles(layout, context->tiles);
	box = scale_draw(&layout->scale, slot->reader,
		whole ? context->all_tiles : context->tiles, pixels, pitch);
	if (uncovers)
		box = box_around(box, slot->cover);
	for (uint32_t i = 0; i < ripples.n; i++)
		box = box_around(box, ripples.boxes[i]);
	box = box_around(box, ripples_draw(layout, buffer, context->ripples,
				      context->n_ripples, uv_hrtime(), &slot->ripples));
	screen->ripples = false;
	if (uncovers || slot->version != layout->version ||
		layout_wants_hud(layout, &box))
		box = box_around(box, layout_paste_hud(layout, buffer));
	if (whole || uncovers || !box_is_empty(box))
		box = box_around(box, layout_paste_cards(layout, buffer));
	else if (slot->film != layout->film)
		box = layout_paste_film(layout, buffer);
	slot_is_filled(slot, layout);
	return whole ? layout_all(layout) : box_around(box, differs);
}

/* What was drawn was not shown: marks it to be drawn again. */
static void
screen_put_back(struct screen *screen, uint32_t buffer, const struct box *box)
{
	struct screen_slot *slot = &screen->slots[buffer];
	const struct box whole = layout_all(&screen->layout);

	mural_reader_put_back(slot->reader, screen->context->tiles);
	slot->version = slot->covers = 0;
	if (memcmp(box, &whole, sizeof(whole)) == 0)
		slot->content = SCREEN_STALE;
}

static void
screen_finish_frame(struct screen *screen)
{
	struct display_context *context = screen->context;
	uint64_t now = uv_hrtime(), frame_ns = screen->layout.surface.frame_ns;

	screen->front = screen->back;
	screen->flip_pending = false;
	counter_store(&context->counters->frames, ++context->frames);
	if (now - screen->began_ns > 2 * frame_ns)
		counter_store(&context->counters->late_frames, ++context->late_frames);
	/* A real screen sets the pace by its page flips; a virtual one, which flips at
	 * once, is held to its mode's refresh rate. */
	if (now - screen->began_ns > frame_ns / 2)
		screen->due_ns = now;
}

/* Whether all that changed lies on other parts of the canvas than this screen shows; then
 * that is forgotten. */
static bool
is_elsewhere(struct screen *screen)
{
	const struct layout *layout = &screen->layout;
	struct display_context *context = screen->context;
	struct screen_slot *slot = &screen->slots[screen->front];

	if ((screen_config(screen)->view.width == 0 && layout->scale.x.canvas != 0) ||
		screen->black || screen->ripples || !has_hud(screen, slot))
		return false;
	if (mural_reader_take(slot->reader, context->tiles))
		context->painted_ms = uv_now(&context->loop);
	if (!scale_shows(&layout->scale, context->tiles))
		return true;
	mural_reader_put_back(slot->reader, context->tiles);
	return false;
}

/* Draws and presents what changed, if anything did and a frame is due. */
static void
screen_repaint(struct screen *screen)
{
	struct display_context *context = screen->context;
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
	if (is_elsewhere(screen)) {
		wait_until_due(screen);
		return;
	}
	const bool ripples = screen->ripples;
	screen->back = screen->layout.surface.n_buffers - 1 - screen->front;
	box = screen_fill(screen, screen->back);

	ret = context->driver->present(screen->output, screen->back, &box);
	if (ret == DISPLAY_FLIP_PENDING) {
		screen->flip_pending = true;
		return;
	}
	if (ret == DISPLAY_FLIP_DONE) {
		screen_finish_frame(screen);
	} else {
		screen_put_back(screen, screen->back, &box);
		screen->ripples = ripples; /* what is shown may have them still */
		if (ret != -EBUSY)
			counter_store(&context->counters->refused, ++context->refused);
	}
	if (screen->enabled)
		wait_until_due(screen);
}

/* ------------------------------------------------------------------ for the driver */

/* Paints without taking damage from the readers, which belong to the surface that is
 * shown until screen_enabled(), if any. */
int
screen_prepare(struct screen *screen, const struct display_surface *surface, void *output)
{
	struct display_context *context = screen->context;
	struct layout *next = &screen->next;
	int ret = open_readers(screen);

	layout_finish(next);
	if (ret == 0)
		ret = layout_init(next, surface, screen_config(screen), context->hud,
			&context->canvas->view);
	if (ret < 0)
		return ret;
	screen->output = output;
	for (uint32_t i = 0; i < surface->n_buffers; i++)
		scale_clear(&next->scale, surface->buffers[i].pixels,
			surface->buffers[i].pitch);
	if (screen->black)
		return 0;
	if (!screen->enabled)
		mural_reader_take(screen->slots[0].reader, context->tiles);
	(void)scale_draw(&next->scale, screen->slots[0].reader, context->all_tiles,
		surface->buffers[0].pixels, surface->buffers[0].pitch);
	(void)layout_paste_hud(next, 0);
	(void)layout_paste_cards(next, 0);
	return 0;
}

/* Publishes for other threads which screen is enabled. */
static void
update_enabled(struct display_context *context)
{
	bool any = false;

	pthread_mutex_lock(&context->lock);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const struct screen *screen = context->screens[i];

		any = any || screen->enabled;
		snprintf(context->descriptions[i], sizeof(context->descriptions[i]), "%s",
			screen->enabled ? screen->layout.surface.name : "");
	}
	pthread_mutex_unlock(&context->lock);
	counter_store(&context->counters->enabled, any);
}

/* Leaves the next frame to the timer: the driver has not finished its own work. */
void
screen_enabled(struct screen *screen)
{
	struct display_context *context = screen->context;

	layout_finish(&screen->layout);
	screen->layout = screen->next;
	screen->next = (struct layout){ 0 };
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		slot_is_black(&screen->slots[i]);
	if (!screen->black)
		slot_is_filled(&screen->slots[0], &screen->layout);
	screen->enabled = true;
	screen->flip_pending = false;
	screen->front = 0;
	screen->due_ns = uv_hrtime();
	counter_store(&context->counters->frames, ++context->frames);
	update_enabled(context);
	layout_log(&screen->layout, screen_config(screen));
	context_log_first_frame(context);
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
	update_enabled(screen->context);
	uv_timer_stop(&screen->timer);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		if (screen->slots[i].reader)
			uv_poll_stop(&screen->slots[i].wakeup);
}

/* ------------------------------------------------------------------ for the display */

void
screen_init(struct screen *screen, struct display_context *context, uint32_t index)
{
	screen->context = context;
	screen->index = index;
	screen->timer.data = screen;
	uv_timer_init(&context->loop, &screen->timer);
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

/* All is drawn anew, in each buffer when it is its turn. */
void
screen_relayout(struct screen *screen)
{
	const struct display_context *context = screen->context;
	struct layout layout;

	if (!screen->enabled ||
		layout_init(&layout, &screen->layout.surface, screen_config(screen),
			context->hud, &context->canvas->view) < 0)
		return;
	layout_finish(&screen->layout);
	screen->layout = layout;
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		screen->slots[i].content = SCREEN_STALE;
	layout_log(&screen->layout, screen_config(screen));
	screen_repaint(screen);
}

void
screen_redraw_hud(struct screen *screen)
{
	struct layout *layout = &screen->layout;
	struct hud *hud = screen->context->hud;
	bool redraws;

	if (!screen->enabled)
		return;
	redraws = layout_draw_on_picture(layout, hud) || layout_draw_film(layout, hud);
	/* what hides is drawn when it comes back */
	if (layout->hud && !layout->hidden && layout->version != hud_version(hud)) {
		layout_draw_hud(layout, hud);
		redraws = true;
	}
	if (redraws)
		screen_repaint(screen);
}

void
screen_redraw_ripples(struct screen *screen)
{
	if (!screen->enabled || screen->black || !screen->layout.on_picture)
		return;
	screen->ripples = true;
	screen_repaint(screen);
}

void
screen_set_black(struct screen *screen, bool black)
{
	screen->black = black;
	screen_repaint(screen);
}
