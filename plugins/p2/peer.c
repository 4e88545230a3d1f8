/* SPDX-License-Identifier: MIT */
/* What the clients of p² may do, and when they are sent away. */
#include "p2/peer.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "p2/otp-replay.h"
#include "p2/p2.h"

/* Failed attempts at one name from one source, at any name from one source, and at one
 * name from anywhere: the last keeps people with many addresses from trying all codes,
 * and is wide enough that nobody is locked out by a neighbour's typing errors. */
static const struct mural_rate attempt_rates[ATTEMPT_LIMITS] = {
	[ATTEMPTS_BOTH] = { .per_1000s = 100, .burst = 5 },
	[ATTEMPTS_SOURCE] = { .per_1000s = 1000, .burst = 100 },
	[ATTEMPTS_NAME] = { .per_1000s = 1000, .burst = 100 },
};

/* Names and sources that each limit counts for at a time. */
#define LIMIT_KEYS 4096

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

/* It said who it is, or is gone. */
static void
clear_unauthenticated(struct peer *peer)
{
	if (peer->unauthenticated)
		peer->p2->n_unauthenticated--;
	peer->unauthenticated = false;
}

/* ---------------------------------------------------------------- who it is */

int
peer_limits_init(struct p2 *p2)
{
	bool failed;

	if (getrandom(&p2->seed, sizeof(p2->seed), GRND_NONBLOCK) < 0)
		p2->seed = (uintptr_t)p2;
	p2->put_rate = (struct mural_rate){
		.per_1000s = (uint64_t)p2->config->put_rate * 1000,
		.burst = (uint64_t)p2->config->put_burst,
	};
	p2->puts = mural_ratelimit_new(&p2->put_rate, LIMIT_KEYS);
	failed = !p2->puts;
	for (int i = 0; i < ATTEMPT_LIMITS; i++) {
		p2->attempts[i] = mural_ratelimit_new(&attempt_rates[i], LIMIT_KEYS);
		failed |= !p2->attempts[i];
	}
	return failed ? -ENOMEM : 0;
}

void
peer_limits_finish(struct p2 *p2)
{
	mural_ratelimit_free(p2->puts);
	for (int i = 0; i < ATTEMPT_LIMITS; i++)
		mural_ratelimit_free(p2->attempts[i]);
}

/* A name's key, or that of a name and a source (FNV-1a from a secret start). */
static uint64_t
name_key(const struct p2 *p2, uint64_t source, const char *name, size_t len)
{
	uint64_t hash = p2->seed ^ source;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t
attempt_key(const struct peer *peer, int limit, const struct p2_auth *auth)
{
	if (limit == ATTEMPTS_SOURCE)
		return peer->source;
	return name_key(peer->p2, limit == ATTEMPTS_BOTH ? peer->source : 0, auth->name,
		auth->len);
}

static bool
has_attempts_left(const struct peer *peer, const struct p2_auth *auth)
{
	for (int i = 0; i < ATTEMPT_LIMITS; i++) {
		const struct mural_bucket *bucket =
			mural_ratelimit_bucket(peer->p2->attempts[i],
				attempt_key(peer, i, auth), now_ms(peer->p2));

		if (mural_bucket_wait_ms(bucket, &attempt_rates[i], 1) > 0)
			return false;
	}
	return true;
}

static void
count_failed_attempt(const struct peer *peer, const struct p2_auth *auth)
{
	for (int i = 0; i < ATTEMPT_LIMITS; i++)
		(void)mural_ratelimit_consume(peer->p2->attempts[i],
			attempt_key(peer, i, auth), now_ms(peer->p2));
}

/* Uses the code up; a file that cannot be written is said once. */
static bool
otp_step_use(struct p2 *p2, struct user *user, uint64_t step)
{
	int saved;
	bool unused = otp_replay_use(p2->otp_replay_path, &p2->users, user, step, &saved);

	if (saved < 0 && !p2->otp_replay_failed) {
		mural_log(p2->host, MURAL_WARN,
			"cannot keep used codes in %s: %s; until that is mended, a code "
			"can be used again after a restart within a minute and a half",
			p2->otp_replay_path, strerror(-saved));
		p2->otp_replay_failed = true;
	}
	return unused;
}

static bool
otp_is_valid(struct p2 *p2, const struct p2_auth *auth)
{
	struct user *user = users_find(&p2->users, auth->name, auth->len);
	char otp[OTP_DIGITS + 1];
	uint64_t step;

	otp_text(auth->otp, otp);
	if (!user || !user_check(user, otp, time(NULL), &step))
		return false;
	return step == 0 || otp_step_use(p2, user, step);
}

static bool
is_authorized(struct peer *peer, const struct p2_auth *auth)
{
	struct p2 *p2 = peer->p2;

	if (p2->config->auth == AUTH_NONE)
		return true;
	if (!has_attempts_left(peer, auth)) {
		count_discard(p2, MURAL_RATE_LIMITED);
		return false;
	}
	if (otp_is_valid(p2, auth))
		return true;
	count_failed_attempt(peer, auth);
	count_discard(p2, MURAL_UNAUTHORIZED);
	return false;
}

static struct peer *
peer_find_open(const struct p2 *p2, const struct p2_auth *auth)
{
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (peer->state == PEER_OPEN && peer->name_len == auth->len &&
			memcmp(peer->name, auth->name, auth->len) == 0)
			return peer;
	return NULL;
}

/* What a user may paint is counted over all its connections. */
static struct mural_bucket *
user_put_bucket(const struct peer *peer)
{
	const struct p2 *p2 = peer->p2;

	return mural_ratelimit_bucket(
		p2->puts, name_key(p2, 0, peer->name, peer->name_len), now_ms(p2));
}

static void
peer_authenticate(struct peer *peer)
{
	struct p2_auth auth = p2_parser_auth(&peer->parser);
	struct peer *older;

	if (!is_authorized(peer, &auth)) {
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

/* ------------------------------------------------------------- what it says */

static void
peer_put(struct peer *peer, const struct p2_event *event)
{
	struct p2 *p2 = peer->p2;

	if (!mural_bucket_consume(&peer->puts, &p2->put_rate, 1)) {
		count_discard(p2, MURAL_RATE_LIMITED);
		return;
	}
	if (mural_consume(p2->host, p2->host->brush, &peer->address.any, 1, 0) < 0)
		return;
	mural_put(p2->host->brush, event->x1 + p2->origin_x, event->y1 + p2->origin_y,
		event->argb);
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
	size_t used = 0;

	p2->host->counts.received_bytes += len;
	if (mural_consume(p2->host, p2->host->brush, &peer->address.any, 0, len) < 0) {
		peer_close(peer, PEER_CLOSE_REFUSED);
		mural_publish(p2->host);
		return;
	}
	mural_bucket_refill(&peer->puts, &p2->put_rate, now_ms(p2));
	while (used < len && peer->state != PEER_CLOSING) {
		struct p2_event event;

		used += p2_parser_next(&peer->parser, data + used, len - used, &event);
		peer_handle_event(peer, &event);
	}
	/* only the last Sub counts, and so many of them cost no more than one */
	if (peer->sub_came && peer->state == PEER_OPEN)
		broadcast_subscribe(peer, &peer->sub);
	peer->sub_came = false;
	mural_publish(p2->host);
}

void
peer_drained(struct peer *peer)
{
	broadcast_catch_up(peer);
}

/* --------------------------------------------------------- coming and going */

/* Many who say nothing shall not keep out one who does: the one that was here longest
 * makes room at once. */
static void
evict_oldest_unauthenticated(struct p2 *p2)
{
	struct peer *oldest = NULL;

	if (p2->n_unauthenticated <= p2->unauthenticated_max)
		return;
	for (struct peer *peer = p2->peers; peer; peer = peer->next)
		if (peer->unauthenticated)
			oldest = peer;
	assert(oldest);
	if (oldest->state != PEER_CLOSING)
		count_discard(p2, MURAL_UNAUTHORIZED);
	peer_close(oldest, PEER_CLOSE_REFUSED);
	oldest->transport->drop(oldest);
	clear_unauthenticated(oldest);
}

void
peer_init(
	struct peer *peer, struct p2 *p2, const struct peer_transport *transport, int fd)
{
	socklen_t len = sizeof(peer->address);
	const int bytes = SOCKET_BYTES;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	peer->p2 = p2;
	peer->transport = transport;
	peer->state_since_ms = now_ms(p2);
	if (getpeername(fd, &peer->address.any, &len) == 0)
		peer->source = mural_source(p2->host, &peer->address.any);
	peer->next = p2->peers;
	if (peer->next)
		peer->next->previous = peer;
	p2->peers = peer;
	p2->handles++;
	p2->host->counts.connections++;
	peer->unauthenticated = true;
	p2->n_unauthenticated++;
	evict_oldest_unauthenticated(p2);
	schedule_sweep(p2, due_ms(peer));
	peer->admitted = mural_conn_admit(p2->host, &peer->address.any) == 0;
	if (!peer->admitted)
		peer_close(peer, PEER_CLOSE_REFUSED);
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
peer_finish(struct peer *peer)
{
	struct p2 *p2 = peer->p2;

	broadcast_unsubscribe(peer);
	if (peer->state == PEER_OPEN)
		*user_put_bucket(peer) = peer->puts;
	clear_unauthenticated(peer);
	if (peer->admitted)
		mural_conn_release(p2->host, &peer->address.any);
	if (peer->next)
		peer->next->previous = peer->previous;
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		p2->peers = peer->next;
	free(peer->name);
	p2->host->counts.connections--;
	mural_publish(p2->host);
	p2_release(p2);
}

/* ------------------------------------------------------------ when it is time */

static uint64_t
due_ms(const struct peer *peer)
{
	if (peer->state == PEER_UNAUTHENTICATED)
		return peer->state_since_ms + AUTH_TIMEOUT_MS;
	if (peer->state == PEER_CLOSING)
		return peer->state_since_ms + DRAIN_TIMEOUT_MS;
	if (peer->p2->config->idle == 0)
		return UINT64_MAX;
	return peer->transport->last_received_ms(peer) + peer->p2->config->idle;
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

static void
on_sweep(uv_timer_t *timer)
{
	peers_sweep(timer->data);
}

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

void
peers_sweep(struct p2 *p2)
{
	uint64_t now = now_ms(p2), next = UINT64_MAX;

	for (struct peer *peer = p2->peers; peer; peer = peer->next) {
		if (due_ms(peer) <= now)
			peer_expire(peer);
		/* one that is dropped already is only waiting for the loop */
		if (due_ms(peer) > now && due_ms(peer) < next)
			next = due_ms(peer);
	}
	schedule_sweep(p2, next);
	mural_publish(p2->host);
}
