/* SPDX-License-Identifier: MIT */
/* Lets sources take turns: the n-th client of a source that waits is served in the n-th
 * round from now. */
#include "ingest/arrivals.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ip-key.h"
#include "base/util.h"

/* Whoever waits for longer is not one of a burst that is served in a moment. */
#define PATIENCE_MS 50

struct arrival {
	uint64_t round, number; /* the order: by round, in it as they came */
	uint64_t since_ms;
	struct ip_key source; /* zeros: this machine's */
	union peer_address peer;
	int fd;
};

int
arrivals_init(struct arrivals *arrivals, uint32_t most, unsigned prefix)
{
	*arrivals = (struct arrivals){ .most = most, .prefix = prefix };
	arrivals->all = calloc(most, sizeof(*arrivals->all));
	return arrivals->all ? 0 : -ENOMEM;
}

void
arrivals_finish(struct arrivals *arrivals)
{
	for (uint32_t i = 0; i < arrivals->n; i++)
		close(arrivals->all[i].fd);
	free(arrivals->all);
	*arrivals = (struct arrivals){ 0 };
}

static bool
is_before(const struct arrival *a, const struct arrival *b)
{
	return a->round != b->round ? a->round < b->round : a->number < b->number;
}

/* The round after that of the source's last one, or the one that is being served. */
static uint64_t
round_of(const struct arrivals *arrivals, const struct ip_key *source)
{
	uint64_t round = arrivals->round;

	for (uint32_t i = 0; i < arrivals->n; i++)
		if (ip_key_equal(&arrivals->all[i].source, source))
			round = MAX(round, arrivals->all[i].round + 1);
	return round;
}

static struct arrival *
find_last(const struct arrivals *arrivals)
{
	struct arrival *last = arrivals->all;

	for (uint32_t i = 1; i < arrivals->n; i++)
		if (is_before(last, &arrivals->all[i]))
			last = &arrivals->all[i];
	return last;
}

/* Who waits alone gives way to nobody: with as many sources as places the next one stays
 * in the kernel's queue. */
bool
arrivals_take(const struct arrivals *arrivals, uint64_t now_ms)
{
	if (arrivals->n < arrivals->most)
		return true;
	if (find_last(arrivals)->round <= arrivals->round)
		return false;
	for (uint32_t i = 0; i < arrivals->n; i++)
		if (now_ms - arrivals->all[i].since_ms >= PATIENCE_MS)
			return true;
	return false;
}

void
arrivals_add(struct arrivals *arrivals, int fd, const union peer_address *peer,
	uint64_t now_ms)
{
	struct arrival arrival = { .number = arrivals->next_number++,
		.since_ms = now_ms,
		.peer = *peer,
		.fd = fd };
	struct arrival *place = &arrivals->all[arrivals->n];

	(void)ip_key_of(&peer->any, arrivals->prefix, &arrival.source);
	arrival.round = round_of(arrivals, &arrival.source);
	if (arrivals->n < arrivals->most) {
		arrivals->n++;
	} else {
		place = find_last(arrivals);
		if (!is_before(&arrival, place)) {
			close(fd);
			return;
		}
		close(place->fd);
	}
	*place = arrival;
}

int
arrivals_next(struct arrivals *arrivals, union peer_address *peer)
{
	struct arrival *first = arrivals->all;
	int fd;

	if (arrivals->n == 0)
		return -1;
	for (uint32_t i = 1; i < arrivals->n; i++)
		if (is_before(&arrivals->all[i], first))
			first = &arrivals->all[i];
	arrivals->round = first->round;
	*peer = first->peer;
	fd = first->fd;
	*first = arrivals->all[--arrivals->n];
	return fd;
}
