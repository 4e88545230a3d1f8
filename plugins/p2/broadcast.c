/* SPDX-License-Identifier: MIT */
/* Sends updates to subscribers, in ticks while anybody watches. */
#include "p2/broadcast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macros.h"
#include "p2/p2.h"
#include "p2/peer.h"

/* Fifteen ticks a second, each a moment after the first change, to gather more. */
#define TICK_MS 67
#define GATHER_MS 10

/* Of a tick, until the others on the loop have a turn; the peers that it has not told by
 * then only note what they missed, in turns as long. */
#define TICK_NS UINT64_C(4000000)

/* Between two turns of a tick the loop polls: libuv 1.44 runs timers of 0 ms before it
 * does. */
#define PAUSE_MS 1

static void serve_late(struct fair_member *member);

int
broadcast_open(struct p2 *p2)
{
	struct broadcast *broadcast = &p2->broadcast;
	const struct mural_host *host = p2->host;

	broadcast->reader = mural_watch(p2->host);
	broadcast->packed = malloc((size_t)PIECES_MAX * PIECE_BYTES);
	uv_timer_init(host->loop, &broadcast->timer);
	broadcast->timer.data = p2;
	fair_queue_init(&broadcast->late, host->loop, serve_late);
	broadcast->wakeup.data = p2;
	if (!broadcast->reader || !broadcast->packed) {
		/* a stand-in, so that there are always three handles to close */
		uv_timer_init(host->loop, (uv_timer_t *)(void *)&broadcast->wakeup);
		return -ENOMEM;
	}
	uv_poll_init(host->loop, &broadcast->wakeup, mural_reader_fd(broadcast->reader));
	return shadow_init(&broadcast->shadow, host->left, host->top, host->width,
		host->height, -p2->origin_x, -p2->origin_y,
		mural_reader_view(broadcast->reader));
}

void
broadcast_close(struct p2 *p2, uv_close_cb on_closed)
{
	uv_close((uv_handle_t *)&p2->broadcast.wakeup, on_closed);
	uv_close((uv_handle_t *)&p2->broadcast.timer, on_closed);
	fair_queue_close(&p2->broadcast.late, p2, on_closed);
}

void
broadcast_finish(struct p2 *p2)
{
	struct broadcast *broadcast = &p2->broadcast;

	shadow_finish(&broadcast->shadow);
	free(broadcast->packed);
	mural_reader_free(broadcast->reader);
}

/* ------------------------------------------------------------------ one peer */

static bool
is_drained(const struct peer *peer)
{
	return peer->transport->pending(peer) == 0;
}

void
broadcast_catch_up(struct peer *peer)
{
	if (peer->subscription.n_missed > 0 && is_drained(peer))
		fair_queue_add(
			&peer->p2->broadcast.late, &peer->catching_up, peer->source);
}

/* A piece of what it missed. */
static void
serve_late(struct fair_member *member)
{
	struct peer *peer = container_of(member, struct peer, catching_up);
	struct broadcast *broadcast = &peer->p2->broadcast;
	size_t len;

	if (!is_drained(peer))
		return;
	len = subscription_catch_up(&peer->subscription, &broadcast->shadow,
		broadcast->scratch, sizeof(broadcast->scratch));
	peer->transport->send(peer, broadcast->scratch, len);
	broadcast_catch_up(peer);
}

/* Copies the Updates of a piece that touch the peer's area to the scratch memory. */
static size_t
filter_piece(struct broadcast *broadcast, const struct peer *peer, const uint8_t *piece,
	size_t len)
{
	size_t used = 0;

	for (size_t at = 0; at < len;) {
		struct mural_rect rect;
		size_t block = shadow_block_rect(&broadcast->shadow, piece + at, &rect);

		if (rects_intersect(&rect, &peer->subscription.area)) {
			memcpy(broadcast->scratch + used, piece + at, block);
			used += block;
		}
		at += block;
	}
	return used;
}

static void
send_piece(
	struct broadcast *broadcast, struct peer *peer, const uint8_t *piece, size_t len)
{
	const struct mural_rect *area = &peer->subscription.area;
	bool all = area->width == broadcast->shadow.width &&
		   area->height == broadcast->shadow.height;

	if (!all) {
		len = filter_piece(broadcast, peer, piece, len);
		piece = broadcast->scratch;
	}
	if (len > 0)
		peer->transport->send(peer, piece, len);
}

static void
mark_piece_missed(
	struct broadcast *broadcast, struct peer *peer, const uint8_t *piece, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct mural_rect rect;

		at += shadow_block_rect(&broadcast->shadow, piece + at, &rect);
		subscription_mark_missed(&peer->subscription, &rect);
	}
}

static void
mark_changes_missed(struct broadcast *broadcast, struct peer *peer)
{
	for (size_t i = 0; i < broadcast->shadow.n_boxes &&
			   !subscription_misses_all(&peer->subscription);
		i++)
		subscription_mark_missed(
			&peer->subscription, &broadcast->shadow.boxes[i]);
	broadcast_catch_up(peer);
}

static void
send_changes(struct broadcast *broadcast, struct peer *peer)
{
	if (!broadcast->complete || peer->subscription.n_missed > 0 ||
		!is_drained(peer)) {
		mark_changes_missed(broadcast, peer);
		return;
	}
	for (size_t i = 0; i < broadcast->n_pieces; i++) {
		const uint8_t *piece = broadcast->packed + i * PIECE_BYTES;

		if (is_drained(peer))
			send_piece(broadcast, peer, piece, broadcast->lengths[i]);
		else
			mark_piece_missed(broadcast, peer, piece, broadcast->lengths[i]);
	}
}

/* -------------------------------------------------------------------- ticks */

static void
pack_changes(struct broadcast *broadcast)
{
	uint32_t row = 0;

	for (broadcast->n_pieces = 0;
		row < broadcast->shadow.height && broadcast->n_pieces < PIECES_MAX;
		broadcast->n_pieces++)
		broadcast->lengths[broadcast->n_pieces] = shadow_pack(&broadcast->shadow,
			&row, broadcast->packed + broadcast->n_pieces * PIECE_BYTES,
			PIECE_BYTES);
	broadcast->complete = row == broadcast->shadow.height;
}

/* The changes are known to all when nobody is next. */
static void
set_next(struct broadcast *broadcast, struct peer *peer)
{
	broadcast->next = peer;
	if (!peer)
		shadow_clear_changed(&broadcast->shadow);
}

static void
tell_peers(struct broadcast *broadcast, uint64_t begin_ns,
	void (*tell)(struct broadcast *broadcast, struct peer *peer))
{
	while (broadcast->next && uv_hrtime() - begin_ns < TICK_NS) {
		struct peer *peer = broadcast->next;

		if (peer->subscription.area.width > 0)
			tell(broadcast, peer);
		set_next(broadcast, peer->next);
	}
}

static void
broadcast_tick(struct p2 *p2)
{
	struct broadcast *broadcast = &p2->broadcast;
	uint64_t begin_ns = uv_hrtime();

	broadcast->last_ms = uv_now(p2->host->loop);
	if (!shadow_refresh(&broadcast->shadow, broadcast->reader))
		return;
	if (p2->host->counts->viewers > 0)
		pack_changes(broadcast);
	set_next(broadcast, p2->host->counts->viewers > 0 ? p2->peers : NULL);
	tell_peers(broadcast, begin_ns, send_changes);
}

static void wait_for_changes(struct p2 *p2);

static void
on_timer(uv_timer_t *timer)
{
	struct p2 *p2 = timer->data;
	struct broadcast *broadcast = &p2->broadcast;

	if (p2->host->counts->viewers == 0)
		return;
	if (broadcast->next)
		tell_peers(broadcast, uv_hrtime(), mark_changes_missed);
	else
		broadcast_tick(p2);
	if (broadcast->next)
		uv_timer_start(timer, on_timer, PAUSE_MS, 0);
	else
		wait_for_changes(p2);
}

static void
schedule_tick(struct p2 *p2)
{
	uint64_t now = uv_now(p2->host->loop), due = p2->broadcast.last_ms + TICK_MS;
	uint64_t delay = due > now + GATHER_MS ? due - now : GATHER_MS;

	uv_timer_start(&p2->broadcast.timer, on_timer, delay, 0);
}

static void
on_wakeup(uv_poll_t *wakeup, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(wakeup);
	schedule_tick(wakeup->data);
}

/* Sleeps until something changes: an idle wall costs no wake-ups. */
static void
wait_for_changes(struct p2 *p2)
{
	if (mural_reader_arm(p2->broadcast.reader))
		schedule_tick(p2);
	else
		uv_poll_start(&p2->broadcast.wakeup, UV_READABLE, on_wakeup);
}

/* ------------------------------------------------------------ subscriptions */

void
broadcast_unsubscribe(struct peer *peer)
{
	struct p2 *p2 = peer->p2;

	fair_queue_remove(&p2->broadcast.late, &peer->catching_up);
	if (p2->broadcast.next == peer)
		set_next(&p2->broadcast, peer->next);
	if (peer->subscription.area.width == 0)
		return;
	subscription_finish(&peer->subscription);
	if (--p2->host->counts->viewers > 0)
		return;
	set_next(&p2->broadcast, NULL);
	uv_poll_stop(&p2->broadcast.wakeup);
	uv_timer_stop(&p2->broadcast.timer);
}

void
broadcast_subscribe(struct peer *peer, const struct p2_event *sub)
{
	struct p2 *p2 = peer->p2;

	broadcast_unsubscribe(peer);
	if (p2->host->counts->viewers == 0)
		broadcast_tick(p2); /* there were none while nobody watched */
	if (subscription_set(&peer->subscription, &p2->broadcast.shadow, sub->x1, sub->y1,
		    sub->x2, sub->y2) < 0)
		mural_log(p2->host, MURAL_WARN, "no memory for a subscription");
	if (peer->subscription.area.width == 0)
		return;
	if (p2->host->counts->viewers++ == 0)
		wait_for_changes(p2);
	if (p2->config->snapshot) {
		subscription_mark_all_missed(&peer->subscription);
		broadcast_catch_up(peer);
	}
}
