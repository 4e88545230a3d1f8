/* SPDX-License-Identifier: MIT */
/* Limits how often a source is answered. */
#include "rate.h"

#include <string.h>
#include <sys/random.h>

#define NS_PER_S UINT64_C(1000000000)

void
rate_init(struct rate *rate, uint32_t per_second)
{
	*rate = (struct rate){
		.interval_ns = per_second == 0 ? 0 : NS_PER_S / per_second,
	};
	/* Without entropy, at the earliest of boots, the table is only guessable. */
	(void)!getrandom(&rate->secret, sizeof(rate->secret), GRND_NONBLOCK);
}

/* Spreads every bit of `n` over all of them (the finisher of MurmurHash3). */
static uint64_t
mix(uint64_t n)
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
	return mix(mix(high ^ rate->secret) + low + (uint64_t)version);
}

bool
rate_allow(struct rate *rate, int version, const uint8_t *address, uint64_t now_ns)
{
	uint64_t key = source_key(rate, version, address);
	struct rate_source *set = rate->sources[key % RATE_SETS], *source = NULL;

	if (rate->interval_ns == 0)
		return true;
	for (int i = 0; i < RATE_WAYS && !source; i++)
		if (set[i].key == key)
			source = &set[i];
	if (!source) {
		source = &set[0];
		for (int i = 1; i < RATE_WAYS; i++)
			if (set[i].paid_ns < source->paid_ns)
				source = &set[i];
		*source = (struct rate_source){ .key = key };
	}
	if (source->paid_ns < now_ns)
		source->paid_ns = now_ns;
	if (source->paid_ns + rate->interval_ns > now_ns + NS_PER_S)
		return false;
	source->paid_ns += rate->interval_ns;
	return true;
}
