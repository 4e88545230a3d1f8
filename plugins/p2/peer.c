/* SPDX-License-Identifier: MIT */
/* Handles what p² clients send, and closes them by error or deadline. */
#include "p2/peer.h"

#include <stdlib.h>
#include <string.h>

#include "common/claims.h"
#include "lib/peer-address.h"
#include "p2/block.h"
#include "p2/p2.h"
#include "p2/puts.h"

static uint64_t
now_ms(const struct p2 *p2)
{
	return uv_now(p2->host->loop);
}

static void
count_discard(const struct p2 *p2, enum mural_reason reason)
{
	mural_discard(p2->host->brush, reason, 1);
}

static void schedule_sweep(struct p2 *p2, uint64_t due_ms);
static uint64_t due_ms(const struct peer *peer);

static void
peer_set_state(struct peer *peer, enum peer_state state)
{
	peer->state = state;
	peer->state_since_ms = now_ms(peer->p2);
	schedule_sweep(peer->p2, due_ms(peer));
}

static void
clear_unauthenticated(struct peer *peer)
{
	if (peer->unauthenticated)
		peer->p2->n_unauthenticated--;
	peer->unauthenticated = false;
}

/* ------------------------------------------------------------------- login */

static struct peer *
peer_find_open(const struct p2 *p2, const struct p2_auth *auth)
{
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (peer->state == PEER_OPEN && peer->name_len == auth->len &&
			memcmp(peer->name, auth->name, auth->len) == 0)
			return peer;
	return NULL;
}

/* Shared by all connections of a user, one after the other. */
static struct mural_bucket *
user_put_bucket(const struct peer *peer)
{
	const struct p2 *p2 = peer->p2;

	return mural_ratelimit_bucket(p2->puts,
		login_key(&p2->login, peer->name, peer->name_len, 0), now_ms(p2));
}

/* Of IPv6 the /48, all of which one customer may have; of IPv4 the source. */
static uint64_t
network_of(const struct peer *peer)
{
	union peer_address address = { .any.sa_family = AF_UNSPEC };

	if (peer->address->sa_family == AF_INET6)
		address.in6 = *(const struct sockaddr_in6 *)(const void *)peer->address;
	if (address.any.sa_family != AF_INET6 ||
		IN6_IS_ADDR_V4MAPPED(&address.in6.sin6_addr))
		return peer->source;
	memset(address.in6.sin6_addr.s6_addr + 6, 0, 10);
	return mural_source(peer->p2->host, &address.any);
}

static void
peer_authenticate(struct peer *peer)
{
	struct p2_auth auth = p2_parser_auth(&peer->parser);
	struct peer *older;

	if (!login_accepts(&peer->p2->login, &auth, peer->source, network_of(peer),
		    now_ms(peer->p2))) {
		peer_close(peer, PEER_CLOSE_REFUSED);
		return;
	}
	older = peer_find_open(peer->p2, &auth);
	if (older)
		peer_close(older, PEER_CLOSE_NORMAL);
	peer->name = malloc(auth.len);
	if (!peer->name) {
		peer_close(peer, PEER_CLOSE_NORMAL);
		return;
	}
	memcpy(peer->name, auth.name, auth.len);
	peer->name_len = auth.len;
	peer->puts = *user_put_bucket(peer);
	clear_unauthenticated(peer);
	peer_set_state(peer, PEER_OPEN);
}

/* ---------------------------------------------------------------- messages */

/* Paint is the user's, wherever it comes from, if the name is proven. */
static void
paint_as_user(struct peer *peer)
{
	char name[P2_NAME_MAX + 1];

	if (peer->p2->config->auth == AUTH_NONE || !mural_is_limited(peer->p2->host))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)peer->name_len, peer->name);
	(void)mural_paint_as(peer->p2->host, peer->p2->host->brush, peer->address, name);
}

/* How many of `n` pixels its user may paint; the others are counted. */
static size_t
consume_puts(struct peer *peer, size_t n)
{
	struct p2 *p2 = peer->p2;
	int64_t level = mural_bucket_level(&peer->puts, &p2->put_rate);
	size_t there = level > 0 ? (size_t)(level / MURAL_TOKEN) : 0;

	if (p2->put_rate.per_1000s == 0 || there >= n)
		there = n;
	mural_bucket_debit(&peer->puts, &p2->put_rate, (int64_t)there);
	mural_discard(p2->host->brush, MURAL_RATE_LIMITED, n - there);
	return there;
}

/* How many of `n` pixels its source may paint; the others are counted. */
static size_t
consume_source(struct peer *peer, size_t n)
{
	struct mural_host *host = peer->p2->host;
	size_t allowed = 0;

	if (!mural_is_limited(host))
		return n;
	for (; n > 0; n--)
		allowed += mural_consume(host, host->brush, peer->address, 1, 0) == 0;
	if (allowed > 0)
		paint_as_user(peer);
	return allowed;
}

static void
peer_put(struct peer *peer, const struct p2_event *event)
{
	struct p2 *p2 = peer->p2;

	if (consume_source(peer, consume_puts(peer, 1)) > 0)
		mural_put(p2->host->brush, event->x1 + p2->origin_x,
			event->y1 + p2->origin_y, event->argb);
}

static void
peer_put_block(struct peer *peer, struct p2_puts *puts, const struct p2_block *block)
{
	/* asking the limits may change the brush's rules */
	if (mural_is_limited(peer->p2->host))
		p2_puts_finish(puts);
	p2_puts_add(puts, block,
		(unsigned)consume_source(peer, consume_puts(peer, P2_BLOCK)));
}

static void
peer_handle_event(struct peer *peer, const struct p2_event *event)
{
	switch (event->kind) {
	case P2_EVENT_PUT:
		peer_put(peer, event);
		break;
	case P2_EVENT_AUTH:
		peer_authenticate(peer);
		break;
	case P2_EVENT_BAD_AUTH:
		count_discard(peer->p2, MURAL_MALFORMED);
		peer_close(peer, PEER_CLOSE_REFUSED);
		break;
	case P2_EVENT_SUB:
		peer->sub = *event;
		peer->sub_came = true;
		break;
	case P2_EVENT_DISCONNECT:
		peer_close(peer, PEER_CLOSE_NORMAL);
		break;
	case P2_EVENT_MALFORMED:
	case P2_EVENT_UNKNOWN:
	case P2_EVENT_GARBAGE:
		count_discard(peer->p2, MURAL_MALFORMED);
		break;
	case P2_EVENT_HEARTBEAT:
	case P2_EVENT_NONE:
		break;
	}
}

void
peer_read(struct peer *peer, const uint8_t *data, size_t len)
{
	struct p2 *p2 = peer->p2;
	size_t used = 0, tried = 0;
	struct p2_block block;
	struct p2_puts puts;

	if (mural_consume(p2->host, p2->host->brush, peer->address, 0, len) < 0) {
		peer_close(peer, PEER_CLOSE_REFUSED);
		mural_publish(p2->host);
		return;
	}
	mural_bucket_refill(&peer->puts, &p2->put_rate, now_ms(p2));
	p2_puts_begin(&puts, p2->host->brush, p2->origin_x, p2->origin_y);
	while (used < len && peer->state != PEER_CLOSING) {
		struct p2_event event;

		/* not at each message of what is none, so that trying costs little */
		if (used >= tried &&
			p2_parser_block(&peer->parser, data + used, len - used, &block)) {
			peer_put_block(peer, &puts, &block);
			used += P2_BLOCK_BYTES;
			continue;
		}
		if (used >= tried)
			tried = used + P2_BLOCK_BYTES;
		p2_puts_finish(&puts);
		used += p2_parser_next(&peer->parser, data + used, len - used, &event);
		peer_handle_event(peer, &event);
	}
	p2_puts_finish(&puts);
	/* only the last Sub counts, so that many of them cost no more than one */
	if (peer->sub_came && peer->state == PEER_OPEN)
		broadcast_subscribe(peer, &peer->sub);
	peer->sub_came = false;
	mural_publish(p2->host);
}

/* ----------------------------------------------------------- open and close */

static void
evict(struct peer *peer)
{
	if (peer->state != PEER_CLOSING)
		count_discard(peer->p2, MURAL_UNAUTHORIZED);
	peer_close(peer, PEER_CLOSE_REFUSED);
	peer->transport->drop(peer);
	clear_unauthenticated(peer);
}

/* Makes room, so that clients that never authenticate cannot keep others out.  Evicts
 * more than it must, because choosing them takes a while when there are thousands. */
static void
evict_unauthenticated(struct p2 *p2)
{
	size_t n = 0, max = p2->unauthenticated_max;
	struct claim *claims;

	if (p2->n_unauthenticated <= max)
		return;
	claims = calloc(p2->n_unauthenticated, sizeof(*claims));
	if (!claims)
		return;
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (peer->unauthenticated)
			claims[n++] = (struct claim){ .who = peer,
				.source = peer->source,
				.age = peer->state_since_ms,
				.amount = 1 };
	claims_rank(claims, n);
	for (size_t i = 0; i <= max / UNAUTHENTICATED_PARTS; i++)
		evict(claims[i].who);
	free(claims);
}

void
peer_init(struct peer *peer, struct p2 *p2, const struct peer_transport *transport)
{
	peer->p2 = p2;
	peer->transport = transport;
	peer->state_since_ms = now_ms(p2);
	peer->source = mural_source(p2->host, peer->address);
	peer->next = p2->peers;
	if (peer->next)
		peer->next->previous = peer;
	p2->peers = peer;
	p2->handles++;
	peer->unauthenticated = true;
	p2->n_unauthenticated++;
	evict_unauthenticated(p2);
	schedule_sweep(p2, due_ms(peer));
	mural_publish(p2->host);
}

void
peer_close(struct peer *peer, enum peer_close_reason reason)
{
	static const uint8_t disconnect[] = { 0xff, 0x00 };

	if (peer->state == PEER_CLOSING)
		return;
	broadcast_unsubscribe(peer);
	if (peer->name)
		*user_put_bucket(peer) = peer->puts;
	peer_set_state(peer, PEER_CLOSING);
	peer->transport->send(peer, disconnect, sizeof(disconnect));
	peer->transport->close(peer, reason);
}

void
p2_release(struct p2 *p2)
{
	if (--p2->handles > 0)
		return;
	broadcast_finish(p2);
	login_finish(&p2->login);
	mural_ratelimit_free(p2->puts);
	mural_stopped(p2->host);
}

void
peer_finish(struct peer *peer)
{
	struct p2 *p2 = peer->p2;

	broadcast_unsubscribe(peer);
	if (peer->state == PEER_OPEN)
		*user_put_bucket(peer) = peer->puts;
	clear_unauthenticated(peer);
	if (peer->next)
		peer->next->previous = peer->previous;
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		p2->peers = peer->next;
	free(peer->name);
	mural_publish(p2->host);
	p2_release(p2);
}

/* ---------------------------------------------------------------- deadlines */

static uint64_t
due_ms(const struct peer *peer)
{
	if (peer->state == PEER_UNAUTHENTICATED)
		return peer->state_since_ms + AUTH_TIMEOUT_MS;
	if (peer->state == PEER_CLOSING)
		return peer->state_since_ms + DRAIN_TIMEOUT_MS;
	if (peer->p2->config->idle == 0)
		return UINT64_MAX;
	return *peer->last_received_ms + peer->p2->config->idle;
}

static void
peer_expire(struct peer *peer)
{
	switch (peer->state) {
	case PEER_UNAUTHENTICATED:
		count_discard(peer->p2, MURAL_UNAUTHORIZED);
		peer_close(peer, PEER_CLOSE_REFUSED);
		break;
	case PEER_OPEN:
		peer_close(peer, PEER_CLOSE_NORMAL);
		break;
	case PEER_CLOSING:
		peer->transport->drop(peer);
		break;
	}
}

static void on_sweep(uv_timer_t *timer);

static void
schedule_sweep(struct p2 *p2, uint64_t due)
{
	uint64_t now = now_ms(p2), wait = due > now ? due - now : 0;

	if (due == UINT64_MAX || p2->stopping)
		return;
	if (!uv_is_active((uv_handle_t *)&p2->sweep) ||
		uv_timer_get_due_in(&p2->sweep) > wait)
		uv_timer_start(&p2->sweep, on_sweep, wait, 0);
}

/* Closes peers whose deadline passed, and arms the timer for the next one. */
static void
on_sweep(uv_timer_t *timer)
{
	struct p2 *p2 = timer->data;
	uint64_t now = now_ms(p2), next = UINT64_MAX;

	for (struct peer *peer = p2->peers; peer; peer = peer->next) {
		if (due_ms(peer) <= now)
			peer_expire(peer);
		/* a deadline that stays in the past: dropped, and not closed yet */
		if (due_ms(peer) > now && due_ms(peer) < next)
			next = due_ms(peer);
	}
	schedule_sweep(p2, next);
	mural_publish(p2->host);
}
