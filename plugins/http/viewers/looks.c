/* SPDX-License-Identifier: MIT */
/* Looks at the canvas for those who watch it, and has what changed encoded. */
#include "http/viewers/viewers.h"

#include "http/http.h"
#include "http/viewers/canvas-png.h"

/* A moment to gather what is painted together. */
#define GATHER_MS 10

/* How long to wait for memory. */
#define STARVED_MS 1000

/* Deltas are kept as long as they are shorter than the picture, or than this. */
#define DELTA_RING_BYTES (64 * 1024)

/* Frames that only slow viewers still hold may be so long together; then the slowest one
 * goes. */
#define BYTES_MAX (128 * 1024 * 1024)

static const enum product keys[] = { PLACE_KEY, LIVE_KEY };
static const enum product deltas[] = { PLACE_DELTA, LIVE_DELTA };

/* ------------------------------------------------------------------- who wants what */

/* Whether it goes on from what it was shown. */
static bool
follows(const struct viewers *viewers, const struct viewer *viewer)
{
	return viewer->wants_deltas && !viewer->wants_key &&
	       delta_ring_reaches(
		       &viewers->deltas[viewer->dialect], viewer->shown, viewers->number);
}

static bool
is_followed(const struct viewers *viewers, enum dialect dialect)
{
	for (const struct viewer *v = viewers->first; v; v = v->next)
		if (v->dialect == dialect && follows(viewers, v))
			return true;
	return false;
}

bool
viewers_captured_since(const struct viewers *viewers, uint32_t since)
{
	return (int32_t)(viewers->captured - since) > 0;
}

/* The kept key, if it will do.  The page may as well begin a little earlier, as long as
 * the deltas since are there, which is short work even when a thousand come. */
static struct frame *
find_key(const struct viewers *viewers, const struct viewer *viewer)
{
	struct frame *key = viewers->kept[keys[viewer->dialect]];

	if (!key)
		return NULL;
	if (viewers_captured_since(viewers, viewer->since) &&
		key->number == viewers->number)
		return key;
	return viewer->dialect == DIALECT_LIVE && is_followed(viewers, DIALECT_LIVE)
		       ? key
		       : NULL;
}

struct frame *
viewers_next_frame(struct viewers *viewers, struct viewer *viewer)
{
	struct frame *next = NULL;

	if (!viewer->wants_key) {
		if (!viewer->wants_deltas || viewer->shown == viewers->number)
			return NULL;
		next = delta_ring_find(
			&viewers->deltas[viewer->dialect], viewer->shown + 1);
		if (!next)
			viewer_request_key(viewer);
	}
	if (!next)
		next = find_key(viewers, viewer);
	if (!next) {
		viewers_schedule(viewers);
		return NULL;
	}
	viewer->wants_key = false;
	viewer->shown = next->number;
	return next;
}

static unsigned
bit(enum product product)
{
	return 1u << product;
}

/* That, or only a look. */
#define CAPTURE (1u << PRODUCTS)

/* Products that are wanted now. */
static unsigned
wanted_now(const struct viewers *viewers)
{
	unsigned wanted = 0;

	for (const struct viewer *v = viewers->first; v; v = v->next) {
		if (v->wants_key && viewer_is_idle(v))
			wanted |= bit(keys[v->dialect]);
		else if (follows(viewers, v))
			wanted |= bit(deltas[v->dialect]);
	}
	for (const struct pending_png *pending = viewers->pending_pngs; pending;
		pending = pending->next)
		wanted |= pending->has_tag ? CAPTURE : bit(WHOLE_PICTURE);
	return wanted;
}

/* ------------------------------------------------------------------------ looks */

static void
capture_soon(struct viewers *viewers, uint64_t gather_ms)
{
	uint64_t now = uv_now(viewers->http->host->loop);
	uint64_t delay = viewers->due_ms > now ? viewers->due_ms - now : 0;

	uv_poll_stop(&viewers->wakeup);
	uv_timer_start(
		&viewers->tick, viewers_tick, delay > gather_ms ? delay : gather_ms, 0);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	(void)status;
	(void)events;
	capture_soon(wakeup->data, GATHER_MS);
}

/* Whether somebody cannot wait for a change. */
static bool
is_urgent(unsigned wanted)
{
	return wanted & ~(bit(PLACE_DELTA) | bit(LIVE_DELTA));
}

void
viewers_schedule(struct viewers *viewers)
{
	unsigned wanted;

	if (viewers->stopping || viewers->encoding ||
		uv_is_active((uv_handle_t *)&viewers->tick))
		return;
	wanted = wanted_now(viewers);
	if (is_urgent(wanted))
		capture_soon(viewers, 0);
	else if (!wanted)
		uv_poll_stop(&viewers->wakeup);
	else if (uv_is_active((uv_handle_t *)&viewers->wakeup))
		return;
	else if (mural_reader_arm(viewers->encoder.diff.reader))
		capture_soon(viewers, GATHER_MS);
	else
		uv_poll_start(&viewers->wakeup, UV_READABLE, on_wakeup);
}

/* What was kept and is still good. */
static unsigned
had_now(const struct viewers *viewers)
{
	unsigned had = 0;

	for (int i = 0; i < PRODUCTS; i++)
		if (viewers->kept[i] && viewers->kept[i]->number == viewers->number)
			had |= bit(i);
	return had;
}

void
viewers_encode(struct job_worker *worker)
{
	struct viewers *viewers = worker->data;
	uint64_t start = uv_hrtime();

	viewers->changed = encoder_run(
		&viewers->encoder, viewers->wanted, viewers->had, viewers->made);
	viewers->encode_ms = (uv_hrtime() - start) / 1000000;
}

static void
keep_product(struct viewers *viewers, enum product product)
{
	frame_release(viewers->kept[product]);
	viewers->kept[product] = viewers->made[product];
	viewers->made[product] = NULL;
}

/* The deltas of a dialect go on, or nobody needs them any more. */
static void
push_delta(struct viewers *viewers, enum dialect dialect)
{
	struct delta_ring *ring = &viewers->deltas[dialect];
	struct frame *delta = viewers->made[deltas[dialect]];
	size_t bytes = viewers->key_bytes[dialect];

	if (delta)
		delta_ring_add(
			ring, delta, bytes > DELTA_RING_BYTES ? bytes : DELTA_RING_BYTES);
	else
		delta_ring_clear(ring);
}

static void
forget_old_keys(struct viewers *viewers)
{
	struct frame *live = viewers->kept[LIVE_KEY];

	for (int i = 0; i < PRODUCTS; i++)
		if (i != LIVE_KEY ||
			(live && !delta_ring_reaches(&viewers->deltas[DIALECT_LIVE],
					 live->number, viewers->number))) {
			frame_release(viewers->kept[i]);
			viewers->kept[i] = NULL;
		}
}

static void
take_results(struct viewers *viewers)
{
	for (int i = 0; i < PRODUCTS; i++)
		if (viewers->made[i])
			frame_count(viewers->made[i],
				i == WHOLE_PICTURE ? &viewers->http->picture_bytes
						   : &viewers->bytes);
	if (viewers->changed > 0) {
		viewers->number = viewers->encoder.diff.number;
		for (int i = 0; i < DIALECTS; i++)
			push_delta(viewers, i);
		forget_old_keys(viewers);
	}
	for (int i = 0; i < PRODUCTS; i++) {
		if (LASTING & bit(i) && viewers->made[i])
			keep_product(viewers, i);
		frame_release(viewers->made[i]);
		viewers->made[i] = NULL;
	}
	for (int i = 0; i < DIALECTS; i++)
		if (viewers->kept[keys[i]])
			viewers->key_bytes[i] = viewers->kept[keys[i]]->bytes;
}

/* Memory was short, if something that was wanted is not there. */
static bool
is_starved(const struct viewers *viewers)
{
	unsigned missing = viewers->wanted & (CAPTURE - 1);

	if (viewers->changed < 0)
		return true;
	if (viewers->changed == 0)
		missing &= LASTING & ~viewers->had;
	for (int i = 0; i < PRODUCTS; i++)
		if (viewers->made[i])
			missing &= ~bit(i);
	return missing;
}

static void
set_pace(struct viewers *viewers, bool starved)
{
	uint64_t fps = viewers->http->config->viewer_fps;
	uint64_t due = viewers->captured_ms + (1000 + fps - 1) / fps;
	/* at most half of a core, whatever it costs */
	uint64_t rested = uv_now(viewers->http->host->loop) + viewers->encode_ms;

	viewers->due_ms = starved ? rested + STARVED_MS : due > rested ? due : rested;
	if (starved && !viewers->is_starved)
		mural_log(viewers->http->host, MURAL_WARN,
			"viewers see nothing new while memory is short");
	viewers->is_starved = starved;
}

/* ----------------------------------------------------------------- after a look */

/* The frames that viewers took their time for are too many: those who hold the oldest
 * ones go. */
static void
drop_slowest(struct viewers *viewers)
{
	while (viewers->bytes > BYTES_MAX) {
		struct viewer *slowest = NULL;
		uint32_t most = 0;

		for (struct viewer *v = viewers->first; v; v = v->next)
			if (v->frame && viewers->number - v->frame->number > most) {
				most = viewers->number - v->frame->number;
				slowest = v;
			}
		if (!slowest)
			return;
		viewer_drop(slowest);
	}
}

void
viewers_encoded(struct job_worker *worker)
{
	struct viewers *viewers = worker->data;
	bool starved = is_starved(viewers);

	viewers->encoding = false;
	viewers->captured = viewers->captures;
	take_results(viewers);
	if (viewers->stopping) {
		viewers_stop_worker(viewers);
		return;
	}
	set_pace(viewers, starved);
	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next)
		viewer_push(viewer);
	drop_slowest(viewers);
	canvas_png_answer_pending(viewers, starved);
	viewers_schedule(viewers);
}

void
viewers_tick(uv_timer_t *timer)
{
	struct viewers *viewers = timer->data;

	viewers->wanted = wanted_now(viewers);
	if (!viewers->wanted)
		return;
	viewers->had = had_now(viewers);
	viewers->captured_ms = uv_now(viewers->http->host->loop);
	viewers->captures++;
	viewers->encoding = true;
	job_worker_post(&viewers->worker);
}
