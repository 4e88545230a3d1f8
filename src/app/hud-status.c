/* SPDX-License-Identifier: MIT */
/* Composes the HUD's status text and decides when to update it. */
#include "app/hud-status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/util.h"
#include "hud/words.h"

#define SECOND_MS 1000
#define SECOND_NS 1e9
#define MS_NS UINT64_C(1000000)
#define LEGIBLE_SIZE 16 /* percent */
#define QUIET_S 20      /* how long a HUD that hides waits for more paint */
#define ORBIT_NS (600 * UINT64_C(1000000000))
#define TURN_S 30 /* signs change sooner, but this has to be typed */

/* ------------------------------------------------------------------ the text */

/* What was painted since the last call, and by how many. */
static void
update_figures(struct hud_status *hud_status)
{
	struct hud_text *text = &hud_status->text;
	const struct instance *i = hud_status->ingest->plugins->instances;
	const uint64_t now = uv_hrtime();
	double seconds = (double)MAX(now - hud_status->counted_ns, 1) / SECOND_NS;
	uint64_t counted = 0, painted, viewers = 0;
	struct counters sum;

	for (; i; i = i->next) {
		ingest_counters(hud_status->ingest, i, &sum);
		counted += sum.painted;
		viewers += sum.counts.viewers;
	}
	/* an instance that was closed takes its count along */
	painted = counted - MIN(counted, hud_status->counted);
	text->rate = (uint64_t)((double)painted / seconds + 0.5);
	if (painted > 0)
		text->rate = MAX(text->rate, 1);
	if (painted > 0)
		hud_people_somebody(&hud_status->people);
	text->total += painted;
	text->painting = hud_status->people.painting;
	text->watching = (uint32_t)viewers;
	hud_status->counted = counted;
	hud_status->counted_ns = now;
	hud_status->busy_s += painted > 0;
	if (painted > 0) {
		hud_status->quiet_s = 0;
		hud_status->painted_ns = now;
	}
	text->quiet = hud_status->quiet_s >= QUIET_S;
	text->turn = (uint32_t)(hud_status->busy_s / TURN_S);
	text->orbit = (uint32_t)((now - hud_status->began_ns) / ORBIT_NS);
}

/* The text makes room for it when there are pictures. */
static void
play_film(struct hud_status *hud_status)
{
	struct hud_text *text = &hud_status->text;
	struct hud_film *film = &hud_status->film;
	time_t begin;
	struct tm tm;

	if (text->invites)
		hud_film_play(film);
	else
		hud_film_end(film);
	text->film_width = film->width;
	text->film_height = film->height;
	*text->film_since = '\0';
	begin = (time_t)(film->begin_ms / SECOND_MS);
	if (film->width > 0 && localtime_r(&begin, &tm))
		(void)strftime(text->film_since, sizeof(text->film_since), "%H:%M", &tm);
}

static void
on_film(struct hud_film *film)
{
	struct hud_status *hud_status = container_of(film, struct hud_status, film);

	play_film(hud_status);
	hud_set_text(hud_status->hud, &hud_status->text);
}

/* Only while the first pixel is waited for, so that it ends it at once. */
static void
update_invitation(struct hud_status *hud_status)
{
	const uint64_t after_ns = hud_status->attract_ms * MS_NS;
	struct hud_text *text = &hud_status->text;

	text->invites = after_ns > 0 && !text->paused && !text->waits_for_network &&
			uv_hrtime() - hud_status->painted_ns >= after_ns &&
			uv_is_active((uv_handle_t *)&hud_status->wakeup);
	*text->block = '\0';
	if (text->invites)
		hud_lines_write_block(&hud_status->lines, text);
	play_film(hud_status);
}

static void
update_text(struct hud_status *hud_status)
{
	update_figures(hud_status);
	hud_lines_write(&hud_status->lines, &hud_status->text);
	update_invitation(hud_status);
	hud_set_text(hud_status->hud, &hud_status->text);
}

static void
on_invitation(uv_timer_t *timer)
{
	update_text(timer->data);
}

/* Invites when the time has come, if nothing paints until then. */
static void
plan_invitation(struct hud_status *hud_status)
{
	const uint64_t after = hud_status->attract_ms;
	uint64_t quiet = (uv_hrtime() - hud_status->painted_ns) / MS_NS;

	uv_timer_stop(&hud_status->invitation);
	if (after == 0 || !uv_is_active((uv_handle_t *)&hud_status->wakeup))
		return;
	uv_update_time(hud_status->invitation.loop);
	/* one more, since the loop's time is in whole ones */
	uv_timer_start(
		&hud_status->invitation, on_invitation, after - MIN(quiet, after) + 1, 0);
}

/* The text is updated every second from now on. */
static void
leave_idle(struct hud_status *hud_status)
{
	uv_timer_stop(&hud_status->invitation);
	if (!hud_status->text.invites)
		uv_poll_stop(&hud_status->wakeup);
	hud_status->counted_ns = uv_hrtime();
	hud_people_start(&hud_status->people, hud_status->ingest);
	uv_timer_again(&hud_status->second);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	struct hud_status *hud_status = wakeup->data;

	(void)status;
	(void)events;
	hud_status->text.invites = false;
	play_film(hud_status);
	hud_status->painted_ns = uv_hrtime();
	leave_idle(hud_status);
	/* nobody has counted yet who it was */
	hud_people_somebody(&hud_status->people);
	hud_status->quiet_s = 0;
	hud_status->text.quiet = false;
	hud_status->text.painting = hud_status->people.painting;
	hud_set_text(hud_status->hud, &hud_status->text);
}

static void
on_second(uv_timer_t *timer)
{
	struct hud_status *hud_status = timer->data;

	hud_status->quiet_s++;
	update_text(hud_status);
	if (hud_status->text.rate > 0 || hud_status->text.painting > 0 ||
		(hud_status->hides && !hud_status->text.quiet))
		return;
	mural_reader_take(hud_status->reader, hud_status->tiles);
	if (mural_reader_arm(hud_status->reader))
		return;
	uv_timer_stop(timer);
	hud_people_stop(&hud_status->people);
	uv_poll_start(&hud_status->wakeup, UV_READABLE, on_wakeup);
	plan_invitation(hud_status);
}

/* ------------------------------------------------------------------ start and stop */

static enum hud_language
language_of(const struct config_display *display)
{
	if (display->language == LANGUAGE_AUTO)
		return words_language_of_locale();
	return display->language == LANGUAGE_GERMAN ? HUD_GERMAN : HUD_ENGLISH;
}

void
hud_status_dress(struct hud_status *hud_status, struct hud *hud,
	const struct config_display *display)
{
	const enum hud_language language = language_of(display);
	const struct hud_look look = {
		.title = display->title,
		.logo = display->logo,
		.wifi = display->wifi,
		.font = display->font,
		.ground = display->colours.ground,
		.ink = display->colours.ink,
		.accent = display->colours.accent,
		.figures = display->colours.figures,
		.language = language,
	};

	if (!hud)
		return;
	hud_status->lines.language = language;
	hud_status->hides = display->hud_place == PLACE_IDLE;
	if (display->hud && display->hud_size > 0 && display->hud_size < LEGIBLE_SIZE)
		log_info("hud: with display.hud-size = %d the letters of the first line "
			 "are less than 1/25 of the screen's height",
			(int)display->hud_size);
	hud_set_look(hud, &look);
	hud_status->attract_ms = display->attract;
	if (hud_status->hud && uv_is_active((uv_handle_t *)&hud_status->wakeup)) {
		plan_invitation(hud_status);
		update_text(hud_status);
	}
	if (hud_status->hides && !hud_status->text.quiet)
		hud_status_wake(hud_status);
}

int
hud_status_start(struct hud_status *hud_status, struct hud *hud, struct ingest *ingest,
	struct canvas *canvas, const char *recording, uv_loop_t *loop)
{
	*hud_status = (struct hud_status){
		.ingest = ingest,
		.lines.ingest = ingest,
		.lines.language = hud_status->lines.language,
		.hides = hud_status->hides,
		.attract_ms = hud_status->attract_ms,
		.began_ns = uv_hrtime(),
		.painted_ns = uv_hrtime(),
		.quiet_s = QUIET_S,
	};
	hud_status->reader = canvas_reader_new(canvas);
	hud_status->tiles = calloc(canvas->view.words, sizeof(uint64_t));
	if (!hud_status->reader || !hud_status->tiles) {
		mural_reader_free(hud_status->reader);
		free(hud_status->tiles);
		log_error("hud: out of memory");
		return -ENOMEM;
	}
	hud_status->hud = hud;
	uv_poll_init(loop, &hud_status->wakeup, mural_reader_fd(hud_status->reader));
	uv_timer_init(loop, &hud_status->second);
	uv_timer_init(loop, &hud_status->invitation);
	hud_status->wakeup.data = hud_status->second.data = hud_status;
	hud_status->invitation.data = hud_status;
	hud_film_start(&hud_status->film, hud, recording, loop, on_film);
	(void)hud_ripples_start(&hud_status->ripples, hud, ingest, canvas, loop);
	hud_lines_readdress(&hud_status->lines);
	hud_status->counted_ns = uv_hrtime();
	update_text(hud_status);
	hud_people_start(&hud_status->people, ingest);
	uv_timer_start(&hud_status->second, on_second, SECOND_MS, SECOND_MS);
	return 0;
}

void
hud_status_refresh(struct hud_status *hud_status)
{
	if (!hud_status->hud)
		return;
	update_text(hud_status);
}

void
hud_status_readdress(struct hud_status *hud_status)
{
	if (!hud_status->hud)
		return;
	hud_lines_readdress(&hud_status->lines);
	update_text(hud_status);
}

void
hud_status_wake(struct hud_status *hud_status)
{
	hud_status->busy_s = 0; /* what changed comes next */
	if (hud_status->hud && !uv_is_active((uv_handle_t *)&hud_status->second))
		leave_idle(hud_status);
}

void
hud_status_notice(struct hud_status *hud_status, const char *notice)
{
	struct hud_text *text = &hud_status->text;

	if (!hud_status->hud || strcmp(text->notice, notice) == 0)
		return;
	snprintf(text->notice, sizeof(text->notice), "%s", notice);
	hud_set_text(hud_status->hud, text);
}

void
hud_status_cleared(struct hud_status *hud_status)
{
	if (hud_status->hud)
		hud_film_forget(&hud_status->film);
}

void
hud_status_frozen(struct hud_status *hud_status, bool paused,
	const struct mural_rect *parts, size_t n_parts)
{
	struct hud_text *text = &hud_status->text;

	if (!hud_status->hud)
		return;
	text->paused = paused;
	text->n_frozen = paused ? 0 : (uint32_t)MIN(n_parts, HUD_FROZEN_MAX);
	for (uint32_t i = 0; i < text->n_frozen; i++)
		text->frozen[i] = (struct box){ parts[i].x, parts[i].y,
			parts[i].x + parts[i].width, parts[i].y + parts[i].height };
	update_invitation(hud_status);
	hud_set_text(hud_status->hud, text);
}

void
hud_status_stop(struct hud_status *hud_status)
{
	if (!hud_status->hud)
		return;
	/* first: the film turns the loop, and nothing may start again then */
	hud_status->hud = NULL;
	uv_close((uv_handle_t *)&hud_status->wakeup, NULL);
	uv_close((uv_handle_t *)&hud_status->second, NULL);
	uv_close((uv_handle_t *)&hud_status->invitation, NULL);
	hud_film_stop(&hud_status->film);
	hud_people_stop(&hud_status->people);
	hud_ripples_stop(&hud_status->ripples);
	mural_reader_free(hud_status->reader);
	free(hud_status->tiles);
}
