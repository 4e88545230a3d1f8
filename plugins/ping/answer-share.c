/* SPDX-License-Identifier: MIT */
/* Counts what each station asks for in a second, and finds what fits into the next. */
#include "ping/answer-share.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECOND_MS 1000

/* 30,000 stations at a time have one in ninety share both of its counters. */
#define ROWS 2
#define COUNTER_BITS 18

/* Of what a station asks for in a second the first, the next two, the next four... */
#define STEPS 16

struct answer_share {
	uint32_t each, total;
	uint64_t begun_ms;   /* the second that is counted now */
	uint64_t hash[ROWS]; /* of that second: random multipliers */
	uint32_t limit;      /* for one station in that second */
	uint32_t taken;      /* by all of them */
	uint32_t asked[STEPS];
	uint16_t counters[ROWS][1 << COUNTER_BITS];
};

struct answer_share *
answer_share_new(uint32_t each, uint32_t total)
{
	struct answer_share *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	share->each = each;
	share->total = total;
	return share;
}

void
answer_share_free(struct answer_share *share)
{
	free(share);
}

/* The most steps whose answers fit into the total, by what was asked for; at least the
 * first. */
static uint32_t
fitting_limit(const struct answer_share *share)
{
	uint64_t all = share->asked[0];
	uint32_t limit;

	for (unsigned step = 1; step < STEPS; step++) {
		all += share->asked[step];
		limit = (1u << step) - 1;
		if (all > share->total)
			return limit < share->each ? limit : share->each;
	}
	return share->each;
}

static void
begin_second(struct answer_share *share, uint64_t now_ms)
{
	bool follows = now_ms - share->begun_ms < 2 * SECOND_MS;

	share->limit = follows ? fitting_limit(share) : share->each;
	share->begun_ms = now_ms;
	share->taken = 0;
	memset(share->asked, 0, sizeof(share->asked));
	memset(share->counters, 0, sizeof(share->counters));
	/* without entropy, at the earliest of boots, they are only guessable */
	if (getrandom(share->hash, sizeof(share->hash), GRND_NONBLOCK) < 0)
		for (int row = 0; row < ROWS; row++)
			share->hash[row] = (uintptr_t)share * (now_ms + row);
}

/* Cards that were bought together have addresses in a row, of which the product alone
 * would put very many into one counter by one multiplier in fifty. */
static uint32_t
counter_of(uint64_t key, uint64_t multiplier)
{
	uint64_t hash = key * (multiplier | 1);

	hash = (hash ^ hash >> 32) * (multiplier | 1);
	return hash >> (64 - COUNTER_BITS);
}

/* How often the station has asked in this second, this time included; now and then more,
 * never less. */
static uint32_t
count_station(struct answer_share *share, const uint8_t station[6])
{
	uint16_t *counters[ROWS], least = UINT16_MAX;
	uint64_t key = 0;

	memcpy(&key, station, 6);
	for (int row = 0; row < ROWS; row++) {
		counters[row] = &share->counters[row][counter_of(key, share->hash[row])];
		if (*counters[row] < least)
			least = *counters[row];
	}
	if (least == UINT16_MAX)
		return least;
	for (int row = 0; row < ROWS; row++)
		if (*counters[row] == least)
			++*counters[row];
	return least + 1;
}

bool
answer_share_take(struct answer_share *share, const uint8_t station[6], uint64_t now_ms)
{
	uint32_t count;

	if (share->limit == 0 || now_ms - share->begun_ms >= SECOND_MS)
		begin_second(share, now_ms);
	count = count_station(share, station);
	share->asked[31 - __builtin_clz(count)]++;
	if (count > share->limit || share->taken == share->total)
		return false;
	share->taken++;
	return true;
}
