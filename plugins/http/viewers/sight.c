/* SPDX-License-Identifier: MIT */
/* Chooses what a viewer of /live?bands is sent next. */
#include "http/viewers/sight.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "http/viewers/capture.h"
#include "http/viewers/codec-live.h"

/* What may be on the way to a viewer, and what it may lack of what it follows; on a fast
 * line as much as that takes in a quarter, and in half of a second. */
#define FLIGHT_BYTES (16 * 1024)
#define BACKLOG_BYTES (32 * 1024)

/* A line that takes FAST_RATE bytes a second is sharpened at once; on others a band must
 * be calm: no more than CALM_BYTES of deltas in the last CALM_MS. */
#define FAST_RATE (256 * 1024)
#define CALM_BYTES 2048
#define CALM_MS 500

/* A survey is good until the next frame, or for that long: then more bands are calm. */
#define SURVEY_MS 100

/* A shorter message says more about the way than about the line. */
#define PROBE_LEAST 4096

int
sight_open(struct sight *sight, uint32_t width, uint32_t height)
{
	sight->width = width;
	sight->n = sight->end = (height + LIVE_BAND - 1) / LIVE_BAND;
	sight->bands = calloc(sight->n, sizeof(*sight->bands));
	return sight->bands ? 0 : -ENOMEM;
}

void
sight_close(struct sight *sight)
{
	free(sight->bands);
	sight->bands = NULL;
}

/* ------------------------------------------------------------ what the viewer says */

static void
take_seen(struct sight *sight, uint64_t seen, uint64_t now_ms)
{
	uint64_t ms, sample;

	if (seen > sight->sent || seen < sight->seen)
		return;
	sight->seen = seen;
	if (!sight->probe || seen < sight->probe)
		return;
	ms = now_ms > sight->probe_ms ? now_ms - sight->probe_ms : 1;
	sample = sight->probe_bytes * 1000 / ms;
	sight->rate = sight->rate ? (sight->rate + sample) / 2 : sample;
	sight->probe = 0;
}

static void
take_rows(struct sight *sight, json_int_t top, json_int_t bottom)
{
	uint32_t first, end;

	if (top < 0 || bottom <= top || top / LIVE_BAND >= sight->n)
		return;
	first = top / LIVE_BAND;
	end = bottom / LIVE_BAND >= sight->n ? sight->n : (bottom - 1) / LIVE_BAND + 1;
	if (first == sight->first && end == sight->end)
		return;
	sight->first = first;
	sight->end = end;
	sight->settled = false;
}

void
sight_take(struct sight *sight, const char *text, size_t len, uint64_t now_ms)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *seen = json_object_get(json, "seen");
	json_int_t top, bottom;

	if (json_is_integer(seen) && json_integer_value(seen) >= 0)
		take_seen(sight, json_integer_value(seen), now_ms);
	if (json_unpack(json, "{s:[I,I!]}", "rows", &top, &bottom) == 0)
		take_rows(sight, top, bottom);
	json_decref(json);
}

/* ------------------------------------------------------------------------- survey */

static uint64_t
at_least(uint64_t least, uint64_t value)
{
	return value > least ? value : least;
}

static uint32_t
band_of(const struct sight *sight, const struct message *message)
{
	return live_first_pixel(message->bytes) / sight->width / LIVE_BAND;
}

/* Adds what a delta has of each band. */
static void
survey_delta(struct sight *sight, const struct frame *delta, bool is_late)
{
	for (size_t i = 0; i < delta->n; i++) {
		struct band *band = &sight->bands[band_of(sight, &delta->messages[i])];

		if (!band->lost && (int32_t)(delta->number - band->shown) > 0)
			band->pending += delta->messages[i].len;
		if (is_late)
			band->lately += delta->messages[i].len;
	}
}

/* Fills in what each band lacks; a band that lacks nothing shows the latest frame. */
static void
survey(struct sight *sight, const struct capture *capture, uint64_t now_ms)
{
	const struct delta_ring *ring = &capture->deltas[DIALECT_LIVE];
	uint32_t oldest = capture->number;

	for (uint32_t i = 0; i < sight->n; i++) {
		struct band *band = &sight->bands[i];

		band->pending = band->lately = 0;
		band->lost = !delta_ring_reaches(ring, band->shown, capture->number);
		if (band->state != SIGHT_NOTHING && !band->lost &&
			(int32_t)(band->shown - oldest) < 0)
			oldest = band->shown;
	}
	/* from the latest one back, as far as any band needs it */
	for (uint32_t i = ring->n; i-- > 0;) {
		const struct frame *delta = delta_ring_find(ring, ring->first + i);
		bool is_late = now_ms - delta->made_ms < CALM_MS;

		if (!is_late && (int32_t)(delta->number - oldest) <= 0)
			break;
		survey_delta(sight, delta, is_late);
	}
	sight->surveyed = capture->number;
	sight->surveyed_ms = now_ms;
	for (uint32_t i = 0; i < sight->n; i++) {
		struct band *band = &sight->bands[i];

		if (band->state != SIGHT_NOTHING && !band->lost && band->pending == 0)
			band->shown = capture->number;
	}
}

/* Gives up following where it cannot, or what is more than the line takes. */
static void
give_up(struct sight *sight)
{
	size_t all = 0;

	for (uint32_t i = sight->first; i < sight->end; i++)
		if (sight->bands[i].state == SIGHT_SHARP)
			all += sight->bands[i].pending;
	for (uint32_t i = sight->first; i < sight->end; i++) {
		struct band *band = &sight->bands[i];

		if (band->state == SIGHT_SHARP &&
			(band->lost || (band->pending && all > at_least(BACKLOG_BYTES,
								       sight->rate / 2))))
			band->state = SIGHT_COARSE;
	}
}

/* ------------------------------------------------------------------------- choice */

/* The first message of a band; false: there is none. */
static bool
find_band(const struct sight *sight, const struct frame *frame, uint32_t band,
	size_t *message)
{
	for (*message = 0; *message < frame->n; ++*message)
		if (band_of(sight, &frame->messages[*message]) == band)
			return true;
	return false;
}

/* What is sent is not lacking any more. */
static void
take_pending(
	struct sight *sight, struct band *band, const struct frame *frame, size_t message)
{
	size_t bytes = frame->messages[message].len;

	for (; sight_continues(sight, frame, message); message++)
		bytes += frame->messages[message + 1].len;
	band->pending -= bytes < band->pending ? bytes : band->pending;
}

static bool
next_delta(struct sight *sight, const struct capture *capture, uint32_t i,
	struct frame **frame, size_t *message)
{
	struct band *band = &sight->bands[i];

	if (band->state != SIGHT_SHARP)
		return false;
	while (band->shown != capture->number) {
		*frame = delta_ring_find(&capture->deltas[DIALECT_LIVE], ++band->shown);
		if (find_band(sight, *frame, i, message)) {
			take_pending(sight, band, *frame, *message);
			return true;
		}
	}
	return false;
}

/* Those that are not shown are sent it once, to be there when they will be. */
static bool
next_coarse(struct sight *sight, const struct capture *capture, uint32_t i, bool is_shown,
	struct frame **frame, size_t *message)
{
	struct band *band = &sight->bands[i];

	if (band->state == SIGHT_SHARP || (!is_shown && band->state != SIGHT_NOTHING) ||
		(band->state == SIGHT_COARSE && band->shown == capture->number))
		return false;
	*frame = capture->kept[LIVE_COARSE];
	if (!capture_has(capture, LIVE_COARSE)) {
		sight->wants_coarse = true;
		return false;
	}
	band->state = SIGHT_COARSE;
	band->shown = capture->number;
	band->lost = false;
	band->pending = 0;
	return find_band(sight, *frame, i, message);
}

static bool
next_key(struct sight *sight, const struct capture *capture, uint32_t i,
	struct frame **frame, size_t *message)
{
	struct band *band = &sight->bands[i];

	if (band->state != SIGHT_COARSE || band->shown != capture->number ||
		(sight->rate < FAST_RATE && band->lately > CALM_BYTES))
		return false;
	*frame = capture->kept[LIVE_KEY];
	if (!*frame || !delta_ring_reaches(&capture->deltas[DIALECT_LIVE],
			       (*frame)->number, capture->number)) {
		sight->wants_key = true;
		return false;
	}
	band->state = SIGHT_SHARP;
	band->shown = (*frame)->number;
	sight->surveyed_ms = 0; /* it lacks the deltas since then */
	return find_band(sight, *frame, i, message);
}

/* What keeps it up to date, by turns. */
static bool
choose_change(struct sight *sight, const struct capture *capture, struct frame **frame,
	size_t *message)
{
	uint32_t n = sight->end - sight->first;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = sight->first + (sight->turn + k) % n;

		if (!next_delta(sight, capture, i, frame, message) &&
			!next_coarse(sight, capture, i, true, frame, message))
			continue;
		sight->turn = i - sight->first + 1;
		return true;
	}
	return false;
}

static bool
choose(struct sight *sight, const struct capture *capture, struct frame **frame,
	size_t *message)
{
	if (choose_change(sight, capture, frame, message))
		return true;
	if (sight->wants_coarse)
		return false;
	for (uint32_t i = sight->first; i < sight->end; i++)
		if (next_key(sight, capture, i, frame, message))
			return true;
	for (uint32_t i = 0; i < sight->n && !sight->wants_key; i++)
		if (next_coarse(sight, capture, i, false, frame, message))
			return true;
	return false;
}

size_t
sight_unseen(const struct sight *sight)
{
	uint64_t unseen = sight->sent - sight->seen;

	return unseen > at_least(FLIGHT_BYTES, sight->rate / 4) ? unseen : 0;
}

bool
sight_next(struct sight *sight, const struct capture *capture, uint64_t now_ms,
	struct frame **frame, size_t *message)
{
	sight->wants_coarse = sight->wants_key = false;
	if (sight_unseen(sight) > 0)
		return false;
	if (sight->surveyed_ms == 0 || sight->surveyed != capture->number ||
		now_ms - sight->surveyed_ms >= SURVEY_MS)
		survey(sight, capture, now_ms);
	give_up(sight);
	return choose(sight, capture, frame, message);
}

bool
sight_continues(const struct sight *sight, const struct frame *frame, size_t message)
{
	return message + 1 < frame->n &&
	       band_of(sight, &frame->messages[message]) ==
		       band_of(sight, &frame->messages[message + 1]);
}

void
sight_sent(struct sight *sight, size_t bytes, uint64_t now_ms)
{
	sight->sent += bytes;
	sight->settled = false;
	if (sight->probe || sight->sent - sight->seen < PROBE_LEAST)
		return;
	sight->probe = sight->sent;
	sight->probe_bytes = sight->sent - sight->seen;
	sight->probe_ms = now_ms;
}

bool
sight_is_current(const struct sight *sight, const struct capture *capture)
{
	for (uint32_t i = sight->first; i < sight->end; i++)
		if (sight->bands[i].state != SIGHT_SHARP ||
			sight->bands[i].shown != capture->number)
			return false;
	return true;
}
