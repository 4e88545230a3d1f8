/* SPDX-License-Identifier: MIT */
/* Who may come, and buckets for whoever does, in a table of sets. */
#include "limits/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <mural/plugin.h>

#define SETS 128 /* in a stripe */
#define WAYS 8

/* In all protocols a pixel takes four bytes or more (PXMULTI takes four). */
#define PIXEL_BYTES_LEAST 4

/* So many parts of a second's worth are given at a time, so that what clients of one
 * source are given at once on several threads is not much more than it has. */
#define SLICES_A_SECOND 8

/* Levels are thousandths, so that slow rates lose nothing to rounding. */
struct ratelimit_bucket {
	struct ip_key key;
	uint64_t last_used;   /* the stripe's last one for this key; 0: a free slot */
	uint64_t refilled_ms; /* the levels were these */
	int64_t pixels, bytes;
};

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------ buckets */

/* A bucket after so much time. */
static int64_t
bucket_refill(int64_t level, int64_t rate, uint64_t elapsed_ms)
{
	int64_t full = rate * 1000;

	if (level >= full || rate == 0 || elapsed_ms >= (uint64_t)((full - level) / rate))
		return full;
	return level + rate * (int64_t)elapsed_ms;
}

/* The source's slot, its buckets filled up to now.  The stripe's lock. */
static struct ratelimit_bucket *
bucket_find(const struct ratelimit *ratelimit, struct ratelimit_stripe *stripe,
	const struct ip_key *key, uint64_t hash)
{
	struct ratelimit_bucket *set =
		&stripe->slots[hash / RATELIMIT_STRIPES % SETS * WAYS];
	struct ratelimit_bucket *oldest = set;
	uint64_t now = now_ms();

	for (struct ratelimit_bucket *slot = set; slot < set + WAYS; slot++) {
		if (slot->last_used != 0 && ip_key_equal(&slot->key, key)) {
			uint64_t elapsed = now - slot->refilled_ms;

			slot->pixels =
				bucket_refill(slot->pixels, ratelimit->pixels, elapsed);
			slot->bytes =
				bucket_refill(slot->bytes, ratelimit->bytes, elapsed);
			slot->refilled_ms = now;
			slot->last_used = ++stripe->clock;
			return slot;
		}
		if (slot->last_used < oldest->last_used)
			oldest = slot;
	}
	*oldest = (struct ratelimit_bucket){
		.key = *key,
		.last_used = ++stripe->clock,
		.refilled_ms = now,
		.pixels = ratelimit->pixels * 1000,
		.bytes = ratelimit->bytes * 1000,
	};
	return oldest;
}

/* Whether there is as much; for what is more than a full bucket, whether it is full. */
static bool
bucket_has(int64_t level, int64_t rate, uint64_t wanted)
{
	int64_t most = rate * 1000;

	return rate == 0 ||
	       level >= (wanted > (uint64_t)rate ? most : (int64_t)wanted * 1000);
}

/* What may be had at once, and when there is something: a part of a second's worth. */
static int64_t
slice_of(int64_t rate)
{
	return rate / SLICES_A_SECOND + 1;
}

static uint64_t
slice_wait_ms(int64_t level, int64_t rate)
{
	return (uint64_t)((slice_of(rate) * 1000 - level) / rate + 1);
}

/* ------------------------------------------------------------------ asking */

/* One who asks: the lock of his stripe is held from lookup_begin() to lookup_end(). */
struct ratelimit_lookup {
	struct ratelimit_stripe *stripe;
	struct ratelimit_bucket *slot; /* NULL: there are no rates */
};

/* False: nobody asks that has an address; the lookup has no end then. */
static bool
lookup_begin(struct ratelimit *ratelimit, const struct sockaddr *peer,
	struct ratelimit_lookup *lookup, int *verdict)
{
	struct ip_key address, key;
	uint64_t hash;

	if (!ip_key_of(peer, 128, &address))
		return false;
	ip_key_of(peer, ratelimit->prefix, &key);
	hash = ip_key_hash(&key, ratelimit->salt);
	lookup->stripe = &ratelimit->stripes[hash % RATELIMIT_STRIPES];
	pthread_mutex_lock(&lookup->stripe->lock);
	*verdict =
		cidr_list_contains(&ratelimit->deny, &address) ||
				(ratelimit->allow.n > 0 &&
					!cidr_list_contains(&ratelimit->allow, &address))
			? -EACCES
			: 0;
	lookup->slot = NULL;
	if (*verdict == 0 && (ratelimit->pixels > 0 || ratelimit->bytes > 0))
		lookup->slot = bucket_find(ratelimit, lookup->stripe, &key, hash);
	return true;
}

static void
lookup_end(struct ratelimit_lookup *lookup)
{
	pthread_mutex_unlock(&lookup->stripe->lock);
}

int
ratelimit_consume(struct ratelimit *ratelimit, const struct sockaddr *peer,
	uint64_t pixels, uint64_t bytes)
{
	struct ratelimit_lookup lookup;
	struct ratelimit_bucket *slot;
	int verdict = 0;

	if (!lookup_begin(ratelimit, peer, &lookup, &verdict))
		return 0;
	slot = lookup.slot;
	if (slot && bucket_has(slot->pixels, ratelimit->pixels, pixels) &&
		bucket_has(slot->bytes, ratelimit->bytes, bytes)) {
		slot->pixels -= (int64_t)pixels * 1000;
		slot->bytes -= (int64_t)bytes * 1000;
	} else if (slot) {
		verdict = -EDQUOT;
	}
	lookup_end(&lookup);
	return verdict;
}

void
ratelimit_debit(struct ratelimit *ratelimit, const struct sockaddr *peer, int64_t pixels,
	int64_t bytes)
{
	struct ratelimit_lookup lookup;
	int verdict;

	if (!lookup_begin(ratelimit, peer, &lookup, &verdict))
		return;
	if (lookup.slot) {
		lookup.slot->pixels -= pixels * 1000;
		lookup.slot->bytes -= bytes * 1000;
	}
	lookup_end(&lookup);
}

/* The part of `room` that one bucket allows; `each`: bytes that one of it takes. */
static size_t
bucket_cut_room(size_t room, int64_t level, int64_t rate, size_t each, uint64_t *wait_ms)
{
	size_t most;

	if (rate == 0)
		return room;
	if (level < 1000) {
		*wait_ms = MAX(*wait_ms, slice_wait_ms(level, rate));
		return 0;
	}
	most = (size_t)MIN(level / 1000, slice_of(rate)) * each;
	return MIN(room, most);
}

ssize_t
ratelimit_allowance(struct ratelimit *ratelimit, const struct sockaddr *peer, size_t room,
	uint64_t *wait_ms)
{
	struct ratelimit_lookup lookup;
	const struct ratelimit_bucket *slot;
	int verdict = 0;

	*wait_ms = 0;
	if (!lookup_begin(ratelimit, peer, &lookup, &verdict))
		return (ssize_t)room;
	slot = lookup.slot;
	if (slot) {
		room = bucket_cut_room(room, slot->pixels, ratelimit->pixels,
			PIXEL_BYTES_LEAST, wait_ms);
		room = bucket_cut_room(room, slot->bytes, ratelimit->bytes, 1, wait_ms);
	}
	lookup_end(&lookup);
	return verdict < 0 ? verdict : (ssize_t)room;
}

int
ratelimit_admit(struct ratelimit *ratelimit, const struct sockaddr *peer)
{
	struct ratelimit_lookup lookup;
	int verdict = 0;

	if (ratelimit_active(ratelimit) &&
		lookup_begin(ratelimit, peer, &lookup, &verdict))
		lookup_end(&lookup);
	if (verdict < 0)
		return verdict;
	return connlimit_admit(&ratelimit->clients, peer) ? 0 : -EDQUOT;
}

void
ratelimit_release(struct ratelimit *ratelimit, const struct sockaddr *peer)
{
	connlimit_release(&ratelimit->clients, peer);
}

/* ------------------------------------------------------------------ plugins */

static struct ratelimit *
ratelimit_of(const struct mural_host *host)
{
	return (struct ratelimit *)host->limits;
}

static int
count_verdict(struct mural_brush *brush, int verdict)
{
	if (verdict < 0)
		mural_discard(brush,
			verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	return verdict;
}

bool
mural_is_limited(const struct mural_host *host)
{
	return host->limits && ratelimit_active(ratelimit_of(host));
}

int
mural_conn_admit(struct mural_host *host, const struct sockaddr *peer)
{
	if (!host->limits)
		return 0;
	return count_verdict(host->brush, ratelimit_admit(ratelimit_of(host), peer));
}

void
mural_conn_release(struct mural_host *host, const struct sockaddr *peer)
{
	if (host->limits)
		ratelimit_release(ratelimit_of(host), peer);
}

int
mural_consume(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	if (!mural_is_limited(host))
		return 0;
	return count_verdict(
		brush, ratelimit_consume(ratelimit_of(host), peer, pixels, bytes));
}

uint64_t
mural_source(const struct mural_host *host, const struct sockaddr *peer)
{
	const struct ratelimit *ratelimit = ratelimit_of(host);
	struct ip_key key;

	if (!ratelimit || !ip_key_of(peer, ratelimit->prefix, &key))
		return 0;
	return MAX(ip_key_hash(&key, ratelimit->salt), 1);
}

/* ------------------------------------------------------------------ settings */

static void
stripes_lock(struct ratelimit *ratelimit, bool lock)
{
	for (size_t i = 0; i < RATELIMIT_STRIPES; i++)
		if (lock)
			pthread_mutex_lock(&ratelimit->stripes[i].lock);
		else
			pthread_mutex_unlock(&ratelimit->stripes[i].lock);
}

/* The table is there from the first rate on. */
static int
stripes_alloc(struct ratelimit *ratelimit)
{
	for (size_t i = 0; i < RATELIMIT_STRIPES; i++) {
		struct ratelimit_stripe *stripe = &ratelimit->stripes[i];

		if (!stripe->slots)
			stripe->slots =
				calloc((size_t)SETS * WAYS, sizeof(*stripe->slots));
		if (!stripe->slots)
			return -ENOMEM;
	}
	return 0;
}

int
ratelimit_configure(struct ratelimit *ratelimit, const struct config *config)
{
	const struct config_server *server = &config->server;
	bool has_rates = server->pixels_per_source > 0 || server->bytes_per_source > 0;
	int ret = 0;

	stripes_lock(ratelimit, true);
	ratelimit->allow = config->allow;
	ratelimit->deny = config->deny;
	if (has_rates)
		ret = stripes_alloc(ratelimit);
	ratelimit->pixels = ret == 0 ? server->pixels_per_source : 0;
	ratelimit->bytes = ret == 0 ? (int64_t)server->bytes_per_source : 0;
	stripes_lock(ratelimit, false);
	counter_store(&ratelimit->active, has_rates || config->allow.n || config->deny.n);
	connlimit_set_max(&ratelimit->clients, (uint32_t)server->connections_per_source);
	return ret;
}

int
ratelimit_init(struct ratelimit *ratelimit, const struct config *config)
{
	unsigned prefix = (unsigned)config->server.source_prefix;

	*ratelimit = (struct ratelimit){ .prefix = prefix };
	if (getrandom(&ratelimit->salt, sizeof(ratelimit->salt), GRND_NONBLOCK) < 0)
		ratelimit->salt = (uintptr_t)ratelimit;
	if (connlimit_init(&ratelimit->clients, 0, prefix) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < RATELIMIT_STRIPES; i++)
		pthread_mutex_init(&ratelimit->stripes[i].lock, NULL);
	return ratelimit_configure(ratelimit, config);
}

void
ratelimit_finish(struct ratelimit *ratelimit)
{
	if (!ratelimit->clients.table)
		return;
	connlimit_finish(&ratelimit->clients);
	for (size_t i = 0; i < RATELIMIT_STRIPES; i++) {
		pthread_mutex_destroy(&ratelimit->stripes[i].lock);
		free(ratelimit->stripes[i].slots);
	}
	*ratelimit = (struct ratelimit){ 0 };
}
