/* SPDX-License-Identifier: MIT */
/* Keeps the list of bans. */
#include "limits/bans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
ban_finish(struct ban *ban)
{
	free(ban->net);
	free(ban->why);
	free(ban->who);
}

static bool
same_network(const struct cidr *a, const struct cidr *b)
{
	return ip_key_equal(&a->first, &b->first) && ip_key_equal(&a->last, &b->last);
}

static void
remove_at(struct bans *bans, size_t i)
{
	ban_finish(&bans->all[i]);
	memmove(&bans->all[i], &bans->all[i + 1], (bans->n - i - 1) * sizeof(*bans->all));
	bans->n--;
}

bool
bans_remove(struct bans *bans, const struct cidr *network)
{
	for (size_t i = 0; i < bans->n; i++) {
		if (!same_network(&bans->all[i].network, network))
			continue;
		remove_at(bans, i);
		return true;
	}
	return false;
}

int
bans_set(struct bans *bans, const struct ban *ban)
{
	struct ban copy = *ban, *all;

	copy.net = strdup(ban->net);
	copy.why = strdup(ban->why ? ban->why : "");
	copy.who = strdup(ban->who ? ban->who : "");
	all = realloc(bans->all, (bans->n + 1) * sizeof(*all));
	if (all)
		bans->all = all;
	if (!all || !copy.net || !copy.why || !copy.who) {
		ban_finish(&copy);
		return -ENOMEM;
	}
	bans_remove(bans, &ban->network);
	if (bans->n >= BANS_MAX) {
		ban_finish(&copy);
		return -ENOSPC;
	}
	bans->all[bans->n++] = copy;
	return 0;
}

bool
bans_expire(struct bans *bans, int64_t now_s, int64_t *next_s)
{
	bool any = false;
	size_t i = 0;

	*next_s = 0;
	while (i < bans->n) {
		int64_t until = bans->all[i].until_s;

		if (until > 0 && until <= now_s) {
			remove_at(bans, i);
			any = true;
			continue;
		}
		if (until > 0 && (*next_s == 0 || until < *next_s))
			*next_s = until;
		i++;
	}
	return any;
}

int
bans_networks(const struct bans *bans, bool out_only, struct cidr_list *networks)
{
	*networks = (struct cidr_list){ 0 };
	for (size_t i = 0; i < bans->n; i++) {
		if (out_only && !bans->all[i].out)
			continue;
		if (cidr_list_add(networks, &bans->all[i].network) < 0) {
			cidr_list_finish(networks);
			return -ENOMEM;
		}
	}
	cidr_list_sort(networks);
	return 0;
}

void
bans_finish(struct bans *bans)
{
	while (bans->n > 0)
		remove_at(bans, bans->n - 1);
	free(bans->all);
	*bans = (struct bans){ 0 };
}
