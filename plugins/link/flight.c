/* SPDX-License-Identifier: MIT */
/* What this wall has sent: the batch on its way, and the entries of the last minute. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/digits.h"
#include "link/link.h"

/* How long to wait for what was sent, or for a mark, before asking. */
#define ASK_MS 5000

#define SENT_MS 60000
#define SENT_BYTES_MAX (16u << 20)

/* ---------------------------------------------------------------- the flight */

void
flight_add(struct link *link, const struct tile_pixels *pixels)
{
	uint32_t *rows = flight_rows(link, pixels->tile);

	for (uint32_t y = 0; y < MURAL_TILE; y++)
		rows[y] |= pixels->rows[y];
}

void
flight_remove(struct link *link, const struct tile_pixels *pixels)
{
	uint32_t *rows = flight_rows(link, pixels->tile);

	for (uint32_t y = 0; y < MURAL_TILE; y++)
		rows[y] &= ~pixels->rows[y];
}

bool
flight_owns(const struct link *link, const struct sent *sent)
{
	return sent && !sent->has_landed &&
	       sent->seq - link->flight.first < link->flight.n;
}

static void
flight_end(struct link *link)
{
	link->flight.n = 0;
	publish_soon(link);
}

void
flight_cancel(struct link *link)
{
	const struct mural_view *view = &link->shared.view;

	memset(link->in_flight, 0,
		(size_t)view->tiles_x * view->tiles_y * MURAL_TILE *
			sizeof(*link->in_flight));
	publish_all(link);
	flight_end(link);
}

/* All of it is in the log, or will never be. */
static void
flight_look(struct link *link)
{
	if (link->flight.seen + link->flight.refused < link->flight.n)
		return;
	if (link->flight.refused > 0)
		flight_cancel(link);
	else
		flight_end(link);
}

void
flight_seen(struct link *link, struct sent *sent)
{
	sent->has_landed = true;
	link->flight.seen++;
	mural_metric_set(link->host, METRIC_ECHO,
		(int64_t)(uv_now(link->host->loop) - link->flight.at));
	flight_look(link);
}

void
flight_ask(struct link *link)
{
	char mark[64];
	const int len = snprintf(mark, sizeof(mark), "%s.%" PRIu64, link->node,
		link->flight.first + link->flight.n);
	const struct entry entry = { .mark = { mark, (size_t)len } };

	if (link->flight.n == 0)
		return;
	link->flight.asked_at = uv_now(link->host->loop);
	engine_append(link->engine, &entry);
}

/* An entry that was taken out of the log before it was read here never comes back. */
void
flight_tick(struct link *link)
{
	const struct flight *flight = &link->flight;
	const uint64_t since = flight->asked_at ? flight->asked_at : flight->at;

	if (uv_now(link->host->loop) - since > ASK_MS)
		flight_ask(link);
}

bool
flight_is_mark(const struct link *link, const struct blob *mark)
{
	char own[64];
	const int len = snprintf(own, sizeof(own), "%s.%" PRIu64, link->node,
		link->flight.first + link->flight.n);

	return link->flight.n > 0 && mark->len == (size_t)len &&
	       memcmp(mark->data, own, mark->len) == 0;
}

void
publish_appended(struct link *link, const char *refused)
{
	const bool is_mark = link->acks_due == 0;

	link->acks_due -= !is_mark;
	if (!refused) {
		link->was_refused = false;
		return;
	}
	if (!link->was_refused && state_is_news(link, &link->refused_said_at))
		mural_log(link->host, MURAL_WARN, "the engine refuses an entry: %s",
			refused);
	link->was_refused = true;
	link->next_send = uv_now(link->host->loop) + 1000;
	state_waits(link, refused);
	if (is_mark)
		return; /* it is asked again */
	link->flight.refused++;
	flight_look(link);
}

/* --------------------------------------------------------------- own entries */

static void
sent_drop_first(struct link *link)
{
	struct sent *sent = TAILQ_FIRST(&link->sent);

	TAILQ_REMOVE(&link->sent, sent, next);
	link->sent_bytes -= sent->len;
	free(sent->payload);
	free(sent);
}

void
sent_forget(struct link *link, bool all)
{
	const uint64_t now = uv_now(link->host->loop);
	struct sent *sent;

	while ((sent = TAILQ_FIRST(&link->sent)) &&
		(all || link->sent_bytes > SENT_BYTES_MAX || now - sent->at > SENT_MS))
		sent_drop_first(link);
}

struct sent *
sent_find(struct link *link, const struct blob *writer, const struct blob *payload)
{
	const size_t node = strlen(link->node);
	const char *text = writer->data, *end;
	struct sent *sent;
	uint64_t seq;

	if (!text || strncmp(text, link->node, node) != 0 || text[node] != '.')
		return NULL;
	end = digits_read(text + node + 1, UINT64_MAX, &seq);
	if (!end || *end)
		return NULL;
	TAILQ_FOREACH(sent, &link->sent, next)
	{
		if (sent->seq == seq && sent->len == payload->len &&
			memcmp(sent->payload, payload->data, sent->len) == 0)
			return sent;
	}
	return NULL;
}

void
sent_add(struct link *link, uint8_t *payload, size_t len)
{
	struct sent *sent = calloc(1, sizeof(*sent));
	char writer[64];

	if (!sent) { /* as if the engine had refused it */
		free(payload);
		link->flight.refused++;
		link->seq++;
		return;
	}
	sent->seq = link->seq++;
	sent->at = uv_now(link->host->loop);
	sent->payload = payload;
	sent->len = len;
	TAILQ_INSERT_TAIL(&link->sent, sent, next);
	link->sent_bytes += len;
	snprintf(writer, sizeof(writer), "%s.%" PRIu64, link->node, sent->seq);
	link->acks_due++;
	engine_append(link->engine, &(struct entry){ .writer = { writer, strlen(writer) },
					    .pixels = { payload, len } });
}
