/* SPDX-License-Identifier: MIT */
/* Joins, seeds an engine that has nothing, and saves what the engine has lost. */
#include "link/join.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "lib/digits.h"

/* How many looks at the engine to wait for a wall that has the snapshot. */
#define PATIENCE 3

#define FORMAT "rgb-planes"

void
join_begin(struct link *link)
{
	uint32_t *pixels;

	if (link->has_joined && !link->before)
		mural_metric_add(link->host, METRIC_RESYNCS, 1);
	if (!link->before) {
		pixels = malloc(picture_size(&link->shared) * sizeof(*pixels));
		if (!pixels) {
			engine_restart(link->engine, "there is no memory to join");
			return;
		}
		memcpy(pixels, link->shared.pixels,
			picture_size(&link->shared) * sizeof(*pixels));
		link->before = pixels;
	}
	link->phase = PHASE_JOINING;
	engine_get_snapshot(link->engine);
}

/* ------------------------------------------------------------------- seeding */

static void
be_born(char born[40])
{
	uint64_t random[2] = { 0, 0 };

	(void)!getrandom(random, sizeof(random), 0);
	snprintf(born, 40, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
}

/* The first wall's picture is the first. */
static void
seed(struct link *link)
{
	char born[40];
	struct snapshot snapshot = {
		.width = link->shared.view.width,
		.height = link->shared.view.height,
		.born = { born, 32 },
		.format = { FORMAT, strlen(FORMAT) },
	};
	struct picture first = link->shared;
	size_t len;
	uint8_t *packed;

	be_born(born);
	first.pixels = link->before;
	picture_rehash(&first);
	packed = picture_pack(first.pixels, picture_size(&first), &len);
	if (!packed)
		return; /* the next look tries again */
	snapshot.picture = (struct blob){ packed, len };
	engine_put_snapshot(link->engine, &snapshot, first.hash);
	free(packed);
}

/* Another wall may have been the first, or the engine takes nothing: ask again, but once.
 */
void
join_seeded(struct link *link, bool done)
{
	if (done || link->patience++ == 0)
		engine_get_snapshot(link->engine);
}

/* Somebody may still have what the engine has lost. */
static void
join_nothing(struct link *link)
{
	const struct entry_id none = { 0, 0 };

	if (link->config->role == ROLE_VIEW)
		state_waits(link, "nobody has painted there yet");
	else if (entry_id_compare(&link->state.tip, &none) == 0 ||
		 ++link->patience > PATIENCE)
		seed(link);
	else
		state_waits(link, "its snapshot is missing");
}

/* ------------------------------------------------------------------- joining */

static void
set_born(struct link *link, const struct snapshot *snapshot)
{
	const bool is_same = blob_is(&snapshot->born, link->born);
	struct sent *sent;

	if (!is_same)
		engine_forget_acts(link->engine);
	TAILQ_FOREACH(sent, &link->sent, next)
	{
		sent->is_in_log = is_same && sent->has_landed &&
				  entry_id_compare(&sent->id, &snapshot->id) <= 0;
	}
	snprintf(link->born, sizeof(link->born), "%.*s", (int)snapshot->born.len,
		(const char *)snapshot->born.data);
}

/* False: it does not fit; says so. */
static bool
take_picture(struct link *link, const struct snapshot *snapshot)
{
	const struct mural_view *view = &link->shared.view;
	char text[100];

	if (snapshot->width != view->width || snapshot->height != view->height)
		snprintf(text, sizeof(text),
			"there is %" PRIu32 "x%" PRIu32 ", here %" PRIu32 "x%" PRIu32
			" (see picture and origin)",
			snapshot->width, snapshot->height, view->width, view->height);
	else if (!snapshot->picture.data || snapshot->born.len >= sizeof(link->born) ||
		 !blob_is(&snapshot->region, link->region) ||
		 !blob_is(&snapshot->format, FORMAT) ||
		 picture_unpack(&link->shared, snapshot->picture.data,
			 snapshot->picture.len) < 0)
		snprintf(text, sizeof(text), "its snapshot cannot be read");
	else
		return true;
	if (!link->was_wrong)
		mural_log(link->host, MURAL_WARN,
			"%s has wall %s, but %s; asking again every few seconds",
			link->config->engine, link->config->wall, text);
	link->was_wrong = true;
	state_waits(link, text);
	return false;
}

void
join_snapshot(struct link *link, const struct snapshot *snapshot)
{
	if (!snapshot) {
		join_nothing(link);
		return;
	}
	if (!take_picture(link, snapshot))
		return;
	set_born(link, snapshot);
	link->patience = 0;
	link->was_wrong = false;
	link->since_join = 0;
	link->is_stale = true;
	if (entry_id_compare(&snapshot->id, &link->from) != 0)
		link->is_doubted = false;
	link->last = link->from = snapshot->id;
	link->hashes.ring[0].id = snapshot->id;
	link->hashes.ring[0].hash = link->shared.hash;
	link->hashes.n = 1;
	link->phase = PHASE_CATCHING;
	keeper_checked(link);
	engine_read(link->engine, &link->last, false);
}

bool
join_was_after(const struct link *link, const struct blob *id)
{
	const uint64_t first = link->hashes.n > HASHES ? link->hashes.n - HASHES : 0;
	struct entry_id checked = { 0, 0 };
	const char *p = digits_read(id->data, UINT64_MAX, &checked.ms);

	if (!p || *p != '-' || !digits_read(p + 1, UINT64_MAX, &checked.seq))
		return false;
	return entry_id_compare(&checked, &link->hashes.ring[first % HASHES].id) < 0;
}

/* ------------------------------------------------------------------ finishing */

/* Is an own pixel of an entry that the log has no more, still there, and to be sent? */
static bool
is_lost(const struct link *link, const struct spot *spot, uint32_t argb)
{
	uint32_t x, y, now = 0;

	return link->before[spot->place] == argb &&
	       link->shared.pixels[spot->place] != argb &&
	       window_find(&link->window, spot, &x, &y) &&
	       mural_get(link->host->brush, x, y, &now) && now == argb;
}

/* Own pixels that the log has lost keep their colour: their `before` is that of the log,
 * so that they differ and are sent. */
static void
save_entry(struct link *link, const struct sent *sent)
{
	struct tile_pixels pixels;
	int64_t n = 0;

	if (frame_unpack(&link->frame, &link->shared.view, sent->payload, sent->len) < 0)
		return;
	while (frame_next(&link->frame, &pixels)) {
		const struct spot corner = picture_corner(&link->shared, pixels.tile);
		const uint32_t *argb = pixels.colours;

		for (uint32_t place = 0; tile_pixels_next(&pixels, &place); place++) {
			const struct spot spot =
				picture_within(&link->shared, &corner, place);

			if (!is_lost(link, &spot, *argb++))
				continue;
			link->before[spot.place] = link->shared.pixels[spot.place];
			n++;
		}
	}
	mural_metric_add(link->host, METRIC_RESENT, n);
}

static void
save_lost(struct link *link)
{
	struct sent *sent;

	sent_forget(link, false);
	TAILQ_FOREACH(sent, &link->sent, next)
	{
		if (!sent->is_in_log && sent->has_landed)
			save_entry(link, sent);
	}
}

/* The canvas follows where it has what the log said before. */
static void
adopt(struct link *link)
{
	uint32_t *before = link->before;

	save_lost(link);
	link->before = NULL;
	for (uint32_t i = 0; i < picture_size(&link->shared); i++) {
		const struct spot spot = picture_spot(&link->shared, i);

		if (!flight_has(link, &spot))
			link_paint(link, &spot, before[i], link->shared.pixels[i]);
	}
	free(before);
	mural_publish(link->host);
	link->has_joined = true;
}

void
join_finish(struct link *link)
{
	if (link->before)
		adopt(link);
	link->phase = PHASE_LINKED;
	state_linked(link);
	if (!link->is_looking)
		link_look(link); /* now with the engine's clock */
	flight_ask(link);
	publish_all(link);
	publish_soon(link);
}
