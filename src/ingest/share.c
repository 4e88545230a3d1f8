/* SPDX-License-Identifier: MIT */
/* Passes what walls share between the instances and the carrier. */
#include "ingest/share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "ingest/ingest.h"
#include "ingest/spendings.h"

#define TICK_MS 100

/* How long to wait for a lease, and then for how long to ask for none. */
#define PATIENCE_MS 2000
#define PAUSE_MS 3000

/* After how many ticks without a carrier to warn of that. */
#define CARRIER_TICKS 10

#define TOPIC_MAX 160

/* How many parcels of spendings the engine keeps; older ones are of no use to anybody. */
#define SPENDINGS_KEPT 64

struct share_follow {
	LIST_ENTRY(share_follow) follows;
	struct mural_host *host; /* NULL: murald itself */
	char topic[TOPIC_MAX];
	uint64_t ms, seq; /* of the last that was heard */
	bool is_of_now;   /* what is told while there is no engine is not heard */
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel);
};

struct mural_lease {
	LIST_ENTRY(mural_lease) leases;
	uint64_t asked_ms;
	void (*done)(void *arg, enum mural_lease_outcome outcome, uint64_t left_ms);
	void *arg;
};

static struct share *
share_of(const struct mural_host *host, const char *function)
{
	const struct instance *instance = container_of(host, struct instance, host);

	worker_check(&instance->ingest->workers[0], host->name, function);
	return &instance->ingest->share;
}

/* A topic or a name is the instance's own.  False: it is too long. */
static bool
name_format(char name[TOPIC_MAX], const struct mural_host *host, const char *own)
{
	return snprintf(name, TOPIC_MAX, "%s/%s", host->name, own) < TOPIC_MAX;
}

/* ------------------------------------------------------------------ following */

static struct share_follow *
find_follow(const struct share *share, const char *topic)
{
	struct share_follow *follow;

	for (follow = LIST_FIRST(&share->follows); follow;
		follow = LIST_NEXT(follow, follows))
		if (strcmp(follow->topic, topic) == 0)
			break;
	return follow;
}

static void
follow_end(struct share *share, struct share_follow *follow)
{
	if (share->has_engine)
		share->with->unfollow(share->carrier, follow->topic);
	LIST_REMOVE(follow, follows);
	free(follow);
}

static void
follow_begin(const struct share *share, const struct share_follow *follow)
{
	if (share->has_engine)
		(void)share->with->follow(
			share->carrier, follow->topic, follow->ms, follow->seq);
}

static int
follow_start(struct share *share, const struct share_follow *wanted)
{
	struct share_follow *follow = find_follow(share, wanted->topic);

	if (follow)
		follow_end(share, follow);
	if (!wanted->heard)
		return 0;
	follow = calloc(1, sizeof(*follow));
	if (!follow)
		return -ENOMEM;
	*follow = *wanted;
	follow->is_of_now = wanted->ms == UINT64_MAX;
	LIST_INSERT_HEAD(&share->follows, follow, follows);
	follow_begin(share, follow);
	return 0;
}

int
mural_follow(struct mural_host *host, const char *topic, uint64_t ms, uint64_t seq,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel))
{
	struct share *share = share_of(host, __func__);
	struct share_follow wanted = {
		.host = host, .ms = ms, .seq = seq, .heard = heard
	};

	if (!share->ingest)
		return -ENOENT;
	if (!name_format(wanted.topic, host, topic))
		return -EMSGSIZE;
	return follow_start(share, &wanted);
}

void
mural_heard(struct mural_host *host, const char *topic, const struct mural_parcel *parcel)
{
	const struct share *share = share_of(host, __func__);
	struct share_follow *follow = find_follow(share, topic);

	if (share->carrier != host || !follow)
		return;
	follow->ms = parcel->ms;
	follow->seq = parcel->seq;
	follow->heard(follow->host ? follow->host : host, parcel);
}

/* ------------------------------------------------------------------ telling */

static int
tell(struct share *share, const char *topic, const void *data, size_t len, uint64_t keep)
{
	if (len > MURAL_PARCEL_MAX)
		return -EMSGSIZE;
	if (!share->has_engine)
		return -ENOTCONN;
	return share->with->tell(share->carrier, topic, data, len, keep);
}

int
mural_tell(struct mural_host *host, const char *topic, const void *data, size_t len,
	uint64_t keep)
{
	struct share *share = share_of(host, __func__);
	char name[TOPIC_MAX];

	if (!name_format(name, host, topic))
		return -EMSGSIZE;
	return tell(share, name, data, len, keep);
}

/* ------------------------------------------------------------------ leases */

struct mural_lease *
mural_lease_name(struct mural_host *host, const char *name, uint64_t for_ms,
	void (*done)(void *arg, enum mural_lease_outcome outcome, uint64_t left_ms),
	void *arg)
{
	struct share *share = share_of(host, __func__);
	struct mural_lease *lease;
	char full[TOPIC_MAX];

	if (!share->has_engine || uv_now(share->ingest->loop) < share->slow_ms ||
		!name_format(full, host, name))
		return NULL;
	lease = malloc(sizeof(*lease));
	if (!lease)
		return NULL;
	*lease = (struct mural_lease){
		.asked_ms = uv_now(share->ingest->loop),
		.done = done,
		.arg = arg,
	};
	LIST_INSERT_HEAD(&share->leases, lease, leases);
	if (share->with->lease(share->carrier, full, for_ms, lease) == 0)
		return lease;
	LIST_REMOVE(lease, leases);
	free(lease);
	return NULL;
}

void
mural_lease_abandon(struct mural_lease *lease)
{
	if (lease)
		lease->done = NULL;
}

static void
lease_tell(struct mural_lease *lease, enum mural_lease_outcome outcome, uint64_t left_ms)
{
	void (*done)(void *, enum mural_lease_outcome, uint64_t) = lease->done;

	lease->done = NULL;
	if (done)
		done(lease->arg, outcome, left_ms);
}

void
mural_leased(
	struct mural_lease *lease, enum mural_lease_outcome outcome, uint64_t left_ms)
{
	LIST_REMOVE(lease, leases);
	lease_tell(lease, outcome, left_ms);
	free(lease);
}

/* An engine that hangs is asked no more for a while, so that each painter waits once. */
static void
end_patience(struct share *share, uint64_t now)
{
	struct mural_lease *lease, *next;

	for (lease = LIST_FIRST(&share->leases); lease; lease = next) {
		next = LIST_NEXT(lease, leases);
		if (now - lease->asked_ms < PATIENCE_MS)
			continue;
		share->slow_ms = now + PAUSE_MS;
		lease_tell(lease, MURAL_LEASE_UNKNOWN, 0);
	}
}

/* ------------------------------------------------------------------ the carrier */

static void
set_engine(struct share *share, bool has_engine)
{
	struct share_follow *follow;

	share->has_engine = has_engine;
	for (follow = LIST_FIRST(&share->follows); follow && !has_engine;
		follow = LIST_NEXT(follow, follows))
		if (follow->is_of_now) {
			follow->ms = UINT64_MAX;
			follow->seq = 0;
		}
}

/* In the config's order: which section comes up first must not matter, as walls that
 * choose differently share nothing. */
static struct instance *
first_carrier(const struct share *share)
{
	struct instance *instance = share->ingest->plugins->instances;

	while (instance &&
		(!instance->carrier || instance->service_state != SERVICE_RUNNING))
		instance = instance->next;
	return instance;
}

void
share_choose(struct share *share)
{
	struct instance *now = share->ingest ? first_carrier(share) : NULL;
	struct mural_host *before = share->carrier;

	if (!share->ingest || before == (now ? &now->host : NULL))
		return;
	set_engine(share, false);
	share->carrier = now ? &now->host : NULL;
	share->with = now ? now->carrier : NULL;
	if (before && container_of(before, struct instance, host)->carrier)
		container_of(before, struct instance, host)
			->carrier->chosen(before, false);
	if (now)
		now->carrier->chosen(&now->host, true);
}

int
mural_carry(struct mural_host *host, const struct mural_carrier *carrier)
{
	struct share *share = share_of(host, __func__);

	container_of(host, struct instance, host)->carrier = carrier;
	if (!share->ingest)
		return -ENOENT;
	share_choose(share);
	return 0;
}

void
share_forget(struct share *share, struct instance *instance)
{
	struct share_follow *follow, *next;

	for (follow = LIST_FIRST(&share->follows); follow; follow = next) {
		next = LIST_NEXT(follow, follows);
		if (!instance || follow->host == &instance->host)
			follow_end(share, follow);
	}
	if (!instance)
		return;
	instance->carrier = NULL;
	share_choose(share);
}

void
mural_carries(struct mural_host *host, bool has_engine)
{
	struct share *share = share_of(host, __func__);
	const struct share_follow *follow;

	if (share->carrier != host)
		return;
	set_engine(share, has_engine);
	share->slow_ms = 0;
	for (follow = LIST_FIRST(&share->follows); follow;
		follow = LIST_NEXT(follow, follows))
		follow_begin(share, follow);
}

/* ------------------------------------------------------------------ budgets */

/* The topic of murald itself; those of instances have a slash. */
#define SPENDINGS "limits"

/* Spendings from before the walls were linked are not published: they came from this
 * wall's own budget. */
static void
tell_spendings(struct share *share)
{
	uint8_t bytes[SPENDINGS_BYTES];
	const size_t len =
		spendings_take(&share->ingest->ratelimit, &share->stripe, bytes);

	if (len > 0)
		(void)tell(share, SPENDINGS, bytes, len, SPENDINGS_KEPT);
}

static void
warn_of_prefix(struct share *share, unsigned other)
{
	if (other == 0 || share->is_prefix_told)
		return;
	share->is_prefix_told = true;
	log_warn("server.source-prefix is %u here and %u on another wall: IPv6 sources "
		 "share no budget; set the same value on all walls",
		share->ingest->ratelimit.prefix, other);
}

static void
on_spendings(struct mural_host *carrier, const struct mural_parcel *parcel)
{
	struct share *share = share_of(carrier, __func__);
	unsigned prefix;

	if (!parcel->data || parcel->is_ours)
		return;
	if (spendings_debit(
		    &share->ingest->ratelimit, parcel->data, parcel->len, &prefix)) {
		warn_of_prefix(share, prefix);
		return;
	}
	mural_discard(carrier->brush, MURAL_MALFORMED, 1);
	mural_publish(carrier);
}

static void
on_tick(uv_timer_t *timer)
{
	struct share *share = container_of(timer, struct share, tick);

	if (share->carrier)
		share->ticks = 0;
	else if (++share->ticks == CARRIER_TICKS)
		log_warn("server.limits = shared, but nothing links this wall to others: "
			 "add a section [plugin link]");
	end_patience(share, uv_now(timer->loop));
	tell_spendings(share);
}

int
share_start(struct share *share, struct ingest *ingest)
{
	const struct share_follow spendings = {
		.topic = SPENDINGS, .ms = UINT64_MAX, .heard = on_spendings
	};
	int ret;

	LIST_INIT(&share->follows);
	LIST_INIT(&share->leases);
	if (ingest->server->limits != LIMITS_SHARED)
		return 0;
	ret = ratelimit_count_spent(&ingest->ratelimit);
	if (ret == 0)
		ret = follow_start(share, &spendings);
	if (ret < 0)
		return ret;
	share->ingest = ingest;
	uv_timer_init(ingest->loop, &share->tick);
	uv_timer_start(&share->tick, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&share->tick);
	return 0;
}

void
share_stop(struct share *share)
{
	if (!share->ingest)
		return;
	share->has_engine = false;
	share_forget(share, NULL);
	uv_close((uv_handle_t *)&share->tick, NULL);
	share->ingest = NULL;
}
