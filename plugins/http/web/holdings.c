/* SPDX-License-Identifier: MIT */
/* Counts what is kept for clients, and chooses which of them give way when it is too
 * much. */
#include "http/web/holdings.h"

#include <stdlib.h>

#include "http/web/web.h"
#include "lib/memory-left.h"

/* Smaller amounts are granted without asking whether memory is left. */
#define LARGE 4096

static const size_t bytes_max[HOLDING_KINDS] = {
	[HOLDING_BODIES] = BODIES_BYTES_MAX,
	[HOLDING_ANSWERS] = ANSWERS_BYTES_MAX,
	[HOLDING_PICTURES] = 48 * 1024 * 1024,
	[HOLDING_FILMS] = 32 * 1024 * 1024,
};

/* ------------------------------------------------------------------ counting */

static struct holding *
holding_of(struct http_client *client, enum holding_kind kind)
{
	return kind == HOLDING_BODIES ? &client->body : &client->answer;
}

static void
holding_set(struct web *web, struct holding *holding, enum holding_kind kind,
	const void *what, size_t bytes)
{
	struct holdings *holdings = &web->holdings;

	holdings->bytes[holding->kind] -= holding->bytes;
	holdings->bytes[kind] += bytes;
	*holding = (struct holding){ kind, what, bytes, ++holdings->number };
}

void
request_holds(
	struct request *request, enum holding_kind kind, const void *what, size_t bytes)
{
	struct http_client *client = http_client_of(request->connection);
	size_t max;

	if (!client)
		return;
	holding_set(request->web, holding_of(client, kind), kind, what, bytes);
	max = request->web->holdings.bytes[kind];
	if (max > bytes_max[kind])
		max = bytes_max[kind];
	/* frees more than is needed, so that clients need not be ranked for every byte
	 * beyond the bound */
	if (request->web->holdings.bytes[kind] > max ||
		(bytes >= LARGE && !memory_is_left(2 * MEMORY_RESERVE)))
		holdings_make_room(request->web, kind, max - max / 8, what);
}

void
holdings_clear(struct web *web, struct http_client *client)
{
	holding_set(web, &client->body, HOLDING_BODIES, NULL, 0);
	holding_set(web, &client->answer, HOLDING_ANSWERS, NULL, 0);
}

/* ------------------------------------------------------------------ who gives way */

/* One reader of something held. */
struct reader {
	struct http_client *client;
	struct holding *holding;
	size_t weight; /* of what it reads: the least that a source of its readers holds
			*/
	uint64_t age;  /* of what it reads: since its first reader began */
};

static int
compare_things(const void *a, const void *b)
{
	const struct holding *left = ((const struct reader *)a)->holding;
	const struct holding *right = ((const struct reader *)b)->holding;

	if (left->what != right->what)
		return (uintptr_t)left->what < (uintptr_t)right->what ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

/* The first one gives way first; readers of one thing stay together. */
static int
compare_weights(const void *a, const void *b)
{
	const struct reader *left = a, *right = b;

	if (left->weight != right->weight)
		return left->weight > right->weight ? -1 : 1;
	return left->age < right->age ? -1 : left->age > right->age;
}

static struct reader *
list_readers(const struct web *web, enum holding_kind kind, size_t *n)
{
	struct reader *readers;
	size_t count = 0;

	for (struct http_client *client = web->clients.first; client;
		client = client->next)
		count++;
	readers = calloc(count + 1, sizeof(*readers));
	*n = 0;
	for (struct http_client *client = web->clients.first; readers && client;
		client = client->next) {
		struct holding *holding = holding_of(client, kind);

		client->source->held = 0;
		if (holding->kind == kind && holding->bytes > 0)
			readers[(*n)++] = (struct reader){ client, holding, 0, 0 };
	}
	if (*n > 0)
		qsort(readers, *n, sizeof(*readers), compare_things);
	return readers;
}

/* How many, from the first on, read the same. */
static size_t
group_size(const struct reader *readers, size_t n)
{
	size_t size = 1;

	while (size < n && readers[size].holding->what == readers->holding->what)
		size++;
	return size;
}

/* The sum of what is held, each thing once; and what each source holds of it. */
static size_t
share_out(struct reader *readers, size_t n)
{
	size_t total = 0, size;

	for (size_t i = 0; i < n; i += size) {
		size = group_size(readers + i, n - i);
		total += readers[i].holding->bytes;
		for (size_t j = i; j < i + size; j++)
			readers[j].client->source->held +=
				readers[i].holding->bytes / size;
	}
	return total;
}

static void
readers_weigh(struct reader *readers, size_t n)
{
	size_t size;

	for (size_t i = 0; i < n; i += size) {
		size_t weight = SIZE_MAX;

		size = group_size(readers + i, n - i);
		for (size_t j = i; j < i + size; j++)
			if (readers[j].client->source->held < weight)
				weight = readers[j].client->source->held;
		for (size_t j = i; j < i + size; j++) {
			readers[j].weight = weight;
			readers[j].age = readers[i].holding->number;
		}
	}
}

size_t
holdings_total(const struct web *web, enum holding_kind kind)
{
	struct reader *readers;
	size_t n, total;

	if (web->holdings.bytes[kind] == 0)
		return 0;
	readers = list_readers(web, kind, &n);
	total = share_out(readers, n);
	free(readers);
	return total;
}

void
holdings_make_room(struct web *web, enum holding_kind kind, size_t max, const void *keep)
{
	struct reader *readers;
	size_t n, total, size;

	if (web->holdings.bytes[kind] <= max)
		return;
	readers = list_readers(web, kind, &n);
	total = share_out(readers, n);
	if (readers && total > max) {
		readers_weigh(readers, n);
		qsort(readers, n, sizeof(*readers), compare_weights);
	}
	for (size_t i = 0; i < n && total > max; i += size) {
		size = group_size(readers + i, n - i);
		if (readers[i].holding->what == keep)
			continue;
		total -= readers[i].holding->bytes;
		for (size_t j = i; j < i + size; j++)
			http_client_abort(web, readers[j].client);
	}
	free(readers);
}
