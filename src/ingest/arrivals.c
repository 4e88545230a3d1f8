/* SPDX-License-Identifier: MIT */
/* Lets sources take turns: a queue for each, and a rotation of those that have one. */
#include "ingest/arrivals.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ip-key.h"
#include "base/util.h"

/* How much CPU time the listener uses before it closes clients for those in the kernel's
 * queue: less if one source has a quarter of the places, as in a burst. */
#define PATIENCE_MS 10
#define PATIENCE_WITH_MANY_MS 50
#define GREEDY_SHARE 4

struct arrival {
	TAILQ_ENTRY(arrival) in_source;
	union peer_address peer;
	int fd;
};

TAILQ_HEAD(arrival_queue, arrival);

struct arrival_source {
	struct ip_key key;
	uint32_t n;
	struct arrival_queue waiting;
	TAILQ_ENTRY(arrival_source) in_rotation;
	LIST_ENTRY(arrival_source) in_level;
};

int
arrivals_init(struct arrivals *arrivals, uint32_t most, unsigned prefix)
{
	*arrivals = (struct arrivals){ .most = most, .prefix = prefix };
	TAILQ_INIT(&arrivals->rotation);
	arrivals->levels = calloc((size_t)most + 1, sizeof(*arrivals->levels));
	return arrivals->levels ? 0 : -ENOMEM;
}

void
arrivals_finish(struct arrivals *arrivals)
{
	union peer_address peer;

	while (arrivals->n > 0)
		close(arrivals_next(arrivals, &peer));
	free(arrivals->levels);
	arrivals->levels = NULL;
}

/* ------------------------------------------------------------------ sources */

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_sources(const void *a, const void *b)
{
	const struct ip_key *left = &((const struct arrival_source *)a)->key;
	const struct ip_key *right = &((const struct arrival_source *)b)->key;
	int order = compare_numbers(left->high, right->high);

	if (order == 0)
		order = compare_numbers(left->low, right->low);
	if (order == 0)
		order = compare_numbers(left->scope, right->scope);
	return order ? order : left->v4 - right->v4;
}

/* A source that waits already, or a new one at the end of the rotation; NULL: out of
 * memory. */
static struct arrival_source *
source_get(struct arrivals *arrivals, const struct ip_key *key)
{
	const struct arrival_source wanted = { .key = *key };
	struct arrival_source **found =
		tfind(&wanted, &arrivals->sources, compare_sources);
	struct arrival_source *source;

	if (found)
		return *found;
	source = calloc(1, sizeof(*source));
	if (!source)
		return NULL;
	source->key = *key;
	if (!tsearch(source, &arrivals->sources, compare_sources)) {
		free(source);
		return NULL;
	}
	TAILQ_INIT(&source->waiting);
	TAILQ_INSERT_TAIL(&arrivals->rotation, source, in_rotation);
	LIST_INSERT_HEAD(&arrivals->levels[0], source, in_level);
	return source;
}

/* Frees the source if none are left. */
static void
source_set_level(struct arrivals *arrivals, struct arrival_source *source, uint32_t n)
{
	LIST_REMOVE(source, in_level);
	source->n = n;
	if (n == 0) {
		TAILQ_REMOVE(&arrivals->rotation, source, in_rotation);
		tdelete(source, &arrivals->sources, compare_sources);
		free(source);
	} else {
		LIST_INSERT_HEAD(&arrivals->levels[n], source, in_level);
	}
	arrivals->highest = MAX(arrivals->highest, n);
	while (arrivals->highest > 0 && LIST_EMPTY(&arrivals->levels[arrivals->highest]))
		arrivals->highest--;
}

static void
put_in(struct arrivals *arrivals, struct arrival_source *source, struct arrival *arrival)
{
	TAILQ_INSERT_TAIL(&source->waiting, arrival, in_source);
	arrivals->n++;
	source_set_level(arrivals, source, source->n + 1);
}

/* Returns its descriptor. */
static int
take_out(
	struct arrivals *arrivals, struct arrival_source *source, struct arrival *arrival)
{
	int fd = arrival->fd;

	TAILQ_REMOVE(&source->waiting, arrival, in_source);
	free(arrival);
	arrivals->n--;
	source_set_level(arrivals, source, source->n - 1);
	return fd;
}

/* ------------------------------------------------------------------ who waits */

static uint64_t
patience_ms(const struct arrivals *arrivals)
{
	return arrivals->highest > arrivals->most / GREEDY_SHARE ? PATIENCE_MS
								 : PATIENCE_WITH_MANY_MS;
}

/* A source's only client is not closed: with as many sources as places, the next one
 * stays in the kernel's queue. */
bool
arrivals_take(struct arrivals *arrivals, uint64_t worked_ms)
{
	if (arrivals->n < arrivals->most)
		return true;
	if (arrivals->refused_ms == 0)
		arrivals->refused_ms = MAX(worked_ms, 1);
	return arrivals->highest > 1 &&
	       worked_ms - arrivals->refused_ms >= patience_ms(arrivals);
}

void
arrivals_have_all(struct arrivals *arrivals)
{
	arrivals->refused_ms = 0;
}

static void
send_away(struct arrivals *arrivals, int fd)
{
	close(fd);
	arrivals->n_closed++;
}

/* For a local socket, each process is a source. */
static struct ip_key
source_key(const struct arrivals *arrivals, int fd, const union peer_address *peer)
{
	struct ucred process = { 0 };
	socklen_t len = sizeof(process);
	struct ip_key key = { 0 };

	if (ip_key_of(&peer->any, arrivals->prefix, &key))
		return key;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &len);
	return (struct ip_key){ .low = (uint64_t)process.pid };
}

void
arrivals_add(struct arrivals *arrivals, int fd, const union peer_address *peer)
{
	struct arrival *arrival = malloc(sizeof(*arrival));
	struct arrival_source *source, *most;
	const struct ip_key key = source_key(arrivals, fd, peer);

	source = arrival ? source_get(arrivals, &key) : NULL;
	if (!source) {
		free(arrival);
		send_away(arrivals, fd);
		return;
	}
	*arrival = (struct arrival){ .peer = *peer, .fd = fd };
	if (arrivals->n == arrivals->most && source->n + 1 < arrivals->highest) {
		most = LIST_FIRST(&arrivals->levels[arrivals->highest]);
		send_away(arrivals, take_out(arrivals, most,
					    TAILQ_LAST(&most->waiting, arrival_queue)));
	}
	if (arrivals->n < arrivals->most) {
		put_in(arrivals, source, arrival);
	} else {
		source_set_level(arrivals, source, source->n);
		free(arrival);
		send_away(arrivals, fd);
	}
}

int
arrivals_next(struct arrivals *arrivals, union peer_address *peer)
{
	struct arrival_source *source = TAILQ_FIRST(&arrivals->rotation);
	struct arrival *arrival;

	if (!source)
		return -1;
	TAILQ_REMOVE(&arrivals->rotation, source, in_rotation);
	TAILQ_INSERT_TAIL(&arrivals->rotation, source, in_rotation);
	arrival = TAILQ_FIRST(&source->waiting);
	*peer = arrival->peer;
	return take_out(arrivals, source, arrival);
}
