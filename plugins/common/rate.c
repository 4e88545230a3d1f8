/* SPDX-License-Identifier: MIT */
/* Limits how often a source is answered. */
#include "common/rate.h"

#include <string.h>
#include <sys/random.h>

#define NS_PER_S UINT64_C(1000000000)

static void
rate_start(struct rate *rate, uint64_t interval_ns, uint64_t credit_ns)
{
	*rate = (struct rate){ .interval_ns = interval_ns, .credit_ns = credit_ns };
	/* Without entropy, at the earliest of boots, the table is only guessable. */
	(void)!getrandom(&rate->secret, sizeof(rate->secret), GRND_NONBLOCK);
}

void
rate_init(struct rate *rate, uint32_t per_second)
{
	rate_start(rate, per_second == 0 ? 0 : NS_PER_S / per_second, NS_PER_S);
}

void
rate_init_interval(struct rate *rate, uint32_t seconds, uint32_t most)
{
	rate_start(rate, seconds * NS_PER_S, seconds * NS_PER_S * most);
}

/* Spreads every bit of `n` over all of them (the finisher of MurmurHash3). */
static uint64_t
mix64(uint64_t n)
{
	n = (n ^ n >> 33) * UINT64_C(0xff51afd7ed558ccd);
	n = (n ^ n >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return n ^ n >> 33;
}

static uint64_t
source_key(const struct rate *rate, int version, const uint8_t *address)
{
	uint64_t high = 0, low = 0;

	if (version == 4) {
		memcpy(&low, address, 4);
	} else {
		memcpy(&high, address, 8);
		if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
			memcpy(&low, address + 8, 8);
	}
	return mix64(mix64(high ^ rate->secret) + low + (uint64_t)version);
}

/* The place of a source, of one that was forgotten for it, or of nobody. */
static struct rate_source *
source_find(struct rate *rate, uint64_t key)
{
	struct rate_source *set = rate->sources[key % RATE_SETS], *least = set;

	for (int i = 0; i < RATE_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].arrival_ns < least->arrival_ns)
			least = &set[i];
	}
	*least = (struct rate_source){ .key = key };
	return least;
}

/* 0, and it is counted, or the ns to wait. */
static uint64_t
source_debit(struct rate *rate, uint64_t key, uint64_t now_ns)
{
	struct rate_source *source;
	uint64_t debt_ns;

	if (rate->interval_ns == 0)
		return 0;
	source = source_find(rate, key);
	if (source->arrival_ns < now_ns)
		source->arrival_ns = now_ns;
	debt_ns = source->arrival_ns - now_ns + rate->interval_ns;
	if (debt_ns > rate->credit_ns)
		return debt_ns - rate->credit_ns;
	source->arrival_ns += rate->interval_ns;
	return 0;
}

bool
rate_allow(struct rate *rate, int version, const uint8_t *address, uint64_t now_ns)
{
	return source_debit(rate, source_key(rate, version, address), now_ns) == 0;
}

uint64_t
rate_wait(struct rate *rate, uint64_t source, uint64_t now_ns)
{
	return source_debit(rate, mix64(source ^ rate->secret), now_ns);
}
