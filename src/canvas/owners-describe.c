/* SPDX-License-Identifier: MIT */
/* Translates between ids and what operators read and write for a source. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "canvas/owners-private.h"

/* Without the low half it is a prefix, which has 64 bits unless the config says so. */
static void
write_address(const struct source *source, char *text, size_t len)
{
	const struct ip_key key = { .high = source->high,
		.low = source->low,
		.scope = source->detail,
		.v4 = source->flags & IPV4 };

	ip_key_text(&key, source->low ? 128 : 64, text, len);
}

static const char *
crowd_name(const struct owners *owners, uint16_t crowd)
{
	return owners->instances[crowd - OWNER_CROWD];
}

void
owners_describe(struct owners *owners, uint16_t id, struct owner *owner)
{
	const struct source *source = &owners->sources[id % OWNER_IDS];

	*owner = (struct owner){ 0 };
	if (id == OWNER_OPERATOR)
		snprintf(owner->source, sizeof(owner->source), "operator");
	if (id < OWNER_CROWD || id >= OWNER_IDS)
		return;
	if (id < OWNER_FIRST) {
		snprintf(owner->instance, sizeof(owner->instance), "%s",
			crowd_name(owners, id));
		snprintf(owner->source, sizeof(owner->source), "%s:crowd",
			owner->instance);
		owner->forgeable = true;
		return;
	}
	pthread_mutex_lock(&owners->lock);
	if (source->flags & USED) {
		snprintf(owner->instance, sizeof(owner->instance), "%s",
			crowd_name(owners, source->crowd));
		owner->forgeable = !(source->flags & PROVEN);
		if (source->flags & NAMED)
			snprintf(owner->source, sizeof(owner->source), "%s:%s",
				owner->instance, owners->names[source->detail]);
		else
			write_address(source, owner->source, sizeof(owner->source));
	}
	pthread_mutex_unlock(&owners->lock);
}

static bool
is_in_network(const struct source *source, const struct cidr *network)
{
	const struct ip_key key = {
		.high = source->high, .low = source->low, .v4 = source->flags & IPV4
	};
	const struct cidr_list list = { .all = (struct cidr *)network, .n = 1 };

	return !(source->flags & NAMED) && cidr_list_contains(&list, &key);
}

int
owners_match(struct owners *owners, const char *text, uint64_t ids[65536 / 64])
{
	struct cidr network;
	bool is_network = cidr_parse(text, &network);
	int n = 0;

	if (!is_network && !strchr(text, ':') && strcmp(text, "operator") != 0)
		return -EINVAL;
	for (uint16_t id = OWNER_OPERATOR; id < OWNER_IDS; id++) {
		const struct source *source = &owners->sources[id];
		struct owner owner;

		if (id >= OWNER_FIRST && (source->flags & (USED | FORGOTTEN)) != USED)
			continue;
		if (is_network && id >= OWNER_FIRST && is_in_network(source, &network)) {
			ids[id / 64] |= UINT64_C(1) << id % 64;
			n++;
			continue;
		}
		if (is_network)
			continue;
		owners_describe(owners, id, &owner);
		if (strcmp(owner.source, text) != 0)
			continue;
		ids[id / 64] |= UINT64_C(1) << id % 64;
		n++;
	}
	return n;
}
