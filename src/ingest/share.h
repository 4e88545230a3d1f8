/* SPDX-License-Identifier: MIT */
/*
 * What is one for all walls of the same picture, with server.limits = shared: budgets of
 * sources, and what plugins tell each other and lease (mural/share.h).
 *
 * Passes it between the instances and the carrier, and tells ten times a second what
 * sources have spent here.
 *
 * The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include <mural/plugin.h>

struct ingest;
struct instance;

struct share {
	struct ingest *ingest; /* NULL: nothing is shared */
	struct mural_host *carrier;
	const struct mural_carrier *with;
	bool has_engine;
	LIST_HEAD(share_follows, share_follow) follows;
	LIST_HEAD(share_leases, mural_lease) leases;
	uv_timer_t tick;
	unsigned ticks; /* without a carrier */
	size_t stripe;  /* of the budgets, where the next telling begins */
	bool is_prefix_told;
	uint64_t slow_ms; /* until then, by the loop's clock, nobody is asked */
};

/* If the config says so.  0 or -ENOMEM. */
int share_start(struct share *share, struct ingest *ingest);

/* Instances may still call afterwards; accepts one that never started. */
void share_stop(struct share *share);

/* Chooses the carrier: instances came, went or are in another order. */
void share_choose(struct share *share);

/* Ends what an instance follows and carries, or with NULL what all follow. */
void share_forget(struct share *share, struct instance *instance);
