/* SPDX-License-Identifier: MIT */
/* Keeps the last descriptors for sources that have few, and disconnects the idlest
 * clients of the source that has most. */
#include "ingest/make-room.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/descriptors.h"
#include "base/util.h"
#include "ingest/listener.h"
#include "limits/connlimit.h"

/* One descriptor in this many is kept for sources that have few. */
#define NEWCOMERS 16

/* Looking at this many descriptors takes a good part of a millisecond. */
#define LOOKED_AT_PER_MS 4096

/* How many of the largest source's clients are asked how idle they are: this many times
 * those to be disconnected, but at least ASKED_LEAST.  Each takes half a microsecond. */
#define ASKED_TIMES 4
#define ASKED_LEAST 4096

/* A count is reused for this many times the pause that follows it. */
#define COUNT_HOLDS 10

struct holder {
	uint64_t source;
	uint32_t idle_ms;
	int fd;
};

static int
compare_sources(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	return left->source < right->source ? -1 : left->source > right->source;
}

/* The idlest first. */
static int
compare_idleness(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	return left->idle_ms > right->idle_ms ? -1 : left->idle_ms < right->idle_ms;
}

/* Lists the descriptors that have a peer, those of plugins' own connections too. */
static size_t
list_holders(struct holder *holders, int n_descriptors, const struct connlimit *clients)
{
	size_t n = 0;

	for (int fd = 0; fd < n_descriptors; fd++) {
		union peer_address peer;
		socklen_t len = sizeof(peer);
		struct ip_key key;

		if (getpeername(fd, &peer.any, &len) == 0 &&
			ip_key_of(&peer.any, clients->prefix, &key))
			holders[n++] = (struct holder){
				.source = ip_key_hash(&key, clients->salt), .fd = fd
			};
	}
	return n;
}

/* Whether a source with `has` clients may take a descriptor from the largest source. */
static bool
has_few(uint32_t has, size_t most)
{
	return has == 0 || 2 * (size_t)has < most;
}

/* Finds the largest source in the sorted holders: where it begins, and how many it has.
 */
static size_t
find_greediest(const struct holder *holders, size_t n, size_t *most)
{
	size_t greediest = 0;

	*most = 0;
	for (size_t begin = 0, end; begin < n; begin = end) {
		for (end = begin;
			end < n && holders[end].source == holders[begin].source;)
			end++;
		if (end - begin <= *most)
			continue;
		*most = end - begin;
		greediest = begin;
	}
	return greediest;
}

/* How long ago data last passed in either direction, or since the client connected. */
static uint32_t
idle_ms_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return 0;
	return MIN(info.tcpi_last_data_recv, info.tcpi_last_data_sent);
}

/* Puts the idlest of `asked` clients, evenly chosen among all, first: many people may
 * share an address, and of these, those who paint or watch are to stay. */
static void
sort_by_idleness(struct holder *holders, size_t n, size_t asked)
{
	for (size_t i = 0; i < asked; i++) {
		const struct holder chosen = holders[i * n / asked];

		holders[i * n / asked] = holders[i];
		holders[i] = chosen;
		holders[i].idle_ms = idle_ms_of(holders[i].fd);
	}
	qsort(holders, asked, sizeof(*holders), compare_idleness);
}

/* Their owners notice the shutdown, each in its thread.  Several at once, because looking
 * at all descriptors takes a while when there are many.  `has`: what the newcomer's
 * source has; if that is not few, nobody is disconnected.  Returns how many the largest
 * source had. */
static size_t
disconnect_some(const struct connlimit *clients, uint32_t has)
{
	uint32_t n_descriptors = descriptors_for_clients();
	struct holder *holders = calloc(n_descriptors, sizeof(*holders));
	size_t n, most, begin;

	if (!holders)
		return 0;
	n = list_holders(holders, (int)n_descriptors, clients);
	qsort(holders, n, sizeof(*holders), compare_sources);
	begin = find_greediest(holders, n, &most);
	n = has_few(has, most) ? MIN(most / 2, MAX(n_descriptors / NEWCOMERS / 2, 1)) : 0;
	if (n > 0)
		sort_by_idleness(holders + begin, most,
			MIN(most, MAX(ASKED_TIMES * n, ASKED_LEAST)));
	for (size_t i = 0; i < n; i++)
		shutdown(holders[begin + i].fd, SHUT_RDWR);
	free(holders);
	return most;
}

/* Disconnected clients take a moment to be gone, so the next look is after a pause; and
 * the count is reused for longer, so that a newcomer's source with many does not keep the
 * loop counting. */
static void
make_room(struct listener *listener, const struct connlimit *clients, uint32_t has)
{
	uint64_t now = uv_now(listener->poll.loop);
	uint64_t pause = 1 + descriptors_for_clients() / LOOKED_AT_PER_MS;

	if (now < listener->full_until_ms ||
		(now < listener->most_until_ms && !has_few(has, listener->most)))
		return;
	listener->most = disconnect_some(clients, has);
	/* counting took time: the pause begins now */
	uv_update_time(listener->poll.loop);
	now = uv_now(listener->poll.loop);
	listener->full_until_ms = now + pause;
	listener->most_until_ms = now + COUNT_HOLDS * pause;
}

enum place
listener_place(struct listener *listener, int fd, const union peer_address *peer,
	struct connlimit *clients)
{
	uint32_t all = descriptors_for_clients(), has;

	/* half of the descriptors are free: the count is out of date */
	if ((uint32_t)fd < all / 2)
		listener->most_until_ms = 0;
	if ((uint32_t)fd < all - all / NEWCOMERS)
		return PLACE_FREE;
	has = connlimit_count_of(clients, &peer->any);
	make_room(listener, clients, has);
	if (has_few(has, listener->most) && (uint32_t)fd < all)
		return PLACE_FREE;
	listener_log_shortage(listener, EMFILE);
	/* a source with a single client is not disconnected */
	if (has_few(has, listener->most) && listener->most > 1 &&
		fd == listener->door_fd &&
		uv_now(listener->poll.loop) < listener->door_until_ms)
		return PLACE_SOON;
	return PLACE_NONE;
}
