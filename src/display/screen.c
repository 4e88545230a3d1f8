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

static void tick(struct head *head);

/* The first time that the head has a screen. */
static int
make_readers(struct head *head)
{
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		struct head_slot *slot = &head->slots[i];
		int ret;

		if (slot->reader)
			continue;
		slot->reader = canvas_reader_new(head->thread->canvas);
		if (!slot->reader)
			return -ENOMEM;
		slot->bell.data = head;
		ret = uv_poll_init(
			&head->thread->loop, &slot->bell, mural_reader_fd(slot->reader));
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
	tick(timer->data);
}

/* libuv counts whole milliseconds; the deadline itself is kept in nanoseconds, so that
 * rounding delays a frame but never adds up. */
static void
wait_until_due(struct head *head)
{
	uint64_t now = uv_hrtime(), wait_ms = 1;

	if (head->due_ns > now)
		wait_ms = (head->due_ns - now + MS - 1) / MS;
	uv_update_time(&head->thread->loop);
	uv_timer_start(&head->timer, on_timer, wait_ms, 0);
}

static void
on_bell(uv_poll_t *bell, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(bell);
	tick(bell->data);
}

/* Whether people see what they should.  Then the next damage rings; nothing can happen to
 * a black screen. */
static bool
sleep_if_all_is_shown(struct head *head)
{
	struct head_slot *slot = &head->slots[head->front];

	if (head->black)
		return slot->content == HEAD_BLACK;
	if (slot->content != HEAD_PICTURE || slot->version != head->layout.version ||
		mural_reader_arm(slot->reader))
		return false;
	uv_poll_start(&slot->bell, UV_READABLE, on_bell);
	return true;
}

/* ------------------------------------------------------------------ drawing */

/* Fills a buffer with what it should show.  Returns what was written, and in the thread's
 * `tiles` what was taken from its reader. */
static struct box
fill(struct head *head, uint32_t buffer)
{
	const struct layout *layout = &head->layout;
	struct display_thread *thread = head->thread;
	struct head_slot *slot = &head->slots[buffer];
	uint8_t *pixels = layout->screen.buffers[buffer].pixels;
	const size_t pitch = layout->screen.buffers[buffer].pitch;
	const bool whole = slot->content != HEAD_PICTURE;
	struct box box;

	memset(thread->tiles, 0, thread->canvas->view.words * sizeof(uint64_t));
	if (slot->content == HEAD_STALE || (head->black && slot->content != HEAD_BLACK)) {
		scale_clear(&layout->scale, pixels, pitch);
		slot->content = HEAD_BLACK;
		slot->version = 0;
	}
	if (head->black)
		return layout_all(layout);

	if (mural_reader_take(slot->reader, thread->tiles))
		thread->painted_ms = uv_now(&thread->loop);
	box = scale_draw(&layout->scale, slot->reader,
		whole ? thread->all : thread->tiles, pixels, pitch);
	if (slot->version != layout->version && layout->hud)
		box = box_around(box, layout_paste_hud(layout, buffer));
	slot->content = HEAD_PICTURE;
	slot->version = layout->version;
	return whole ? layout_all(layout) : box;
}

/* What was drawn was not shown: it is to be drawn again. */
static void
take_back(struct head *head, uint32_t buffer, const struct box *box)
{
	struct head_slot *slot = &head->slots[buffer];
	const struct box whole = layout_all(&head->layout);

	mural_reader_untake(slot->reader, head->thread->tiles);
	slot->version = 0;
	if (memcmp(box, &whole, sizeof(whole)) == 0)
		slot->content = HEAD_STALE;
}

static void
finish_frame(struct head *head)
{
	struct display_thread *thread = head->thread;
	uint64_t now = uv_hrtime(), frame_ns = head->layout.screen.frame_ns;

	head->front = head->back;
	head->under_way = false;
	figure_store(&thread->figures->frames, ++thread->frames);
	if (now - head->began_ns > 2 * frame_ns)
		figure_store(&thread->figures->late_frames, ++thread->late_frames);
	/* A screen that took its time sets the pace itself; a virtual one, which shows
	 * everything at once, is held to its mode's rate. */
	if (now - head->began_ns > frame_ns / 2)
		head->due_ns = now;
}

/* Draws what changed and presents it, if it is time and anything did. */
static void
tick(struct head *head)
{
	struct display_thread *thread = head->thread;
	struct box box;
	int ret;

	if (!head->lit || head->under_way || sleep_if_all_is_shown(head))
		return;

	uint64_t now = uv_hrtime(), frame_ns = head->layout.screen.frame_ns;
	if (now < head->due_ns) {
		wait_until_due(head);
		return;
	}
	head->began_ns = now;
	head->due_ns = frame_ns + (now - head->due_ns < frame_ns ? head->due_ns : now);
	head->back = head->layout.screen.n_buffers - 1 - head->front;
	box = fill(head, head->back);

	ret = thread->driver->present(head->output, head->back, &box);
	if (ret == DISPLAY_UNDER_WAY) {
		head->under_way = true;
		return;
	}
	if (ret == DISPLAY_AT_ONCE) {
		finish_frame(head);
	} else {
		take_back(head, head->back, &box);
		if (ret != -EBUSY)
			figure_store(&thread->figures->refused, ++thread->refused);
	}
	if (head->lit)
		wait_until_due(head);
}

/* ------------------------------------------------------------------ for the driver */

/* With paint that nobody takes: the readers are those of the screen that may stay. */
int
head_prepare(struct head *head, const struct display_screen *screen, void *output)
{
	struct display_thread *thread = head->thread;
	struct layout *next = &head->next;
	int ret = make_readers(head);

	layout_finish(next);
	if (ret == 0)
		ret = layout_init(next, screen, &thread->config, thread->hud,
			&thread->canvas->view);
	if (ret < 0)
		return ret;
	head->output = output;
	for (uint32_t i = 0; i < screen->n_buffers; i++)
		scale_clear(&next->scale, screen->buffers[i].pixels,
			screen->buffers[i].pitch);
	if (head->black)
		return 0;
	if (!head->lit)
		mural_reader_take(head->slots[0].reader, thread->tiles);
	(void)scale_draw(&next->scale, head->slots[0].reader, thread->all,
		screen->buffers[0].pixels, screen->buffers[0].pitch);
	if (next->hud)
		(void)layout_paste_hud(next, 0);
	return 0;
}

/* Tells the other threads. */
static void
note_lit(struct display_thread *thread)
{
	const char *name = "";

	for (uint32_t i = CONFIG_CONNECTORS; i-- > 0;)
		if (thread->heads[i].lit)
			name = thread->heads[i].layout.screen.name;
	figure_store(&thread->figures->lit, *name != '\0');
	pthread_mutex_lock(&thread->lock);
	snprintf(thread->shown_on, sizeof(thread->shown_on), "%s", name);
	pthread_mutex_unlock(&thread->lock);
}

static void
log_layout(const struct head *head)
{
	static const char *const words[] = { "fit", "integer", "fill", "none" };
	static const char *const turns[] = { "", ", turned 90", ", turned 180",
		", turned 270" };
	const struct config_display *config = &head->thread->config;
	const struct scale *scale = &head->layout.scale;

	log_info("display: %s; canvas %ux%u as %ux%u (%s%s%s)", head->layout.screen.name,
		scale->view.width, scale->view.height, scale->x.picture, scale->y.picture,
		words[config->scale], turns[config->rotate],
		config->mirror == MIRROR_X ? ", mirrored" : "");
}

/* The next frame is left to the timer: the driver is in the midst of its own work. */
void
head_lit(struct head *head)
{
	struct display_thread *thread = head->thread;

	layout_finish(&head->layout);
	head->layout = head->next;
	head->next = (struct layout){ 0 };
	head->slots[0].content = head->black ? HEAD_BLACK : HEAD_PICTURE;
	head->slots[0].version = head->black ? 0 : head->layout.version;
	head->slots[1].content = HEAD_BLACK;
	head->slots[1].version = 0;
	head->lit = true;
	head->under_way = false;
	head->front = 0;
	head->due_ns = uv_hrtime();
	figure_store(&thread->figures->frames, ++thread->frames);
	note_lit(thread);
	log_layout(head);
	display_first_picture(thread);
	wait_until_due(head);
}

void
head_shown(struct head *head)
{
	if (!head->under_way)
		return;
	finish_frame(head);
	tick(head);
}

void
head_dark(struct head *head)
{
	head->lit = head->under_way = false;
	note_lit(head->thread);
	uv_timer_stop(&head->timer);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		if (head->slots[i].reader)
			uv_poll_stop(&head->slots[i].bell);
}

/* ------------------------------------------------------------------ for the display */

void
head_init(struct head *head, struct display_thread *thread)
{
	head->thread = thread;
	head->timer.data = head;
	uv_timer_init(&thread->loop, &head->timer);
}

void
head_close(struct head *head)
{
	head_dark(head);
	uv_close((uv_handle_t *)&head->timer, NULL);
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		if (head->slots[i].reader)
			uv_close((uv_handle_t *)&head->slots[i].bell, NULL);
}

void
head_finish(struct head *head)
{
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		mural_reader_free(head->slots[i].reader);
		head->slots[i].reader = NULL;
	}
	layout_finish(&head->layout);
	layout_finish(&head->next);
}

void
head_lay_out(struct head *head)
{
	const struct display_thread *thread = head->thread;
	struct layout layout;

	if (!head->lit || layout_init(&layout, &head->layout.screen, &thread->config,
				  thread->hud, &thread->canvas->view) < 0)
		return;
	layout_finish(&head->layout);
	head->layout = layout;
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++)
		head->slots[i].content = HEAD_STALE;
	log_layout(head);
	tick(head);
}

void
head_redraw_hud(struct head *head)
{
	struct layout *layout = &head->layout;

	if (!head->lit || !layout->hud)
		return;
	layout_draw_hud(layout, head->thread->hud);
	tick(head);
}

void
head_show_black(struct head *head, bool black)
{
	head->black = black;
	tick(head);
}
