/* SPDX-License-Identifier: MIT */
/* Enforces the limits of each source: networks, connections, pixels and bytes a second.
 */
#include "limits/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mural/plugin.h>

#include "base/descriptors.h"
#include "base/misuse.h"
#include "base/util.h"
#include "lib/fnv.h"
#include "lib/hash-salt.h"

/* A stream is given a fraction of a second's worth at a time, so that several threads
 * that serve clients of one source do not exceed its rate by much. */
#define SLICES_A_SECOND 8

/* A source has at most one part in this many of the descriptors. */
#define DESCRIPTOR_SHARE 3

/* Sources that a stripe keeps buckets for. */
#define STRIPE_KEYS 1024

/* ------------------------------------------------------------------ asking */

/* Holds the lock of the source's stripe from lookup_begin() to lookup_end(). */
struct ratelimit_lookup {
	struct ratelimit_stripe *stripe;
	struct ip_key source;
	uint64_t hash;
	enum ratelimit_sender sender;
	struct mural_bucket *buckets[RATELIMIT_KINDS]; /* NULL: no limit */
};

/* Bans come first, then server.deny, then server.allow.  The lock of a stripe. */
static bool
is_denied(const struct ratelimit *ratelimit, const struct ip_key *address)
{
	return cidr_list_contains(&ratelimit->banned, address) ||
	       cidr_list_contains(&ratelimit->deny, address) ||
	       (ratelimit->allow.n > 0 &&
		       !cidr_list_contains(&ratelimit->allow, address));
}

static void
lookup_source(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct ip_key *source, struct ratelimit_lookup *lookup)
{
	const uint64_t hash = ip_key_hash(source, ratelimit->salt);

	*lookup = (struct ratelimit_lookup){
		.stripe = &ratelimit->stripes[hash % RATELIMIT_STRIPES],
		.source = *source,
		.hash = hash,
		.sender = sender,
	};
	pthread_mutex_lock(&lookup->stripe->lock);
}

static void
lookup_buckets(struct ratelimit_lookup *lookup)
{
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (lookup->stripe->buckets[lookup->sender][i])
			lookup->buckets[i] = mural_ratelimit_bucket(
				lookup->stripe->buckets[lookup->sender][i], lookup->hash,
				mural_now_ms());
}

/* False for a peer without an IP address: not locked. */
static bool
lookup_begin(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct sockaddr *peer, struct ratelimit_lookup *lookup, int *verdict)
{
	struct ip_key address, key;

	if (!ip_key_of(peer, 128, &address))
		return false;
	ip_key_of(peer, ratelimit->prefix, &key);
	lookup_source(ratelimit, sender, &key, lookup);
	*verdict = is_denied(ratelimit, &address) ? -EACCES : 0;
	if (*verdict == 0)
		lookup_buckets(lookup);
	return true;
}

static void
lookup_end(struct ratelimit_lookup *lookup)
{
	pthread_mutex_unlock(&lookup->stripe->lock);
}

static void
lookup_debit(const struct ratelimit *ratelimit, const struct ratelimit_lookup *lookup,
	const int64_t amounts[RATELIMIT_KINDS])
{
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (lookup->buckets[i])
			mural_bucket_debit(
				lookup->buckets[i], &ratelimit->rates[i], amounts[i]);
	if (lookup->stripe->spent && (lookup->buckets[0] || lookup->buckets[1]))
		spent_add(lookup->stripe->spent, lookup->hash, &lookup->source,
			(uint8_t)lookup->sender, amounts);
}

static bool
lookup_has(const struct ratelimit *ratelimit, const struct ratelimit_lookup *lookup,
	const int64_t amounts[RATELIMIT_KINDS])
{
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (lookup->buckets[i] &&
			mural_bucket_wait_ms(lookup->buckets[i], &ratelimit->rates[i],
				(uint64_t)amounts[i]) > 0)
			return false;
	return true;
}

int
ratelimit_consume(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	const int64_t amounts[] = { (int64_t)pixels, (int64_t)bytes };
	struct ratelimit_lookup lookup;
	int verdict = 0;

	if (!lookup_begin(ratelimit, sender, peer, &lookup, &verdict))
		return 0;
	if (lookup_has(ratelimit, &lookup, amounts))
		lookup_debit(ratelimit, &lookup, amounts);
	else
		verdict = -EDQUOT;
	lookup_end(&lookup);
	return verdict;
}

void
ratelimit_debit(struct ratelimit *ratelimit, enum ratelimit_sender sender,
	const struct sockaddr *peer, int64_t pixels, int64_t bytes)
{
	struct ratelimit_lookup lookup;
	int verdict;

	if (!lookup_begin(ratelimit, sender, peer, &lookup, &verdict))
		return;
	lookup_debit(ratelimit, &lookup, (const int64_t[]){ pixels, bytes });
	lookup_end(&lookup);
}

/* ------------------------------------------------------------------ other walls */

int
ratelimit_count_spent(struct ratelimit *ratelimit)
{
	int ret = 0;

	for (size_t i = 0; i < RATELIMIT_STRIPES; i++) {
		struct ratelimit_stripe *stripe = &ratelimit->stripes[i];

		pthread_mutex_lock(&stripe->lock);
		if (!stripe->spent)
			stripe->spent = calloc(1, sizeof(*stripe->spent));
		if (!stripe->spent)
			ret = -ENOMEM;
		pthread_mutex_unlock(&stripe->lock);
	}
	return ret;
}

size_t
ratelimit_take_spent(
	struct ratelimit *ratelimit, size_t stripe, struct spent_entry *entries)
{
	struct ratelimit_stripe *from = &ratelimit->stripes[stripe];
	size_t n = 0;

	pthread_mutex_lock(&from->lock);
	if (from->spent)
		n = spent_take(from->spent, entries);
	pthread_mutex_unlock(&from->lock);
	return n;
}

/* What comes late, or is forged, costs its source two seconds at most. */
static void
bucket_debit_spent(
	struct mural_bucket *bucket, const struct mural_rate *rate, int64_t amount)
{
	const int64_t most = 3 * (int64_t)rate->burst * MURAL_TOKEN;

	if (amount <= 0 || bucket->debt >= most)
		return;
	mural_bucket_debit(bucket, rate, MIN(amount, (int64_t)rate->burst));
	bucket->debt = MIN(bucket->debt, most);
}

void
ratelimit_debit_spent(struct ratelimit *ratelimit, const struct spent_entry *entry)
{
	struct ratelimit_lookup lookup;

	lookup_source(ratelimit, entry->sender, &entry->source, &lookup);
	lookup_buckets(&lookup);
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (lookup.buckets[i])
			bucket_debit_spent(lookup.buckets[i], &ratelimit->rates[i],
				entry->amounts[i]);
	lookup_end(&lookup);
}

/* ------------------------------------------------------------------ streams */

/* The part of `room` that a bucket allows; a token is worth `each` bytes. */
static size_t
bucket_cut_room(size_t room, const struct mural_bucket *bucket,
	const struct mural_rate *rate, size_t each, uint64_t *wait_ms)
{
	int64_t slice = (int64_t)rate->burst / SLICES_A_SECOND + 1;
	int64_t tokens = mural_bucket_level(bucket, rate) / MURAL_TOKEN;

	if (tokens < 1) {
		*wait_ms = MAX(*wait_ms, mural_bucket_wait_ms(bucket, rate, slice));
		return 0;
	}
	return MIN(room, (size_t)MIN(tokens, slice) * each);
}

ssize_t
ratelimit_allowance(struct ratelimit *ratelimit, const struct sockaddr *peer, size_t room,
	uint64_t *wait_ms)
{
	/* In all protocols a pixel takes four bytes or more (PXMULTI takes four). */
	static const size_t bytes_each[RATELIMIT_KINDS] = { 4, 1 };
	struct ratelimit_lookup lookup;
	int verdict = 0;

	*wait_ms = 0;
	if (!lookup_begin(ratelimit, RATELIMIT_CONNECTED, peer, &lookup, &verdict))
		return (ssize_t)room;
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (lookup.buckets[i])
			room = bucket_cut_room(room, lookup.buckets[i],
				&ratelimit->rates[i], bytes_each[i], wait_ms);
	lookup_end(&lookup);
	return verdict < 0 ? verdict : (ssize_t)room;
}

int
ratelimit_check(struct ratelimit *ratelimit, const struct sockaddr *peer)
{
	struct ratelimit_lookup lookup;
	int verdict = 0;

	if (ratelimit_active(ratelimit) &&
		lookup_begin(ratelimit, RATELIMIT_CONNECTED, peer, &lookup, &verdict))
		lookup_end(&lookup);
	return verdict;
}

int
ratelimit_admit(struct ratelimit *ratelimit, const struct sockaddr *peer)
{
	int verdict = ratelimit_check(ratelimit, peer);

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

int
mural_conn_admit(struct mural_host *host, const struct sockaddr *peer)
{
	if (!host->limits)
		return 0;
	if (!host->brush)
		misuse_end(host->name, "called %s() but is not a service", __func__);
	return count_verdict(host->brush, ratelimit_admit(ratelimit_of(host), peer));
}

void
mural_conn_release(struct mural_host *host, const struct sockaddr *peer)
{
	if (host->limits)
		ratelimit_release(ratelimit_of(host), peer);
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

/* Names come from the config or from users who have logged in. */
uint64_t
ratelimit_source_of_name(const struct ratelimit *ratelimit, const char *name)
{
	if (!name)
		name = "";
	return MAX(fnv1a(FNV_START ^ ratelimit->salt, name, strlen(name)), 1);
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

/* New buckets, all full, for a rate that changed.  -ENOMEM: it stays as it is.  The locks
 * of all stripes. */
static int
stripes_set_rate(struct ratelimit *ratelimit, int kind, uint64_t a_second)
{
	const struct mural_rate rate = { a_second * 1000, a_second };
	struct mural_ratelimit *tables[RATELIMIT_STRIPES * RATELIMIT_SENDERS] = { NULL };
	size_t n = ARRAY_LEN(tables);

	if (a_second == ratelimit->rates[kind].burst)
		return 0;
	for (size_t i = 0; a_second > 0 && i < n; i++) {
		tables[i] = mural_ratelimit_new(&rate, STRIPE_KEYS);
		if (tables[i])
			continue;
		while (i > 0)
			mural_ratelimit_free(tables[--i]);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct mural_ratelimit **buckets =
			&ratelimit->stripes[i / RATELIMIT_SENDERS]
				 .buckets[i % RATELIMIT_SENDERS][kind];

		mural_ratelimit_free(*buckets);
		*buckets = tables[i];
	}
	ratelimit->rates[kind] = rate;
	return 0;
}

/* However many are allowed, no source may take more than its share of the descriptors: a
 * few sources together would keep everybody else out. */
static uint32_t
max_connections(const struct config_server *server)
{
	uint32_t share = MAX(descriptors_for_clients() / DESCRIPTOR_SHARE, 1);

	return server->connections_per_source == 0
		       ? share
		       : MIN(share, (uint32_t)server->connections_per_source);
}

static void
update_active(struct ratelimit *ratelimit)
{
	bool active = ratelimit->allow.n || ratelimit->deny.n || ratelimit->banned.n;

	for (int i = 0; i < RATELIMIT_KINDS; i++)
		active |= ratelimit->rates[i].burst > 0;
	counter_store(&ratelimit->active, active);
}

void
ratelimit_ban(struct ratelimit *ratelimit, struct cidr_list *networks)
{
	struct cidr_list old = ratelimit->banned;

	stripes_lock(ratelimit, true);
	ratelimit->banned = *networks;
	stripes_lock(ratelimit, false);
	cidr_list_finish(&old);
	update_active(ratelimit);
}

int
ratelimit_configure(struct ratelimit *ratelimit, const struct config *config)
{
	const struct config_server *server = &config->server;
	const uint64_t rates[] = { (uint64_t)server->pixels_per_source,
		server->bytes_per_source };
	int ret = 0;

	stripes_lock(ratelimit, true);
	ratelimit->allow = config->allow;
	ratelimit->deny = config->deny;
	for (int i = 0; i < RATELIMIT_KINDS; i++)
		if (stripes_set_rate(ratelimit, i, rates[i]) < 0)
			ret = -ENOMEM;
	stripes_lock(ratelimit, false);
	update_active(ratelimit);
	connlimit_set_max(&ratelimit->clients, max_connections(server));
	return ret;
}

int
ratelimit_init(struct ratelimit *ratelimit, const struct config *config)
{
	unsigned prefix = (unsigned)config->server.source_prefix;

	*ratelimit = (struct ratelimit){ .prefix = prefix };
	ratelimit->salt = hash_salt(ratelimit);
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
	cidr_list_finish(&ratelimit->banned);
	for (size_t i = 0; i < RATELIMIT_STRIPES; i++) {
		pthread_mutex_destroy(&ratelimit->stripes[i].lock);
		free(ratelimit->stripes[i].spent);
		for (int j = 0; j < RATELIMIT_SENDERS * RATELIMIT_KINDS; j++)
			mural_ratelimit_free(
				ratelimit->stripes[i].buckets[j / RATELIMIT_KINDS]
							     [j % RATELIMIT_KINDS]);
	}
	*ratelimit = (struct ratelimit){ 0 };
}
