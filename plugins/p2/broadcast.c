/* SPDX-License-Identifier: MIT */
/* Ticks, and who is told what. */
#include "p2/broadcast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "p2/p2.h"
#include "p2/peer.h"

/* Fifteen ticks a second, and a moment to gather what comes together. */
#define TICK_MS 67
#define GATHER_MS 10

int
updates_open(struct p2 *p2)
{
	struct updates *updates = &p2->updates;
	const struct mural_host *host = p2->host;

	updates->reader = mural_watch(p2->host);
	updates->packed = malloc((size_t)PIECES_MAX * PIECE_BYTES);
	uv_timer_init(host->loop, &updates->timer);
	updates->timer.data = p2;
	updates->bell.data = p2;
	if (!updates->reader || !updates->packed) {
		/* closed like the other one, so that there are always two */
		uv_timer_init(host->loop, (uv_timer_t *)(void *)&updates->bell);
		return -ENOMEM;
	}
	uv_poll_init(host->loop, &updates->bell, mural_reader_fd(updates->reader));
	return board_init(&updates->board, host->left, host->top, host->width,
		host->height, -p2->zero_x, -p2->zero_y,
		mural_reader_view(updates->reader));
}

void
updates_close(struct p2 *p2, uv_close_cb on_closed)
{
	uv_close((uv_handle_t *)&p2->updates.bell, on_closed);
	uv_close((uv_handle_t *)&p2->updates.timer, on_closed);
}

void
updates_finish(struct p2 *p2)
{
	struct updates *updates = &p2->updates;

	board_finish(&updates->board);
	free(updates->packed);
	mural_reader_free(updates->reader);
}

/* ---------------------------------------------------------------- one peer */

static bool
is_drained(const struct peer *peer)
{
	return peer->transport->waiting(peer) == 0;
}

void
updates_catch_up(struct peer *peer)
{
	struct updates *updates = &peer->p2->updates;

	while (peer->subscription.n_missed > 0 && is_drained(peer)) {
		size_t len = subscription_catch_up(&peer->subscription, &updates->board,
			updates->scratch, sizeof(updates->scratch));

		peer->transport->send(peer, updates->scratch, len);
	}
}

/* The Updates of a piece that touch the peer's area, in the scratch memory. */
static size_t
pick_from(struct updates *updates, const struct peer *peer, const uint8_t *piece,
	size_t len)
{
	size_t used = 0;

	for (size_t at = 0; at < len;) {
		struct rect rect;
		size_t block = board_block_rect(&updates->board, piece + at, &rect);

		if (rects_meet(&rect, &peer->subscription.area)) {
			memcpy(updates->scratch + used, piece + at, block);
			used += block;
		}
		at += block;
	}
	return used;
}

static void
send_piece(struct updates *updates, struct peer *peer, const uint8_t *piece, size_t len)
{
	const struct rect *area = &peer->subscription.area;
	bool all = area->width == updates->board.width &&
		   area->height == updates->board.height;

	if (!all) {
		len = pick_from(updates, peer, piece, len);
		piece = updates->scratch;
	}
	if (len > 0)
		peer->transport->send(peer, piece, len);
}

static void
miss_piece(struct updates *updates, struct peer *peer, const uint8_t *piece, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct rect rect;

		at += board_block_rect(&updates->board, piece + at, &rect);
		subscription_miss(&peer->subscription, &rect);
	}
}

static void
tell(struct updates *updates, struct peer *peer)
{
	struct subscription *subscription = &peer->subscription;

	if (!updates->complete || subscription->n_missed > 0 || !is_drained(peer)) {
		for (size_t i = 0; i < updates->board.n_boxes; i++)
			subscription_miss(subscription, &updates->board.boxes[i]);
		updates_catch_up(peer);
		return;
	}
	for (size_t i = 0; i < updates->n_pieces; i++) {
		const uint8_t *piece = updates->packed + i * PIECE_BYTES;

		if (is_drained(peer))
			send_piece(updates, peer, piece, updates->lengths[i]);
		else
			miss_piece(updates, peer, piece, updates->lengths[i]);
	}
}

/* -------------------------------------------------------------------- ticks */

static void
pack(struct updates *updates)
{
	uint32_t row = 0;

	for (updates->n_pieces = 0;
		row < updates->board.height && updates->n_pieces < PIECES_MAX;
		updates->n_pieces++)
		updates->lengths[updates->n_pieces] = board_pack(&updates->board, &row,
			updates->packed + updates->n_pieces * PIECE_BYTES, PIECE_BYTES);
	updates->complete = row == updates->board.height;
}

static void
tick(struct p2 *p2)
{
	struct updates *updates = &p2->updates;

	updates->last_ms = uv_now(p2->host->loop);
	if (!board_refresh(&updates->board, updates->reader))
		return;
	if (p2->host->counts.viewers > 0) {
		pack(updates);
		for (struct peer *peer = p2->peers; peer; peer = peer->next)
			if (peer->subscription.area.width > 0)
				tell(updates, peer);
	}
	board_settle(&updates->board);
}

static void watch(struct p2 *p2);

static void
on_timer(uv_timer_t *timer)
{
	struct p2 *p2 = timer->data;

	if (p2->host->counts.viewers == 0)
		return;
	tick(p2);
	watch(p2);
}

static void
tick_soon(struct p2 *p2)
{
	uint64_t now = uv_now(p2->host->loop), due = p2->updates.last_ms + TICK_MS;
	uint64_t delay = due > now + GATHER_MS ? due - now : GATHER_MS;

	uv_timer_start(&p2->updates.timer, on_timer, delay, 0);
}

static void
on_bell(uv_poll_t *bell, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(bell);
	tick_soon(bell->data);
}

/* Sleeps until something changes; an idle wall wakes nobody. */
static void
watch(struct p2 *p2)
{
	if (mural_reader_arm(p2->updates.reader))
		tick_soon(p2);
	else
		uv_poll_start(&p2->updates.bell, UV_READABLE, on_bell);
}

/* ------------------------------------------------------------ who subscribes */

void
updates_leave(struct peer *peer)
{
	struct p2 *p2 = peer->p2;

	if (peer->subscription.area.width == 0)
		return;
	subscription_finish(&peer->subscription);
	if (--p2->host->counts.viewers > 0)
		return;
	uv_poll_stop(&p2->updates.bell);
	uv_timer_stop(&p2->updates.timer);
}

void
updates_subscribe(struct peer *peer, const struct stream_event *sub)
{
	struct p2 *p2 = peer->p2;

	updates_leave(peer);
	if (p2->host->counts.viewers == 0)
		tick(p2); /* nobody was shown anything for a while */
	if (subscription_set(&peer->subscription, &p2->updates.board, sub->x1, sub->y1,
		    sub->x2, sub->y2) < 0)
		mural_log(p2->host, MURAL_WARN, "no memory for a subscription");
	if (peer->subscription.area.width == 0)
		return;
	if (p2->host->counts.viewers++ == 0)
		watch(p2);
	if (p2->config->snapshot) {
		subscription_miss_all(&peer->subscription);
		updates_catch_up(peer);
	}
}
