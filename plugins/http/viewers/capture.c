/* SPDX-License-Identifier: MIT */
/* Schedules captures of the canvas, has them encoded, and keeps the results. */
#include "http/viewers/capture.h"

#include <errno.h>

#include "http/viewers/codec-live.h"

/* Between the first change and the capture, to gather what is painted together. */
#define GATHER_MS 10

/* Until the next attempt when out of memory. */
#define STARVED_MS 1000

/* Deltas are kept while they are shorter than the key frame, or than this. */
#define DELTA_RING_BYTES (64 * 1024)

/* Good until the canvas changes. */
#define LASTING                                                                          \
	(1u << PLACE_KEY | 1u << PLACE_AGAIN | 1u << LIVE_KEY | 1u << WHOLE_PICTURE |    \
		1u << LIVE_COARSE)

static bool
is_deflatable(enum product product)
{
	return product == PLACE_KEY || product == PLACE_AGAIN || product == PLACE_DELTA;
}

bool
capture_is_newer(const struct capture *capture, uint32_t since)
{
	return (int32_t)(capture->done - since) > 0;
}

bool
capture_has(const struct capture *capture, enum product product)
{
	const struct frame *frame = capture->kept[product];

	return frame && frame->number == capture->number;
}

/* ---------------------------------------------------------------- the thread */

static struct frame *
encode_place(struct capture *capture, enum png_kind what)
{
	struct frame *frame = codec_png_encode(&capture->png, &capture->diff, what);

	if (frame && capture->deflates)
		frame_deflate(frame);
	return frame;
}

static struct frame *
encode_product(struct capture *capture, enum product product)
{
	const struct framediff *diff = &capture->diff;

	switch (product) {
	case PLACE_KEY:
		return encode_place(capture, PICTURE_FULL);
	case PLACE_AGAIN:
		return encode_place(capture, PICTURE_AGAIN);
	case PLACE_DELTA:
		return encode_place(capture, PICTURE_DELTA);
	case WHOLE_PICTURE:
		return codec_png_encode(&capture->png, diff, PICTURE_WHOLE);
	case LIVE_COARSE:
		return codec_live_encode_coarse(capture->live, diff);
	default:
		return codec_live_encode(capture->live, diff, product == LIVE_KEY);
	}
}

static void
encode_capture(struct job_worker *worker)
{
	struct capture *capture = worker->data;
	uint64_t start = uv_hrtime();

	capture->changed = framediff_update(&capture->diff);
	if (capture->changed == 0)
		capture->making &= LASTING & ~capture->had;
	for (int i = 0; capture->changed >= 0 && i < PRODUCTS; i++)
		if (capture->making & 1u << i)
			capture->made[i] = encode_product(capture, i);
	capture->encode_ms = (uv_hrtime() - start) / 1000000;
}

/* --------------------------------------------------------------- the results */

static void
release_frame(struct frame **frame)
{
	frame_release(*frame);
	*frame = NULL;
}

/* Extends the deltas of a dialect, or drops them because nobody follows them. */
static void
push_delta(struct capture *capture, enum dialect dialect)
{
	struct delta_ring *ring = &capture->deltas[dialect];
	struct frame *delta = capture->made[delta_product(dialect)];
	size_t bytes = capture->key_bytes[dialect];

	if (!delta) {
		delta_ring_clear(ring);
		return;
	}
	delta->made_ms = uv_now(capture->tick.loop);
	delta_ring_add(ring, delta, bytes > DELTA_RING_BYTES ? bytes : DELTA_RING_BYTES);
}

/* Of the old keys only /live's is of use, with the deltas that lead on from it. */
static void
drop_old_keys(struct capture *capture)
{
	struct frame *live = capture->kept[LIVE_KEY];

	for (int i = 0; i < PRODUCTS; i++)
		if (i != LIVE_KEY ||
			(live && !delta_ring_reaches(&capture->deltas[DIALECT_LIVE],
					 live->number, capture->number)))
			release_frame(&capture->kept[i]);
}

static void
note_key_bytes(struct capture *capture, enum dialect dialect, enum product key)
{
	if (capture->kept[key])
		capture->key_bytes[dialect] = capture->kept[key]->bytes;
}

static void
take_results(struct capture *capture)
{
	for (int i = 0; i < PRODUCTS; i++)
		if (capture->made[i] && i != WHOLE_PICTURE)
			frame_count(capture->made[i], &capture->viewer_bytes);
	if (capture->changed > 0) {
		capture->number = capture->diff.number;
		for (int i = 0; i < DIALECTS; i++)
			push_delta(capture, i);
		drop_old_keys(capture);
	}
	for (int i = 0; i < PRODUCTS; i++) {
		if (LASTING & 1u << i && capture->made[i]) {
			frame_release(capture->kept[i]);
			capture->kept[i] = frame_hold(capture->made[i]);
		}
		release_frame(&capture->made[i]);
	}
	note_key_bytes(capture, DIALECT_PLACE, PLACE_AGAIN);
	note_key_bytes(capture, DIALECT_PLACE, PLACE_KEY);
	note_key_bytes(capture, DIALECT_LIVE, LIVE_KEY);
}

static bool
is_starved(const struct capture *capture)
{
	unsigned missing = capture->making & (CAPTURE_ONLY - 1);

	for (int i = 0; i < PRODUCTS; i++)
		if (capture->made[i])
			missing &= ~(1u << i);
	return capture->changed < 0 || missing;
}

/* Encoding takes at most half of a core. */
static void
set_pace(struct capture *capture, bool starved)
{
	uint64_t due = capture->begun_ms + (1000 + capture->fps - 1) / capture->fps;
	uint64_t rested = uv_now(capture->tick.loop) + capture->encode_ms;

	capture->due_ms = starved ? rested + STARVED_MS : due > rested ? due : rested;
	if (starved && !capture->starved)
		mural_log(capture->web->host, MURAL_WARN,
			"out of memory: viewers see no changes for now");
	capture->starved = starved;
}

static void
on_encoded(struct job_worker *worker)
{
	struct capture *capture = worker->data;
	bool starved = is_starved(capture);

	capture->encoding = false;
	capture->done = capture->begun;
	take_results(capture);
	set_pace(capture, starved);
	capture->on_done(capture, starved);
	capture_schedule(capture);
}

/* ----------------------------------------------------------------- scheduling */

/* A key frame that was made while no viewer read deflate is made anew for one that does.
 */
static unsigned
kept_products(const struct capture *capture)
{
	unsigned kept = 0;

	for (int i = 0; i < PRODUCTS; i++)
		if (capture_has(capture, i) && (!capture->deflates || !is_deflatable(i) ||
						       capture->kept[i]->deflated))
			kept |= 1u << i;
	return kept;
}

static void
on_tick(uv_timer_t *timer)
{
	struct capture *capture = timer->data;

	capture->making = capture->wanted(capture);
	if (!capture->making)
		return;
	capture->deflates = capture->n_deflating > 0;
	capture->had = kept_products(capture);
	capture->begun_ms = uv_now(timer->loop);
	capture->begun++;
	capture->encoding = true;
	job_worker_post(&capture->worker);
}

static void
capture_soon(struct capture *capture, uint64_t gather_ms)
{
	uint64_t now = uv_now(capture->tick.loop);
	uint64_t delay = capture->due_ms > now ? capture->due_ms - now : 0;

	uv_poll_stop(&capture->wakeup);
	uv_timer_start(&capture->tick, on_tick, delay > gather_ms ? delay : gather_ms, 0);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	(void)status;
	(void)events;
	capture_soon(wakeup->data, GATHER_MS);
}

static bool
is_due(const struct capture *capture)
{
	return capture->stopping || capture->encoding ||
	       uv_is_active((const uv_handle_t *)&capture->tick);
}

static void
on_asked(uv_idle_t *asked)
{
	struct capture *capture = asked->data;
	unsigned wanted;

	uv_idle_stop(asked);
	if (is_due(capture))
		return;
	wanted = capture->wanted(capture);
	if (wanted & ~(1u << PLACE_DELTA | 1u << LIVE_DELTA))
		capture_soon(capture, 0); /* it cannot wait for a change */
	else if (!wanted)
		uv_poll_stop(&capture->wakeup);
	else if (uv_is_active((uv_handle_t *)&capture->wakeup))
		return;
	else if (mural_reader_arm(capture->diff.reader))
		capture_soon(capture, GATHER_MS);
	else
		uv_poll_start(&capture->wakeup, UV_READABLE, on_wakeup);
}

/* All viewers are asked what they want: once in a turn of the loop, however many of them
 * come and go in it. */
void
capture_schedule(struct capture *capture)
{
	if (!is_due(capture))
		uv_idle_start(&capture->asked, on_asked);
}

/* --------------------------------------------------------------- start, stop */

static void
free_codecs(struct capture *capture)
{
	framediff_finish(&capture->diff);
	codec_live_free(capture->live);
}

int
capture_start(struct capture *capture, struct web *web, unsigned fps)
{
	uv_loop_t *loop = web->host->loop;
	int ret = framediff_init(&capture->diff, web->host);

	capture->web = web;
	capture->fps = fps;
	capture->live = codec_live_new();
	if (ret == 0 && !capture->live)
		ret = -ENOMEM;
	capture->worker = (struct job_worker){
		.run = encode_capture,
		.on_done = on_encoded,
		.data = capture,
	};
	if (ret == 0)
		ret = job_worker_start(&capture->worker, loop);
	if (ret < 0) {
		free_codecs(capture);
		return ret;
	}
	uv_timer_init(loop, &capture->tick);
	uv_poll_init(loop, &capture->wakeup, mural_reader_fd(capture->diff.reader));
	uv_idle_init(loop, &capture->asked);
	capture->tick.data = capture->wakeup.data = capture->asked.data = capture;
	for (int handles = 4; handles > 0; handles--)
		web_hold(web);
	return 0;
}

void
capture_forget_viewers(struct capture *capture)
{
	for (int i = 0; i < PRODUCTS; i++)
		if (i != WHOLE_PICTURE)
			release_frame(&capture->kept[i]);
	for (int i = 0; i < DIALECTS; i++)
		delta_ring_clear(&capture->deltas[i]);
}

void
capture_stop(struct capture *capture)
{
	capture->stopping = true;
	framediff_cancel(&capture->diff);
	job_worker_stop(&capture->worker);
	web_close_handle(capture->web, (uv_handle_t *)&capture->worker.done);
	web_close_handle(capture->web, (uv_handle_t *)&capture->tick);
	web_close_handle(capture->web, (uv_handle_t *)&capture->wakeup);
	web_close_handle(capture->web, (uv_handle_t *)&capture->asked);
	for (int i = 0; i < PRODUCTS; i++)
		release_frame(&capture->made[i]);
	release_frame(&capture->kept[WHOLE_PICTURE]);
	capture_forget_viewers(capture);
	free_codecs(capture);
}
