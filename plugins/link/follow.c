/* SPDX-License-Identifier: MIT */
/*
 * Applies the log to the shared picture, and paints what follows from it.
 *
 * Every entry in the log's order, the own ones too: the shared picture takes its pixels.
 * Another's are painted where the canvas still has what the log said before, and nothing
 * of this wall is on its way; where it has not, there is something newer here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "link/join.h"
#include "link/link.h"

/* ------------------------------------------------------------------- entries */

/* Those of an own entry that was on its way, which are here: nothing is painted.  If the
 * canvas is newer already, whoever painted that says so as always, and the tile is
 * compared again.  Returns the pixels. */
static int64_t
apply_sent(struct link *link, const struct sent *sent)
{
	struct tile_change change;
	uint32_t n_tiles;
	const struct tile_pixels *tiles = flight_tiles(link, sent, &n_tiles);
	int64_t n = 0;

	for (uint32_t i = 0; i < n_tiles; n += tiles[i++].n) {
		picture_set(&link->shared, &tiles[i], &change);
		flight_remove(link, &tiles[i]);
	}
	return n;
}

/* Returns the pixels; -1: it makes no sense. */
static int64_t
apply_payload(struct link *link, const struct blob *payload)
{
	struct tile_pixels pixels;
	struct tile_change change;
	int64_t n = 0;

	if (frame_unpack(&link->frame, &link->shared.view, payload->data, payload->len) <
		0)
		return -1;
	for (; frame_next(&link->frame, &pixels); n += pixels.n) {
		picture_set(&link->shared, &pixels, &change);
		if (!link->before)
			link_paint_tile(link, pixels.tile, &change);
	}
	return n;
}

static void
apply(struct link *link, const struct entry *entry)
{
	struct sent *sent = sent_find(link, &entry->writer, &entry->pixels);
	const bool is_landing = flight_owns(link, sent);
	const int64_t n =
		is_landing ? apply_sent(link, sent) : apply_payload(link, &entry->pixels);

	if (n < 0) {
		mural_metric_add(link->host, METRIC_REJECTED, 1);
		return;
	}
	if (sent) {
		sent->id = entry->id;
		sent->is_in_log = true;
	}
	if (is_landing)
		flight_seen(link, sent);
	link->kept_entries++;
	link->kept_bytes += entry->pixels.len;
	mural_metric_add(link->host, METRIC_BYTES_IN, (int64_t)entry->pixels.len);
	mural_metric_add(link->host, METRIC_PIXELS_IN, n);
}

static void
remember_hash(struct link *link)
{
	struct hashes *hashes = &link->hashes;

	hashes->ring[hashes->n % HASHES].id = link->last;
	hashes->ring[hashes->n++ % HASHES].hash = link->shared.hash;
}

/* Was the picture, where the keeper made its snapshot, the same here?  An entry that was
 * never seen here is as wrong as another picture. */
static bool
is_as_checked(const struct link *link, const struct entry *entry)
{
	const struct hashes *hashes = &link->hashes;
	const uint64_t first = hashes->n > HASHES ? hashes->n - HASHES : 0;
	char id[ENTRY_ID_TEXT], hash[17];

	for (uint64_t i = first; i < hashes->n; i++) {
		entry_id_format(&hashes->ring[i % HASHES].id, id);
		if (entry->check.len != strlen(id) ||
			memcmp(entry->check.data, id, entry->check.len) != 0)
			continue;
		snprintf(
			hash, sizeof(hash), "%016" PRIx64, hashes->ring[i % HASHES].hash);
		return entry->hash.len == 16 && memcmp(entry->hash.data, hash, 16) == 0;
	}
	return join_was_after(link, &entry->check);
}

static struct writer
writer_of(const struct blob *name)
{
	struct writer writer = { .len = name->len };

	if (name->data)
		memcpy(writer.name, name->data,
			name->len < sizeof(writer.name) ? name->len
							: sizeof(writer.name));
	return writer;
}

/* While joining, the log may have been trimmed faster than it was read here: then there
 * is a newer snapshot.  If the snapshot was doubted before, joining again would find the
 * same one. */
static void
check_failed(struct link *link)
{
	mural_metric_add(link->host, METRIC_MISMATCHES, 1);
	if (!link->before || !link->is_doubted)
		link->is_wrong = true;
	link->is_doubted = link->before != NULL;
}

static void
on_entry(void *arg, const struct entry *entry)
{
	struct link *link = arg;

	if (entry_id_compare(&entry->id, &link->last) <= 0)
		return;
	link->last = entry->id;
	link->last_writer = writer_of(&entry->writer);
	link->since_join++;
	mural_metric_add(link->host, METRIC_ENTRIES_IN, 1);
	if (entry->pixels.data)
		apply(link, entry);
	if (entry->mark.data && flight_is_mark(link, &entry->mark))
		flight_cancel(link);
	if (entry->check.data) {
		if (!is_as_checked(link, entry))
			check_failed(link);
		keeper_checked(link);
	}
	remember_hash(link);
}

/* By the engine's clock; 0: it is not known yet. */
static uint64_t
now_there(const struct link *link)
{
	if (link->state.now_ms == 0)
		return 0;
	return link->state.now_ms + uv_now(link->host->loop) - link->looked_at;
}

/* Sends and does what operators did. */
static void
exchange_acts(struct link *link)
{
	const uint64_t now = now_there(link);

	if (link->phase != PHASE_LINKED)
		return;
	reins_send(&link->reins, link->engine);
	if (link->has_all_acts && now > 0)
		reins_do(&link->reins, now);
}

static void
note_lag(struct link *link)
{
	const uint64_t now = now_there(link);

	if (now > link->last.ms)
		mural_metric_set(link->host, METRIC_LAG, (int64_t)(now - link->last.ms));
}

static void
on_read(void *arg, size_t n)
{
	struct link *link = arg;

	mural_publish(link->host);
	publish_soon(link);
	if (n > 0)
		note_lag(link);
	if (link->is_wrong) {
		link->is_wrong = false;
		if (state_is_news(link, &link->wrong_said_at))
			mural_log(link->host, MURAL_WARN,
				"the picture was not what the log says; taking it anew");
		join_begin(link);
		return;
	}
	if (n == 0 && link->phase == PHASE_CATCHING)
		join_finish(link);
	engine_read(link->engine, &link->last,
		link->phase == PHASE_LINKED && link->has_all_acts);
}

/* ------------------------------------------------------------------ up and down */

static void
on_up(void *arg)
{
	struct link *link = arg;

	link->phase = PHASE_LOOKING;
	link_look(link);
	sharing_set(link, true);
}

static void
on_shares(void *arg)
{
	struct link *link = arg;

	mural_log(link->host, MURAL_INFO, "carries server.limits = shared from now on");
	sharing_set(link, true);
}

static void
on_down(void *arg, const char *why)
{
	struct link *link = arg;

	link->phase = PHASE_ALONE;
	link->is_keeping = link->is_looking = false;
	link->acks_due = 0;
	reins_unsent(&link->reins);
	sharing_set(link, false);
	state_alone(link, why);
}

void
link_look(struct link *link)
{
	link->is_looking = true;
	link->looked_at = uv_now(link->host->loop);
	link->asked = link->last_writer;
	link->has_asked = link->since_join > 0;
	link->is_stale = false;
	engine_look(link->engine, &link->last);
}

/* Is the entry that was asked for there, and the same? */
static bool
has_same_last(const struct link *link, const struct engine_state *state)
{
	const struct writer writer = writer_of(&state->last_writer);

	return link->has_asked && state->has_last && writer.len == link->asked.len &&
	       memcmp(writer.name, link->asked.name, sizeof(writer.name)) == 0;
}

static bool
has_same_birth(const struct link *link, const struct engine_state *state)
{
	return state->has_snapshot && blob_is(&state->born, link->born);
}

/* Is the engine still what this wall follows?  It may have lost the tail of the log, or
 * all of it, while nobody painted; and a connection may have died without a word. */
static void
watch(struct link *link, const struct engine_state *state)
{
	const bool is_behind = entry_id_compare(&state->tip, &link->last) > 0;

	if (link->has_asked && !has_same_last(link, state))
		engine_restart(link->engine, "it has lost the last entries");
	else if (!state->has_snapshot && state->has_last && !link->is_keeping)
		keeper_now(link);
	else if (!has_same_birth(link, state) && !link->is_keeping)
		engine_restart(link->engine, "it has begun anew");
	else if (is_behind && entry_id_compare(&link->stuck, &link->last) == 0)
		engine_restart(link->engine, "it sends no entries any more");
	link->stuck = is_behind ? link->last : (struct entry_id){ 0, 0 };
}

static void
on_state(void *arg, const struct engine_state *state)
{
	struct link *link = arg;

	link->is_looking = false;
	link->state = *state;
	mural_metric_set(link->host, METRIC_WALLS, (int64_t)state->walls);
	if (link->phase == PHASE_LINKED) {
		state_linked(link);
		exchange_acts(link);
		if (!link->is_stale)
			watch(link, state);
	} else if (link->phase == PHASE_LOOKING && link->has_joined && !link->before &&
		   has_same_birth(link, state) && has_same_last(link, state)) {
		link->phase = PHASE_CATCHING;
		engine_read(link->engine, &link->last, false);
	} else if (link->phase == PHASE_LOOKING || link->phase == PHASE_JOINING) {
		join_begin(link);
	}
}

static void
on_appended(void *arg, const char *refused)
{
	publish_appended(arg, refused);
}

static void
on_put(void *arg, bool done)
{
	struct link *link = arg;

	/* also while joining: it may have been the keeper's, as it was still linked */
	link->is_keeping = false;
	if (link->phase == PHASE_JOINING)
		join_seeded(link, done);
	else
		keeper_put(link, done);
}

static void
on_lease(void *arg, bool granted)
{
	keeper_lease(arg, granted);
}

static void
on_act(void *arg, const struct engine_act *act)
{
	struct link *link = arg;

	if (link->config->reins && !reins_read(&link->reins, act))
		mural_metric_add(link->host, METRIC_REJECTED, 1);
}

static void
on_acts(void *arg, bool all)
{
	struct link *link = arg;

	link->has_all_acts = all;
	exchange_acts(link);
}

/* The next look tries again. */
static void
on_act_refused(void *arg, const char *why)
{
	struct link *link = arg;

	reins_unsent(&link->reins);
	if (state_is_news(link, &link->refused_said_at))
		mural_log(link->host, MURAL_WARN, "the engine refuses an act: %s", why);
	if (link->has_all_acts && now_there(link) > 0)
		reins_do(&link->reins, now_there(link));
}

static void
on_snapshot(void *arg, const struct snapshot *snapshot)
{
	struct link *link = arg;

	if (link->phase == PHASE_JOINING)
		join_snapshot(link, snapshot);
}

static void
on_parcel(void *arg, const char *topic, const struct parcel *parcel)
{
	sharing_heard(arg, topic, parcel);
}

static void
on_tell_refused(void *arg, const char *why)
{
	struct link *link = arg;

	link->was_tell_refused = true;
	if (state_is_news(link, &link->tell_said_at))
		mural_log(link->host, MURAL_WARN,
			"the engine refuses what is shared: %s; trying again until it "
			"takes it",
			why);
}

static void
on_name(void *arg, void *lease, enum name_outcome outcome, uint64_t left_ms)
{
	(void)arg;
	sharing_named(lease, outcome, left_ms);
}

const struct engine_events link_events = {
	.on_up = on_up,
	.on_down = on_down,
	.on_shares = on_shares,
	.on_state = on_state,
	.on_appended = on_appended,
	.on_entry = on_entry,
	.on_read = on_read,
	.on_act = on_act,
	.on_acts = on_acts,
	.on_act_refused = on_act_refused,
	.on_snapshot = on_snapshot,
	.on_put = on_put,
	.on_lease = on_lease,
	.on_parcel = on_parcel,
	.on_tell_refused = on_tell_refused,
	.on_name = on_name,
};
