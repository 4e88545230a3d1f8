/* SPDX-License-Identifier: MIT */
/* Who may come, and buckets for whoever does, in a table of sets. */
#include "limits/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <mural/plugin.h>

#define SETS 128 /* in a shard */
#define WAYS 8

/* In all protocols a pixel takes four bytes or more (PXMULTI takes four). */
#define PIXEL_BYTES_LEAST 4

/* So many parts of a second's worth are given at a time, so that what clients of one
 * source are given at once on several threads is not much more than it has. */
#define PARTS_A_SECOND 8

/* Levels are thousandths, so that slow rates lose nothing to rounding. */
struct bucket_slot {
	struct sender sender;
	uint64_t look;    /* the shard's last one for this sender; 0: a free slot */
	uint64_t when_ms; /* the levels were these */
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
fill(int64_t level, int64_t rate, uint64_t elapsed_ms)
{
	int64_t full = rate * 1000;

	if (level >= full || rate == 0 || elapsed_ms >= (uint64_t)((full - level) / rate))
		return full;
	return level + rate * (int64_t)elapsed_ms;
}

/* The source's slot, its buckets filled up to now.  The shard's lock. */
static struct bucket_slot *
find(const struct rations *rations, struct rations_shard *shard,
	const struct sender *sender, uint64_t hash)
{
	struct bucket_slot *set = &shard->slots[hash / RATIONS_SHARDS % SETS * WAYS];
	struct bucket_slot *oldest = set;
	uint64_t now = now_ms();

	for (struct bucket_slot *slot = set; slot < set + WAYS; slot++) {
		if (slot->look != 0 && sender_same(&slot->sender, sender)) {
			uint64_t elapsed = now - slot->when_ms;

			slot->pixels = fill(slot->pixels, rations->pixels, elapsed);
			slot->bytes = fill(slot->bytes, rations->bytes, elapsed);
			slot->when_ms = now;
			slot->look = ++shard->looks;
			return slot;
		}
		if (slot->look < oldest->look)
			oldest = slot;
	}
	*oldest = (struct bucket_slot){
		.sender = *sender,
		.look = ++shard->looks,
		.when_ms = now,
		.pixels = rations->pixels * 1000,
		.bytes = rations->bytes * 1000,
	};
	return oldest;
}

/* Whether there is as much; for what is more than a full bucket, whether it is full. */
static bool
has(int64_t level, int64_t rate, uint64_t wanted)
{
	int64_t most = rate * 1000;

	return rate == 0 ||
	       level >= (wanted > (uint64_t)rate ? most : (int64_t)wanted * 1000);
}

/* What may be had at once, and when there is something: a part of a second's worth. */
static int64_t
part(int64_t rate)
{
	return rate / PARTS_A_SECOND + 1;
}

static uint64_t
wait_for_part(int64_t level, int64_t rate)
{
	return (uint64_t)((part(rate) * 1000 - level) / rate + 1);
}

/* ------------------------------------------------------------------ asking */

/* One who asks: the lock of his shard is held from begin() to end(). */
struct question {
	struct rations_shard *shard;
	struct bucket_slot *slot; /* NULL: there are no rates */
};

/* False: nobody asks that has an address; the question has no end then. */
static bool
begin(struct rations *rations, const struct sockaddr *peer, struct question *question,
	int *verdict)
{
	struct sender address, sender;
	uint64_t hash;

	if (!sender_of(peer, 128, &address))
		return false;
	sender_of(peer, rations->prefix, &sender);
	hash = sender_hash(&sender, rations->salt);
	question->shard = &rations->shards[hash % RATIONS_SHARDS];
	pthread_mutex_lock(&question->shard->lock);
	*verdict = networks_have(&rations->deny, &address) ||
				   (rations->allow.n > 0 &&
					   !networks_have(&rations->allow, &address))
			   ? -EACCES
			   : 0;
	question->slot = NULL;
	if (*verdict == 0 && (rations->pixels > 0 || rations->bytes > 0))
		question->slot = find(rations, question->shard, &sender, hash);
	return true;
}

static void
end(struct question *question)
{
	pthread_mutex_unlock(&question->shard->lock);
}

int
rations_take(struct rations *rations, const struct sockaddr *peer, uint64_t pixels,
	uint64_t bytes)
{
	struct question question;
	struct bucket_slot *slot;
	int verdict = 0;

	if (!begin(rations, peer, &question, &verdict))
		return 0;
	slot = question.slot;
	if (slot && has(slot->pixels, rations->pixels, pixels) &&
		has(slot->bytes, rations->bytes, bytes)) {
		slot->pixels -= (int64_t)pixels * 1000;
		slot->bytes -= (int64_t)bytes * 1000;
	} else if (slot) {
		verdict = -EDQUOT;
	}
	end(&question);
	return verdict;
}

void
rations_spend(struct rations *rations, const struct sockaddr *peer, int64_t pixels,
	int64_t bytes)
{
	struct question question;
	int verdict;

	if (!begin(rations, peer, &question, &verdict))
		return;
	if (question.slot) {
		question.slot->pixels -= pixels * 1000;
		question.slot->bytes -= bytes * 1000;
	}
	end(&question);
}

/* The part of `room` that one bucket allows; `each`: bytes that one of it takes. */
static size_t
cut_room(size_t room, int64_t level, int64_t rate, size_t each, uint64_t *wait_ms)
{
	size_t most;

	if (rate == 0)
		return room;
	if (level < 1000) {
		*wait_ms = MAX(*wait_ms, wait_for_part(level, rate));
		return 0;
	}
	most = (size_t)MIN(level / 1000, part(rate)) * each;
	return MIN(room, most);
}

ssize_t
rations_grant(struct rations *rations, const struct sockaddr *peer, size_t room,
	uint64_t *wait_ms)
{
	struct question question;
	const struct bucket_slot *slot;
	int verdict = 0;

	*wait_ms = 0;
	if (!begin(rations, peer, &question, &verdict))
		return (ssize_t)room;
	slot = question.slot;
	if (slot) {
		room = cut_room(
			room, slot->pixels, rations->pixels, PIXEL_BYTES_LEAST, wait_ms);
		room = cut_room(room, slot->bytes, rations->bytes, 1, wait_ms);
	}
	end(&question);
	return verdict < 0 ? verdict : (ssize_t)room;
}

int
rations_enter(struct rations *rations, const struct sockaddr *peer)
{
	struct question question;
	int verdict = 0;

	if (rations_active(rations) && begin(rations, peer, &question, &verdict))
		end(&question);
	if (verdict < 0)
		return verdict;
	return quota_enter(&rations->clients, peer) ? 0 : -EDQUOT;
}

void
rations_leave(struct rations *rations, const struct sockaddr *peer)
{
	quota_leave(&rations->clients, peer);
}

/* ------------------------------------------------------------------ plugins */

static struct rations *
rations_of(const struct mural_host *host)
{
	return (struct rations *)host->limits;
}

static int
count(struct mural_brush *brush, int verdict)
{
	if (verdict < 0)
		mural_discard(brush,
			verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	return verdict;
}

bool
mural_is_limited(const struct mural_host *host)
{
	return host->limits && rations_active(rations_of(host));
}

int
mural_enter(struct mural_host *host, const struct sockaddr *peer)
{
	if (!host->limits)
		return 0;
	return count(host->brush, rations_enter(rations_of(host), peer));
}

void
mural_leave(struct mural_host *host, const struct sockaddr *peer)
{
	if (host->limits)
		rations_leave(rations_of(host), peer);
}

int
mural_charge(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	if (!mural_is_limited(host))
		return 0;
	return count(brush, rations_take(rations_of(host), peer, pixels, bytes));
}

uint64_t
mural_source(const struct mural_host *host, const struct sockaddr *peer)
{
	const struct rations *rations = rations_of(host);
	struct sender sender;

	if (!rations || !sender_of(peer, rations->prefix, &sender))
		return 0;
	return MAX(sender_hash(&sender, rations->salt), 1);
}

/* ------------------------------------------------------------------ settings */

static void
lock_all(struct rations *rations, bool lock)
{
	for (size_t i = 0; i < RATIONS_SHARDS; i++)
		if (lock)
			pthread_mutex_lock(&rations->shards[i].lock);
		else
			pthread_mutex_unlock(&rations->shards[i].lock);
}

/* The table is there from the first rate on. */
static int
make_slots(struct rations *rations)
{
	for (size_t i = 0; i < RATIONS_SHARDS; i++) {
		struct rations_shard *shard = &rations->shards[i];

		if (!shard->slots)
			shard->slots = calloc((size_t)SETS * WAYS, sizeof(*shard->slots));
		if (!shard->slots)
			return -ENOMEM;
	}
	return 0;
}

int
rations_configure(struct rations *rations, const struct config *config)
{
	const struct config_server *server = &config->server;
	bool has_rates = server->pixels_per_source > 0 || server->bytes_per_source > 0;
	int ret = 0;

	lock_all(rations, true);
	rations->allow = config->allow;
	rations->deny = config->deny;
	if (has_rates)
		ret = make_slots(rations);
	rations->pixels = ret == 0 ? server->pixels_per_source : 0;
	rations->bytes = ret == 0 ? (int64_t)server->bytes_per_source : 0;
	lock_all(rations, false);
	figure_store(&rations->active, has_rates || config->allow.n || config->deny.n);
	quota_limit(&rations->clients, (uint32_t)server->connections_per_source);
	return ret;
}

int
rations_init(struct rations *rations, const struct config *config)
{
	unsigned prefix = (unsigned)config->server.source_prefix;

	*rations = (struct rations){ .prefix = prefix };
	if (getrandom(&rations->salt, sizeof(rations->salt), GRND_NONBLOCK) < 0)
		rations->salt = (uintptr_t)rations;
	if (quota_init(&rations->clients, 0, prefix) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < RATIONS_SHARDS; i++)
		pthread_mutex_init(&rations->shards[i].lock, NULL);
	return rations_configure(rations, config);
}

void
rations_finish(struct rations *rations)
{
	if (!rations->clients.table)
		return;
	quota_finish(&rations->clients);
	for (size_t i = 0; i < RATIONS_SHARDS; i++) {
		pthread_mutex_destroy(&rations->shards[i].lock);
		free(rations->shards[i].slots);
	}
	*rations = (struct rations){ 0 };
}
