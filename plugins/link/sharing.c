/* SPDX-License-Identifier: MIT */
/* Carries what walls share beside the picture, with server.limits = shared. */
#include "link/link.h"

#define RETELL_S 5

static int
on_tell(struct mural_host *host, const char *topic, const void *data, size_t len,
	uint64_t keep)
{
	struct link *link = host->state;

	return engine_tell(link->engine, topic, &(struct blob){ data, len }, keep);
}

static int
on_follow(struct mural_host *host, const char *topic, uint64_t ms, uint64_t seq)
{
	struct link *link = host->state;

	return engine_follow(link->engine, topic, &(struct entry_id){ ms, seq });
}

static void
on_unfollow(struct mural_host *host, const char *topic)
{
	struct link *link = host->state;

	engine_unfollow(link->engine, topic);
}

static int
on_take_name(struct mural_host *host, const char *name, uint64_t for_ms,
	struct mural_lease *lease)
{
	struct link *link = host->state;

	return engine_take_name(link->engine, name, for_ms, lease);
}

/* At a start, a reload or by an operator's word: the sections before this one, or a new
 * one among them. */
static void
on_chosen(struct mural_host *host, bool is_chosen)
{
	struct link *link = host->state;

	link->shares = is_chosen;
	link->was_tell_refused = false;
	mural_metric_set(host, METRIC_SHARED, 0);
	if (link->engine)
		engine_share(link->engine, is_chosen);
}

static const struct mural_carrier carrier = {
	.size = sizeof(carrier),
	.tell = on_tell,
	.follow = on_follow,
	.unfollow = on_unfollow,
	.lease = on_take_name,
	.chosen = on_chosen,
};

void
sharing_start(struct link *link)
{
	(void)mural_carry(link->host, &carrier);
}

void
sharing_stop(struct link *link)
{
	link->shares = false;
	(void)mural_carry(link->host, NULL);
}

void
sharing_set(struct link *link, bool has_engine)
{
	if (!link->shares)
		return;
	link->was_tell_refused &= has_engine;
	mural_metric_set(link->host, METRIC_SHARED, has_engine);
	mural_carries(link->host, has_engine);
}

/* Some time after a refusal, begins topics anew, by which everything is published again:
 * perhaps all generators, so not at once. */
void
sharing_tick(struct link *link)
{
	if (!link->was_tell_refused || ++link->refused_s < RETELL_S)
		return;
	link->refused_s = 0;
	link->was_tell_refused = false;
	sharing_set(link, true);
}

void
sharing_heard(struct link *link, const char *topic, const struct parcel *heard)
{
	const struct mural_parcel parcel = {
		.size = sizeof(parcel),
		.ms = heard->id.ms,
		.seq = heard->id.seq,
		.data = heard->data.data,
		.len = heard->data.len,
		.is_ours = heard->is_ours,
	};

	mural_heard(link->host, topic, &parcel);
}

void
sharing_named(struct mural_lease *lease, enum name_outcome outcome, uint64_t left_ms)
{
	static const enum mural_lease_outcome outcomes[] = {
		[NAME_OURS] = MURAL_LEASE_OURS,
		[NAME_TAKEN] = MURAL_LEASE_TAKEN,
		[NAME_UNKNOWN] = MURAL_LEASE_UNKNOWN,
	};

	mural_leased(lease, outcomes[outcome], left_ms);
}
